import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../../src/plan/compose/json.js';
import type { Container } from '../../../src/plan/observation.js';
import type { Operation } from '../../../src/plan/plan.js';
import type { PlanOptions } from '../../../src/plan/plan-options.js';
import {
  actions,
  changing,
  container,
  fixtureText,
  operationsOf,
  planned,
  refusalsOf,
  services,
  without,
  type Situation,
} from '../observed.js';

/** An operation in a word or two: what it is, and of what. */
function brief(operation: Operation): string {
  switch (operation.kind) {
    case 'prepare-images':
      return `${operation.verb} ${operation.services.join('+')}`;
    case 'restore-images':
      return `restore ${operation.references.map(({ reference }) => reference).join('+')}`;
    case 'install-files':
      return `files ${operation.paths.join('+')}`;
    case 'start':
      return `start ${operation.services.map(({ service }) => service).join('+')}`;
    case 'run-command':
      return `command ${operation.service}`;
    case 'run-job':
      return `job ${operation.service}`;
    case 'stop-incumbents':
      return `stop ${operation.services.join('+')}${operation.aside ? ' aside' : ''}`;
    case 'await-incumbents':
      return `await ${operation.services.join('+')}`;
    case 'replace':
      return `replace ${operation.service}`;
    case 'cutover':
      return `cutover ${operation.routes.map(({ service }) => service).join('+')}`;
    case 'soak':
      return `soak ${operation.part}`;
    case 'finish':
      return `finish ${[...operation.retire].sort().join('+')}`;
    default:
      return operation.kind;
  }
}

function steps(situation: Situation, other: Partial<PlanOptions> = {}): readonly string[] {
  return planned(situation, other).plan.operations.map(brief);
}

const backend = ['backend/app.py'];
const everyContainerGone = { containers: () => [] };

describe('the order of a deploy', () => {
  it('of a backend change of the example: workers before the cutover, beat never twice', () => {
    expect(
      steps(
        { fixture: 'resee', changes: backend },
        { preDeploy: [{ service: 'backend', command: 'python manage.py migrate' }] },
      ),
    ).toEqual([
      'build backend+celery+celery-beat',
      'files backend/app.py',
      'command backend',
      'start backend+celery',
      'stop celery aside',
      'replace celery-beat',
      'await celery',
      'cutover backend',
      'check-health',
      'soak beside',
      'stop backend',
      'check-health',
      'soak alone',
      'finish backend-1+celery-1+celery-beat-1',
    ]);
  });

  it('of another .env: it is there before the first container that reads it', () => {
    const envFile = { path: '.env', change: 'modified' } as const;
    const wants = services({ api: { environment: { GREETING: 'hi' } } });
    expect(steps({ wants, envFile, changes: ['README.md'] }).slice(0, 4)).toEqual([
      'build api',
      'install-env-file',
      'files README.md',
      'start api',
    ]);
    expect(steps({ wants, envFile: { ...envFile, change: 'same' } })).not.toContain(
      'install-env-file',
    );
    expect(steps({ envFile })).toEqual(['install-env-file', 'finish ']);
  });

  it('cuts all routed services over at once', () => {
    const changes = [...backend, 'frontend/src/App.tsx', 'nginx/nginx.conf'];
    expect(steps({ fixture: 'resee', changes })).toContain('cutover backend+frontend');
  });

  it('of a first deploy: data, then what needs it, then the front, in waves by depends_on', () => {
    expect(
      steps(
        {
          fixture: 'resee',
          ...everyContainerGone,
          recorded: false,
          changes: backend,
          nginx: undefined,
          proxyFiles: { 'nginx/nginx.conf': fixtureText('resee-nginx-T.txt') },
        },
        { preDeploy: [{ service: 'backend', command: 'python manage.py migrate' }] },
      ),
    ).toEqual([
      'build backend+celery+celery-beat+frontend',
      'files backend/app.py',
      'start postgres+redis',
      'command backend',
      'start backend+celery+frontend',
      'start celery-beat',
      'start nginx',
      'check-health',
      'soak whole',
      'finish ',
    ]);
  });

  it('starts new services after those that they depend on, and candidates with the last', () => {
    const depends = (service: string) => ({
      image: `${service}:1`,
      networks: { default: null },
      depends_on: { [service]: { condition: 'service_started' } },
    });
    const wants = services({ a: depends('b'), b: depends('c'), c: { ...depends('api') } });
    expect(
      steps({ wants, changes: ['api/x'] }).filter((step) => step.startsWith('start ')),
    ).toEqual(['start c', 'start b', 'start a+api+worker']);
  });

  it('of a new proxy configuration alone: one cutover, nothing else moves', () => {
    expect(steps({ changes: ['nginx/nginx.conf'] })).toEqual([
      'cutover ',
      'check-health',
      'soak whole',
      'finish ',
    ]);
  });

  it('of a commit that changes no container: its files, and the record', () => {
    expect(steps({ changes: ['README.md'] })).toEqual(['files README.md', 'finish ']);
  });

  it('runs a job before any candidate starts', () => {
    const was = services({
      api: { depends_on: { migrate: { condition: 'service_completed_successfully' } } },
      migrate: { build: { context: '/home/ec2-user/tiny/api' }, networks: { default: null } },
    });
    const all = steps({
      was,
      containers: changing('migrate', { running: false }),
      changes: ['api/x'],
    });
    expect(all.indexOf('job migrate')).toBeGreaterThan(0);
    expect(all.indexOf('job migrate')).toBeLessThan(all.indexOf('start api+worker'));
  });

  it('cuts the new container of a replaced proxy over to the candidates', () => {
    const wants = services({ proxy: { image: 'nginx:1.30' } });
    expect(steps({ wants, changes: ['api/x'] }, { allowDowntime: true })).toEqual([
      'build api+worker',
      'files api/x',
      'start api+worker',
      'stop worker',
      'replace proxy',
      'cutover api',
      'check-health',
      'soak beside',
      'stop api',
      'check-health',
      'soak alone',
      'finish api-1+proxy-1+worker-1',
    ]);
  });

  it('cuts over every nginx that sends requests to what changes, whatever its role is', () => {
    const labelled = services({ proxy: { labels: { 'resee.deploy.role': 'direct' } } });
    expect(steps({ was: labelled, wants: labelled, changes: ['api/x'] })).toContain('cutover api');
  });

  it('changes routed services like workers where there is no proxy to tell', () => {
    const situation = {
      nginx: undefined,
      containers: without('proxy'),
      was: services({ proxy: undefined }),
    };
    expect(steps({ ...situation, changes: ['api/x'] })).toEqual([
      'build api+worker',
      'files api/x',
      'start api+worker',
      'stop api+worker',
      'check-health',
      'soak whole',
      'finish api-1+worker-1',
    ]);
  });

  it('retires what the commit removed, also its stopped containers', () => {
    const containers = (all: Parameters<NonNullable<Situation['containers']>>[0]) => [
      ...all,
      container('worker', 2, { running: false }),
    ];
    const all = steps({ wants: services({ worker: undefined }), containers });
    expect(all.at(-1)).toBe('finish worker-1+worker-2');
  });

  it('stops what is to go while it can still be started again, and the site does without it', () => {
    const all = planned({
      wants: services({ api: { environment: { CHANGED: 'yes' } }, worker: undefined }),
    });
    const [stop] = operationsOf(all, 'stop-incumbents').filter(({ retiring }) => retiring);
    expect(stop).toMatchObject({
      services: ['api', 'worker'],
      ids: ['api-1', 'worker-1'],
      // Nobody sends requests to a worker.
      serving: [{ id: 'api-1', port: 3000 }],
    });
    expect(all.plan.operations.slice(-4).map(brief)).toEqual([
      'stop api+worker',
      'check-health',
      'soak alone',
      'finish api-1+worker-1',
    ]);
  });

  it('runs no pre-deploy command where nothing is deployed', () => {
    const preDeploy = [{ service: 'api', command: 'migrate' }];
    expect(steps({ changes: ['README.md'] }, { preDeploy })).not.toContain('command api');
  });
});

describe('starting', () => {
  it('scales beside the incumbents, and knows the port that the proxy uses', () => {
    const was = services({ api: { scale: 2 } });
    const [start] = operationsOf(planned({ was, changes: ['api/x'] }), 'start');
    expect(start?.services.find(({ service }) => service === 'api')).toEqual({
      service: 'api',
      replicas: 2,
      incumbents: ['api-1', 'api-2'],
      dead: [],
      handed: [],
      resumed: [],
      port: 3000,
    });
  });

  it('clears away dead containers, but never those that hold data: they are resumed', () => {
    const stopped = (all: Parameters<NonNullable<Situation['containers']>>[0]) =>
      all.map((each) =>
        ['store', 'worker'].includes(each.service) ? { ...each, running: false } : each,
      );
    const starts = operationsOf(planned({ containers: stopped }), 'start').flatMap(
      (operation) => operation.services,
    );
    expect(starts).toMatchObject([
      { service: 'store', dead: [], resumed: ['store-1'] },
      { service: 'worker', dead: ['worker-1'], resumed: [] },
    ]);
  });
});

describe('a file that an nginx mounts which is not in front', () => {
  const inner: JsonObject = {
    image: 'nginx:alpine',
    build: undefined,
    volumes: [
      { type: 'bind', source: '/home/ec2-user/tiny/inner', target: '/etc/nginx/conf.d' },
      { type: 'bind', source: '/home/ec2-user/tiny/www', target: '/var/www' },
    ],
  };
  const single = { ...inner, container_name: 'inner' };
  const situation = (worker: JsonObject, other: Partial<Container> = {}): Situation => ({
    was: services({ worker }),
    containers: changing('worker', other),
    changes: ['inner/site.conf', 'www/robots.txt'],
    proxies: ['proxy', 'worker'].map((name) => ({
      kind: 'nginx',
      containerId: `${name}-1`,
      name: `tiny-${name}-1`,
      networks: ['tiny_default'],
      config: name === 'proxy' ? 'server { location / { proxy_pass http://worker; } }' : '',
    })),
  });
  const outcome = (worker: JsonObject, other: Partial<Container> = {}) => {
    const plan = planned(situation(worker, other));
    return { actions: actions(plan), refused: refusalsOf(plan).length };
  };

  it('comes by a reload, where there may be only one of it', () => {
    expect(outcome(single)).toEqual({ actions: { worker: 'reload' }, refused: 0 });
    const plan = planned(situation(single));
    expect(operationsOf(plan, 'cutover')).toMatchObject([
      { proxyService: 'worker', reloads: true, paths: ['inner/site.conf', 'www/robots.txt'] },
    ]);
    expect(operationsOf(plan, 'install-files')).toEqual([]);
  });

  it('comes by a reload to one of an image of the stack, where nothing runs beside it', () => {
    const own = { ...single, image: 'acme/web:1' };
    const command = ['/docker-entrypoint.sh', 'nginx', '-g', 'daemon off;'];
    expect(outcome(own, { command }).actions).toEqual({ worker: 'reload' });
    for (const other of [['/init'], ['sh', '-c', 'php-fpm -D && nginx'], []]) {
      expect(outcome(own, { command: other })).toEqual({
        actions: { worker: 'replace' },
        refused: 1,
      });
    }
  });

  it('comes with a candidate otherwise', () => {
    expect(outcome(inner)).toEqual({ actions: { worker: 'roll' }, refused: 0 });
  });

  it('waits for no reload where the definition or the image changes as well', () => {
    const wants = services({ worker: { environment: { A: '1' } } });
    expect(actions(planned({ ...situation(single), wants }))).toEqual({ worker: 'replace' });
    const images = { 'nginx:alpine': 'sha256:newer' };
    expect(actions(planned({ ...situation(single), images }))['worker']).toBe('replace');
  });
});

describe('a file that the proxy and others mount', () => {
  const mount = (source: string) => ({
    volumes: [
      { type: 'bind', source: `/home/ec2-user/tiny${source}`, target: '/site', read_only: true },
    ],
  });
  const first = (worker: string, proxy: string, changed: string) => {
    const was = services({ worker: mount(worker), proxy: mount(proxy) });
    const plan = planned({ was, changes: [changed] });
    return {
      first: operationsOf(plan, 'install-files').flatMap(({ paths }) => paths),
      cutover: operationsOf(plan, 'cutover').map(({ paths, reloads }) => ({ paths, reloads })),
    };
  };

  it('is there before a container starts that mounts it as closely', () => {
    const there = { first: ['www/a.php'], cutover: [{ paths: [], reloads: true }] };
    expect(first('/www', '/www', 'www/a.php')).toEqual(there);
    expect(first('/www/a.php', '/www', 'www/a.php')).toEqual(there);
    expect(first('', '', 'www/a.php')).toEqual(there);
  });

  it('comes with the cutover where others only mount a directory above', () => {
    const later = { first: [], cutover: [{ paths: ['nginx/a.conf'], reloads: true }] };
    expect(first('', '/nginx', 'nginx/a.conf')).toEqual(later);
  });

  it('comes with the cutover where the others do not start', () => {
    const was = services({ store: mount('/www'), proxy: mount('/www') });
    const plan = planned({ was, changes: ['www/a.php'] });
    expect(operationsOf(plan, 'install-files')).toEqual([]);
    expect(operationsOf(plan, 'cutover').flatMap(({ paths }) => paths)).toEqual(['www/a.php']);
  });
});

describe('the cutover', () => {
  it('names what to pin, on the network that both share, and the way back', () => {
    expect(operationsOf(planned({ changes: ['api/x'] }), 'cutover')).toEqual([
      {
        kind: 'cutover',
        proxyKind: 'nginx',
        lingersMs: 15_000,
        held: false,
        staysConnected: false,
        reloads: true,
        comesBack: false,
        holds: [],
        proxyService: 'proxy',
        proxy: 'proxy-1',
        routes: [
          {
            service: 'api',
            names: ['api'],
            network: 'tiny_default',
            incumbents: ['api-1'],
            staying: [],
          },
        ],
        paths: [],
        inPlace: [],
        mounted: [],
      },
    ]);
  });

  it('pins every name that the proxy uses, and no other', () => {
    const nginx = 'upstream a { server www:1; } upstream b { server api:2; } ';
    const was = services({ api: { networks: { default: { aliases: ['www', 'unused'] } } } });
    const [cutover] = operationsOf(planned({ was, nginx, changes: ['api/x'] }), 'cutover');
    expect(cutover?.routes.map(({ names }) => [...names].sort())).toEqual([['api', 'www']]);
  });

  it('pins on each network that both are on, and on no other', () => {
    const both = { default: null, front: null };
    const was = services({
      api: { networks: { ...both, back: null } },
      proxy: { networks: both },
    });
    const [cutover] = operationsOf(planned({ was, changes: ['api/x'] }), 'cutover');
    expect(cutover?.routes.map(({ network }) => network).sort()).toEqual([
      'tiny_default',
      'tiny_front',
    ]);
  });

  it('brings the proxy’s own files, in place where it mounts the file itself', () => {
    const plan = planned({ changes: ['api/x', 'nginx/nginx.conf'] });
    const [cutover] = operationsOf(plan, 'cutover');
    expect(cutover).toMatchObject({
      paths: ['nginx/nginx.conf'],
      inPlace: ['nginx/nginx.conf'],
      mounted: [{ path: 'nginx/nginx.conf', inside: '/etc/nginx/nginx.conf' }],
    });
    expect(operationsOf(plan, 'install-files').flatMap(({ paths }) => paths)).toEqual(['api/x']);
  });

  it('brings files of a mounted directory without writing in place', () => {
    const was = services({
      proxy: {
        volumes: [
          { type: 'bind', source: '/home/ec2-user/tiny/nginx', target: '/etc/nginx/conf.d' },
        ],
      },
    });
    const [cutover] = operationsOf(planned({ was, changes: ['nginx/nginx.conf'] }), 'cutover');
    expect(cutover).toMatchObject({ paths: ['nginx/nginx.conf'], inPlace: [], mounted: [] });
  });

  it('leaves a service to its worker’s way that no network joins with the proxy', () => {
    const was = services({
      api: { networks: { default: undefined, back: null } },
      proxy: { networks: { default: undefined, front: null } },
    });
    expect(steps({ was, changes: ['api/x'] })).toContain('stop api+worker');
  });
});

describe('when a changed file reaches the live directory', () => {
  const bind = (source: string) => ({
    volumes: [{ type: 'bind', source: `/home/ec2-user/tiny/${source}`, target: '/mounted' }],
  });
  const when = (situation: Situation) => {
    const plan = planned(situation);
    return {
      first: operationsOf(plan, 'install-files').flatMap(({ paths }) => paths),
      cutover: operationsOf(plan, 'cutover').flatMap(({ paths }) => paths),
      last: operationsOf(plan, 'finish').flatMap(({ paths }) => paths),
    };
  };

  it('what nobody mounts comes first', () => {
    expect(when({ changes: ['api/x', 'README.md'] })).toEqual({
      first: ['api/x', 'README.md'],
      cutover: [],
      last: [],
    });
  });

  it('what only the incumbents mount comes last: they serve from it until they are gone', () => {
    const was = services({ api: bind('api') });
    const wants = services({ api: { volumes: [] } });
    expect(when({ was, wants, changes: ['api/x', 'README.md'] })).toEqual({
      first: ['README.md'],
      cutover: [],
      last: ['api/x'],
    });
  });

  it('what the candidates mount as well comes first: they need it', () => {
    const was = services({ api: bind('api') });
    expect(when({ was, changes: ['api/x'] }).first).toEqual(['api/x']);
  });

  it('what the proxy mounts comes with the cutover, whoever else mounts it', () => {
    const was = services({ api: bind('nginx') });
    expect(when({ was, changes: ['nginx/nginx.conf'] })).toMatchObject({
      first: [],
      cutover: ['nginx/nginx.conf'],
    });
  });

  it.each<[string, Situation]>([
    ['a proxy that is replaced', { wants: services({ proxy: { command: ['x'] } }) }],
    ['a proxy that cannot be told', { nginx: undefined }],
    ['no proxy', { wants: services({ proxy: undefined }) }],
  ])('nothing is lost with %s', (_, situation) => {
    const groups = when({ ...situation, changes: ['nginx/nginx.conf', 'api/x'] });
    const all = [...groups.first, ...groups.cutover, ...groups.last];
    expect([...all].sort()).toEqual(['api/x', 'nginx/nginx.conf']);
  });

  it('what was changed by hand stays, and is not brought at all', () => {
    expect(when({ live: { modified: ['README.md'] }, changes: ['README.md'] }).first).toEqual([]);
  });
});

describe('the images of a release', () => {
  it('notes what each reference named before, for the undo', () => {
    const plan = planned({ changes: ['api/x'], images: { 'tiny-worker': undefined } });
    expect(operationsOf(plan, 'prepare-images')).toEqual([
      {
        kind: 'prepare-images',
        verb: 'build',
        bases: [],
        services: ['api', 'worker'],
        references: [
          { reference: 'tiny-api', before: 'sha256:tiny-api' },
          { reference: 'tiny-worker', before: undefined },
        ],
      },
    ]);
  });

  it('names a reference once that two services share', () => {
    const shared = services({ api: { image: 'shared' }, worker: { image: 'shared' } });
    const [prepare] = operationsOf(planned({ was: shared, changes: ['api/x'] }), 'prepare-images');
    expect(prepare?.references).toEqual([{ reference: 'shared', before: 'sha256:shared' }]);
  });

  it('pulls what starts for the first time, data too', () => {
    const plan = planned({ containers: without('store') }, { images: 'pull' });
    expect(operationsOf(plan, 'prepare-images')).toMatchObject([
      { verb: 'pull', services: ['api', 'store', 'worker'] },
    ]);
  });
});

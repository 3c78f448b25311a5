import { describe, expect, it } from '@jest/globals';
import { settlePlan } from '../../../src/plan/planner.js';
import {
  actions,
  changing,
  container,
  imageId,
  observed,
  options,
  planned,
  serviceIn,
  services,
  SHA,
  without,
  type Situation,
} from '../observed.js';

const api = (patch: object) => services({ api: { ...patch } });

const envMount = {
  type: 'bind',
  source: '/home/ec2-user/tiny/.env',
  target: '/app/.env',
  read_only: true,
};

describe('what happens to each service', () => {
  it.each<[string, Situation, Record<string, string>]>([
    ['nothing changed', {}, {}],
    ['a file that no service uses changed', { changes: ['README.md'] }, {}],
    [
      'a file of a build context changed: both images made from it may',
      { changes: ['api/server.py'] },
      { api: 'roll?', worker: 'roll?' },
    ],
    [
      'a build argument changed, and no file',
      { wants: api({ build: { args: { VERSION: '2' } } }) },
      { api: 'roll?' },
    ],
    [
      'the .env of the release changed, and nobody mounts it',
      { envFile: { path: '.env', change: 'modified' } },
      {},
    ],
    [
      'the .env of the release lies in a build context',
      { envFile: { path: 'api/.env', change: 'added' } },
      { api: 'roll?', worker: 'roll?' },
    ],
    [
      'the .env of the release is mounted by a worker and by a database',
      {
        envFile: { path: '.env', change: 'modified' },
        was: services({
          worker: { volumes: [envMount] },
          store: { volumes: [envMount] },
        }),
      },
      { worker: 'roll' },
    ],
    ['a file beside the context, named alike', { changes: ['api-docs/index.md'] }, {}],
    [
      'a file was removed from a build context',
      { changes: [{ path: 'api/old.py', status: 'deleted' }] },
      { api: 'roll?', worker: 'roll?' },
    ],
    [
      'somebody changed a file of a build context by hand',
      { live: { modified: ['api/server.py'] } },
      { api: 'roll?', worker: 'roll?' },
    ],
    [
      'the definition of a routed service changed',
      { wants: api({ environment: { GREETING: 'hi' } }) },
      { api: 'roll' },
    ],
    [
      'the .env of the host changed since the release: both the commit and the directory say so',
      { wants: api({ environment: { GREETING: 'hi' } }), changes: [] },
      { api: 'roll' },
    ],
    [
      'a worker’s definition changed',
      { wants: services({ worker: { command: ['python'] } }) },
      { worker: 'roll' },
    ],
    [
      'the proxy’s definition changed',
      { wants: services({ proxy: { image: 'nginx:1.30' } }) },
      { proxy: 'replace' },
    ],
    [
      'a data service’s definition changed',
      { wants: services({ store: { image: 'redis:9' } }) },
      { store: 'replace' },
    ],
    ['the proxy’s file changed', { changes: ['nginx/nginx.conf'] }, { proxy: 'reload' }],
    ['only how many there are of a service that is right', { wants: api({ depends_on: {} }) }, {}],
    ['more replicas are wanted', { wants: api({ scale: 2 }) }, { api: 'roll' }],
    [
      'fewer replicas are wanted',
      { was: api({ scale: 2 }), wants: api({ scale: 1 }) },
      { api: 'roll' },
    ],
    [
      'a service is scaled to 0',
      { wants: services({ worker: { scale: 0 } }) },
      { worker: 'remove' },
    ],
    ['a service is at 0 already', { was: services({ worker: { scale: 0 } }) }, {}],
    [
      'a replica died',
      { was: api({ scale: 2 }), containers: (all) => all.filter(({ id }) => id !== 'api-2') },
      { api: 'roll' },
    ],
    [
      'a new service',
      { wants: services({ mailer: { image: 'mailer:1', networks: { default: null } } }) },
      { mailer: 'start' },
    ],
    ['a service’s containers are gone', { containers: without('worker') }, { worker: 'start' }],
    [
      'a service stopped',
      { containers: changing('worker', { running: false }) },
      { worker: 'start' },
    ],
    [
      'a data service stopped',
      { containers: changing('store', { running: false }) },
      { store: 'start' },
    ],
    [
      'a service left the Compose file',
      { wants: services({ worker: undefined }) },
      { worker: 'remove' },
    ],
    [
      'containers of a profile that is not ours run',
      { containers: (all) => [...all, container('admin', 1)] },
      { admin: 'leave' },
    ],
    [
      'a one-off container runs',
      { containers: (all) => [...all, container('api', 9, { oneOff: true })] },
      {},
    ],
    [
      'an order that forbids two',
      {
        was: api({ deploy: { update_config: { order: 'stop-first' } } }),
        wants: api({ environment: {}, command: ['x'] }),
      },
      { api: 'replace' },
    ],
    [
      'a fixed container name',
      { was: api({ container_name: 'the-api' }), wants: api({ command: ['x'] }) },
      { api: 'replace' },
    ],
    ['the image was deleted', { images: { 'tiny-api': undefined } }, { api: 'roll?' }],
    [
      'the reference names another image than the one that runs',
      { images: { 'redis:8-alpine': 'sha256:newer', 'nginx:alpine': 'sha256:newer' } },
      { proxy: 'replace' },
    ],
  ])('%s', (_, situation, expected) => {
    expect(actions(planned(situation))).toEqual(expected);
  });

  it('rolls what mounts a changed file, and leaves data to its next restart', () => {
    const mount = (source: string) => ({
      volumes: [{ type: 'bind', source: `/home/ec2-user/tiny/${source}`, target: '/conf' }],
    });
    const plan = planned({
      was: services({ worker: mount('conf'), store: mount('redis.conf') }),
      changes: ['conf/a', 'conf/b', 'conf/c', 'redis.conf'],
    });
    expect(actions(plan)).toEqual({ worker: 'roll' });
    expect(serviceIn(plan, 'worker').why).toBe('mounted conf/a, conf/b and 1 more changed');
    expect(plan.plan.warnings).toContain(
      'store: mounted files wait for a restart: redis.conf. To restart it, with a gap: allow-data-changes: store',
    );
  });

  it('takes running containers for incumbents, and the others for dead ones', () => {
    const plan = planned({
      containers: (all) => [...all, container('api', 2, { running: false })],
    });
    const { incumbents, dead, oldImageId } = serviceIn(plan, 'api');
    expect([incumbents, dead, oldImageId]).toEqual([['api-1'], ['api-2'], 'sha256:tiny-api']);
  });

  describe('with the input services', () => {
    const changes = ['api/server.py', 'nginx/nginx.conf'];

    it('changes only those, and says that the others changed', () => {
      const plan = planned({ changes }, { services: ['worker'] });
      expect(actions(plan)).toEqual({
        api: 'leave',
        proxy: 'leave',
        store: 'leave',
        worker: 'roll?',
      });
      expect(serviceIn(plan, 'api').why).toBe('not named in services');
    });
  });

  describe('on a host that somebody else deployed to', () => {
    it('builds what it can build, although the commit is the same', () => {
      expect(actions(planned({ recorded: false }))).toEqual({ api: 'roll?', worker: 'roll?' });
    });

    it('trusts a record only where it describes the commit that is checked out', () => {
      const plan = planned({ live: { head: SHA } });
      expect(actions(plan)).toEqual({ api: 'roll?', worker: 'roll?' });
    });

    it('compares with the live directory’s Compose file', () => {
      const wants = services({ store: { image: 'redis:9' } });
      expect(actions(planned({ recorded: false, wants }))).toMatchObject({ store: 'replace' });
    });
  });

  describe('with images that are pulled', () => {
    const pull = { images: 'pull' } as const;

    it('lets the id of the pulled image decide, but touches neither data nor proxy', () => {
      expect(actions(planned({}, pull))).toEqual({ api: 'roll?', worker: 'roll?' });
      expect(planned({}, pull).kind).toBe('plan');
    });

    it('says what it does not pull, and how to take a newer one', () => {
      const { warnings } = planned({}, pull).plan;
      expect(warnings.filter((text) => text.includes('not pulled'))).toEqual([
        'proxy: not pulled, as it is the proxy. To take a newer image, with a gap: allow-downtime: true',
        'store: not pulled, as it holds data. To take a newer image, with a gap: allow-data-changes: store',
      ]);
      const allowed = { ...pull, allowDowntime: true, allowDataChanges: ['store'] };
      const plan = planned({}, allowed);
      expect(actions(plan)).toMatchObject({ proxy: 'replace?', store: 'replace?' });
      expect(plan.plan.warnings.join()).not.toContain('not pulled');
    });

    it('pulls an app that has nginx in its image and publishes the port', () => {
      const situation = { was: services({ proxy: { image: 'example/frontend:latest' } }) };
      expect(actions(planned(situation, pull))).toMatchObject({ proxy: 'replace?' });
    });

    it('pulls data and proxy where they are named', () => {
      const plan = planned({}, { ...pull, services: ['store'] });
      expect(actions(plan)).toMatchObject({ store: 'replace?' });
    });
  });

  it('builds nothing with build: none, and rolls for what the references name', () => {
    const situation = { changes: ['api/server.py'], images: { 'tiny-api': 'sha256:new' } };
    const plan = planned(situation, { images: 'none' });
    expect(actions(plan)).toEqual({ api: 'roll' });
    expect(plan.plan.operations.map(({ kind }) => kind)).not.toContain('prepare-images');
  });

  it('runs a job with a release that changes its image, and with none that does not', () => {
    const was = services({
      api: { depends_on: { migrate: { condition: 'service_completed_successfully' } } },
      migrate: { build: { context: '/home/ec2-user/tiny/api' }, networks: { default: null } },
    });
    const containers = changing('migrate', { running: false });
    expect(actions(planned({ was, containers, changes: ['api/a'] }))).toMatchObject({
      migrate: 'run?',
    });
    expect(actions(planned({ was, containers }))).toEqual({});
  });
});

describe('once the images are there', () => {
  const situation: Situation = { changes: ['api/server.py'] };
  const settled = (imageIds: Record<string, string>) => {
    const plan = settlePlan(planned(situation).plan, imageIds, observed(situation), options);
    return { kind: 'plan' as const, plan };
  };

  it('keeps what runs with the same image', () => {
    const plan = settled({
      'tiny-api': imageId('tiny-api'),
      'tiny-worker': imageId('tiny-worker'),
    });
    expect(actions(plan)).toEqual({});
    expect(serviceIn(plan, 'api').why).toBe('its image is the same');
    expect(plan.plan.operations.map(({ kind }) => kind)).toEqual([
      'prepare-images',
      'install-files',
      'finish',
    ]);
  });

  it('rolls what has another one', () => {
    const plan = settled({ 'tiny-api': 'sha256:new', 'tiny-worker': imageId('tiny-worker') });
    expect(actions(plan)).toEqual({ api: 'roll' });
    expect(serviceIn(plan, 'api').why).toBe('its image changed');
  });

  it('rolls a service of which one replica runs an older image', () => {
    const mixed: Situation = {
      ...situation,
      was: services({ api: { scale: 2 } }),
      containers: (all) =>
        all.map((each) => (each.id === 'api-2' ? { ...each, imageId: 'sha256:old' } : each)),
    };
    const plan = settlePlan(
      planned(mixed).plan,
      { 'tiny-api': imageId('tiny-api'), 'tiny-worker': imageId('tiny-worker') },
      observed(mixed),
      options,
    );
    expect(actions({ kind: 'plan', plan })).toEqual({ api: 'roll' });
  });

  it('rolls for another reason than the image whatever the image is', () => {
    const wants = services({ api: { command: ['x'] } });
    const other = { ...situation, wants };
    const plan = settlePlan(
      planned(other).plan,
      { 'tiny-api': imageId('tiny-api'), 'tiny-worker': imageId('tiny-worker') },
      observed(other),
      options,
    );
    expect(actions({ kind: 'plan', plan })).toEqual({ api: 'roll' });
  });
});

describe('a rollback to kept images', () => {
  const kept = (images: Record<string, string>) =>
    planned({}, { images: 'kept', keptImages: images });

  it('changes the services whose image differs, and no other', () => {
    const plan = kept({ 'tiny-api': 'sha256:earlier', 'tiny-worker': imageId('tiny-worker') });
    expect(actions(plan)).toEqual({ api: 'roll' });
    expect(plan.plan.operations[0]).toEqual({
      kind: 'restore-images',
      references: [{ reference: 'tiny-api', before: 'sha256:tiny-api', imageId: 'sha256:earlier' }],
    });
  });

  it('leaves data alone', () => {
    expect(actions(kept({ 'redis:8-alpine': 'sha256:earlier' }))).toEqual({});
  });

  it('is nothing where the images are the same', () => {
    const plan = kept({ 'tiny-api': imageId('tiny-api') });
    expect(plan.plan.operations.map(({ kind }) => kind)).toEqual(['finish']);
  });
});

describe('a worker that had failed before the deploy', () => {
  const dead = (code: number): Partial<Situation> => ({
    was: services({ worker: { restart: 'no' } }),
    containers: (before) =>
      changing('worker', {
        running: false,
        startedMs: 10,
        ended: { code, atMs: 20 },
      })(before),
  });

  it('is left as it is, and told, where nothing of it changed', () => {
    const of = planned(dead(1));
    expect(serviceIn(of, 'worker')).toMatchObject({
      action: 'keep',
      why: 'it ended with 1 before, and nothing of it changed',
    });
    expect(of.plan.warnings).toContainEqual(
      expect.stringMatching(/^worker: it ended with 1 before.*docker compose up -d worker$/),
    );
  });

  it('starts where its image turns out to be another one', () => {
    const situation = { ...dead(1), changes: ['api/x'] };
    const of = planned(situation);
    expect(actions(of)).toEqual({ api: 'roll?', worker: 'start?' });
    const settled = (image: string) =>
      settlePlan(
        of.plan,
        { 'tiny-api': image, 'tiny-worker': image },
        observed(situation),
        options,
      ).services.find(({ service }) => service === 'worker')?.action;
    expect(settled('sha256:another')).toBe('start');
    expect(settled(imageId('tiny-worker'))).toBe('keep');
  });

  it.each<[string, Partial<Situation>]>([
    ['its definition changed', { wants: services({ worker: { environment: { A: 'b' } } }) }],
    ['another image is there', { images: { 'tiny-worker': 'sha256:another' } }],
    ['somebody stopped it', dead(143)],
    [
      'it ended with the host',
      { containers: changing('worker', { running: false, ended: { code: 1, atMs: -1 } }) },
    ],
    ['Docker was to start it again', { was: {} }],
  ])('starts where %s', (_name, other) => {
    expect(actions(planned({ ...dead(1), ...other }))['worker']).toBe('start');
  });

  it('starts where it is named, and where others send it requests', () => {
    expect(actions(planned(dead(1), { services: ['worker'] }))['worker']).toBe('start');
    const nginx = 'server { location / { proxy_pass http://worker; } }';
    expect(actions(planned({ ...dead(1), nginx }))['worker']).toBe('start');
  });

  it('starts with the image of a release that is gone back to', () => {
    const keptImages = { 'tiny-worker': 'sha256:kept' };
    const of = planned(dead(1), { images: 'kept', keptImages });
    expect(actions(of)['worker']).toBe('start');
    const same = { 'tiny-worker': imageId('tiny-worker') };
    expect(
      actions(planned(dead(1), { images: 'kept', keptImages: same }))['worker'],
    ).toBeUndefined();
  });
});

describe('a container that neither the Compose file nor its profiles name', () => {
  const gone = services({ worker: undefined });

  it('stays, and is told with the command that removes it', () => {
    const { plan } = planned({ was: gone, wants: gone, containers: () => observed().containers });
    expect(plan.services.find(({ service }) => service === 'worker')?.action).toBe('leave');
    expect(plan.warnings).toEqual([
      'worker: it runs on, and no deploy changes it: neither the Compose file nor its profiles name it now. Where it is not wanted, on the host: docker rm -f worker-1',
    ]);
  });

  it('is not told where it has ended', () => {
    const ended = { running: false, ended: { code: 0, atMs: 0 } };
    const containers: Situation['containers'] = () =>
      observed().containers.map((each) =>
        each.service === 'worker' ? { ...each, ...ended } : each,
      );
    expect(planned({ was: gone, wants: gone, containers }).plan.warnings).toEqual([]);
  });
});

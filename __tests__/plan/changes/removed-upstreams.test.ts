import { describe, expect, it } from '@jest/globals';
import type { ProxyFacts } from '../../../src/plan/observation.js';
import { planned, refusalsOf, serviceIn, services, type Situation } from '../observed.js';

const config = 'http { server { location / { proxy_pass http://api; } } }';
const gone: Situation = { nginx: config, wants: services({ api: undefined }) };
const what = (why: string) =>
  `api goes (${why}), and proxy-1 would go on sending requests to api: they would fail, and nginx does not start again with a name that is gone`;
const refused = (situation: Situation) => refusalsOf(planned(situation)).map((each) => each.what);

describe('a service that a proxy still names', () => {
  it('is neither removed, nor scaled to 0', () => {
    expect(refused(gone)).toEqual([what('the commit removed it')]);
    const wants = services({ api: { deploy: { replicas: 0 } } });
    expect(refused({ nginx: config, wants })).toEqual([what('scaled to 0')]);
  });

  it('goes with the commit that takes it out of the configuration, and not with one that leaves it in', () => {
    const change = { ...gone, changes: ['nginx/nginx.conf'] };
    expect(refused(change)).toEqual([]);
    const proxyFiles = { 'nginx/nginx.conf': config };
    expect(refused({ ...change, proxyFiles })).toEqual([what('the commit removed it')]);
  });

  it('goes where another one has its name', () => {
    const worker = { networks: { default: { aliases: ['api'] } } };
    expect(refused({ ...gone, wants: services({ api: undefined, worker }) })).not.toContain(
      what('the commit removed it'),
    );
  });
});

const site = (...names: readonly string[]): string =>
  names.map((name) => `server { location /${name} { proxy_pass http://${name}:80; } }`).join('\n');
/** As `nginx -T` prints them. */
const loaded = (files: Readonly<Record<string, string>>): string =>
  Object.entries(files)
    .map(([path, text]) => `# configuration file ${path}:\n${text}\n`)
    .join('\n');
const MAIN = { '/etc/nginx/nginx.conf': 'http { include /etc/nginx/conf.d/*.conf; }' };
const root = '/home/ec2-user/tiny';
const bind = (source: string, target: string) => ({
  type: 'bind',
  source: `${root}/${source}`,
  target,
});

describe('a service that goes, and files beside those that the proxy has loaded', () => {
  const built = {
    image: undefined,
    build: { context: root, dockerfile: 'deploy/nginx.Dockerfile' },
    volumes: undefined,
  };
  const whole = loaded({ ...MAIN, '/etc/nginx/conf.d/default.conf': site('worker', 'api') });
  const of = (situation: Situation) =>
    refused({ wants: services({ api: undefined }), ...situation }).filter((each) =>
      each.includes('would go on'),
    );

  it('goes where only a file that was never loaded names it, in the context of a build', () => {
    const situation = {
      nginx: whole,
      was: services({ proxy: built }),
      changes: ['deploy/nginx.conf'],
      proxyFiles: { 'deploy/nginx.conf': site('worker'), 'dev/nginx.conf': site('worker', 'api') },
    };
    expect(of(situation)).toEqual([]);
    const named = { ...situation.proxyFiles, 'deploy/nginx.conf': site('worker', 'api') };
    expect(of({ ...situation, proxyFiles: named })).toHaveLength(1);
  });

  it('stays where a file that the commit leaves was built into the image', () => {
    const situation = {
      nginx: loaded({ ...MAIN, '/etc/nginx/conf.d/default.conf': site('api') }),
      was: services({ proxy: built }),
      changes: ['dev/nginx.conf'],
      proxyFiles: { 'deploy/nginx.conf': site('api'), 'dev/nginx.conf': site('worker') },
    };
    expect(of(situation)).toHaveLength(1);
  });

  it.each<[string, Readonly<Record<string, string>>, readonly string[], number]>([
    ['that is not loaded', { 'conf.d/api.conf.disabled': site('api') }, [], 0],
    ['that is loaded, and left', { 'conf.d/api.conf': site('api') }, ['conf.d/worker.conf'], 1],
    ['that is loaded, and changed', { 'conf.d/api.conf': '' }, ['conf.d/api.conf'], 0],
  ])('is judged by the files of a directory that it mounts: one %s', (_, files, changes, times) => {
    const own = Object.entries(files).filter(([path]) => path.endsWith('.conf'));
    const situation = {
      nginx: loaded({
        '/etc/nginx/conf.d/worker.conf': site('worker'),
        ...Object.fromEntries(own.map(([path]) => [`/etc/nginx/${path}`, site('api')])),
      }),
      was: services({ proxy: { volumes: [bind('conf.d', '/etc/nginx/conf.d')] } }),
      changes,
      proxyFiles: { 'conf.d/worker.conf': site('worker'), ...files },
    };
    expect(of(situation)).toHaveLength(times);
  });

  it.each([
    ['from a template that the commit leaves', {}, 1],
    ['from a variable that another name is in now', { API: 'worker' }, 0],
    ['from a variable that it is in still', { API: 'api', OTHER: 'x' }, 1],
  ])('is judged by what it is made of: %s', (_, environment, times) => {
    const situation = {
      nginx: loaded({ '/etc/nginx/conf.d/default.conf': site('api') }),
      was: services({ proxy: { volumes: undefined, environment: { API: 'api' } } }),
      wants: services({ api: undefined, proxy: { environment } }),
    };
    if (times === 1 && !('API' in environment)) {
      const volumes = [bind('templates', '/etc/nginx/templates')];
      const files = { 'templates/default.conf.template': site('api') };
      expect(
        of({ ...situation, was: services({ proxy: { volumes } }), proxyFiles: files }),
      ).toHaveLength(1);
    } else expect(of(situation)).toHaveLength(times);
  });
});

describe('what is told of a service that a proxy still names', () => {
  const caddy: ProxyFacts = {
    kind: 'caddy',
    containerId: 'proxy-1',
    name: 'proxy-1',
    networks: ['tiny_default'],
    config: JSON.stringify({ handle: [{ upstreams: [{ dial: 'api:3000' }] }] }),
  };
  const resolving = 'server { resolver 127.0.0.11; set $up api; proxy_pass http://$up:80; }';

  it.each<[string, Situation, boolean]>([
    ['nginx, by a static name', { nginx: config }, true],
    ['nginx, by a variable', { nginx: resolving }, false],
    ['Caddy', { proxies: [caddy] }, false],
  ])('says that it does not start again only of %s', (_, situation, is) => {
    const [refusal] = refusalsOf(planned({ ...gone, ...situation }));
    expect(refusal?.what.includes('nginx does not start again')).toBe(is);
  });

  it('asks for the same commit only where the configuration is in it', () => {
    const next = (situation: Situation) => refusalsOf(planned({ ...gone, ...situation }))[0]?.next;
    expect(next({ proxyFiles: { 'nginx/nginx.conf': config } })).toMatch('in the same commit');
    expect(next({})).toMatch(/ first, .*no file of the commit says it.*on the host/);
  });
});

describe('a service that the commit removes while `services` leaves the proxy', () => {
  it('stays, and is told', () => {
    const change = { ...gone, changes: ['nginx/nginx.conf'] };
    const of = planned(change, { services: ['worker'] });
    expect(refusalsOf(of)).toEqual([]);
    expect(serviceIn(of, 'api').action).toBe('leave');
    expect(of.plan.warnings.join()).toContain(
      'api: it stays, and goes with the next deploy that services does not limit',
    );
    const all = planned(change, { services: ['worker', 'proxy'] });
    expect(serviceIn(all, 'api').action).toBe('remove');
  });

  it('goes where another one has its name', () => {
    const worker = { networks: { default: { aliases: ['api'] } } };
    const wants = services({ api: undefined, worker });
    const of = planned({ ...gone, wants }, { services: ['worker'] });
    expect(serviceIn(of, 'api').action).toBe('remove');
  });
});

describe('a name that the new containers of a service do not have', () => {
  const DOWNTIME = { allowDowntime: true };
  const of = (situation: Situation) =>
    refusalsOf(planned(situation, DOWNTIME)).map((each) => each.what);
  const ENV = { environment: { A: 'b' } };

  it.each([
    ['rolled', {}],
    ['replaced', { labels: { 'resee.deploy.order': 'stop-first' } }],
  ])('is that of one container by its number, whatever gap is accepted: %s', (_, api) => {
    const nginx = site('tiny-api-1');
    const situation = { was: services({ api }), wants: services({ api: ENV }), nginx };
    expect(of(situation)).toEqual([
      'proxy-1 sends its requests to tiny-api-1, which is the name of one container, and changes with each deploy of api: they would fail, and nginx does not start again with a name that is gone',
    ]);
    const kept = { ...situation, wants: services({ worker: ENV }) };
    expect(of(kept)).toEqual([]);
  });

  it('is an alias that the commit drops, unless it goes from the configuration as well', () => {
    const aliased = { networks: { default: { aliases: ['backend'] } } };
    const situation = {
      was: services({ api: aliased }),
      wants: services({ api: { networks: { default: { aliases: undefined } } } }),
      nginx: site('backend'),
    };
    expect(of(situation)).toEqual([
      expect.stringMatching(/^api would not be called backend any more/),
    ]);
    const changes = ['nginx/nginx.conf'];
    const proxyFiles = { 'nginx/nginx.conf': site('api') };
    expect(of({ ...situation, changes, proxyFiles })).toEqual([]);
  });
});

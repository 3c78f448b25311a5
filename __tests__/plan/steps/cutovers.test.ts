import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../../src/plan/compose/json.js';
import type { Container, ProxyFacts } from '../../../src/plan/observation.js';
import type { Operation } from '../../../src/plan/plan.js';
import { accessLogs } from '../../../src/plan/proxies/access-logs.js';
import { unmovedProxies } from '../../../src/plan/refusals/stale-proxies.js';
import {
  observed,
  operationsOf,
  planned,
  refusalsOf,
  refusedOnceBuilt,
  serviceIn,
  services,
  without,
  type Situation,
} from '../observed.js';

const CHANGE = ['api/x'];

function operations(situation: Situation): readonly Operation[] {
  return planned({ changes: CHANGE, ...situation }).plan.operations;
}

function kinds(situation: Situation): readonly string[] {
  return operations(situation).map(({ kind }) => kind);
}

function refused(situation: Situation, other: Parameters<typeof planned>[1] = {}) {
  return refusedOnceBuilt({ changes: CHANGE, ...situation }, other);
}

function proxy(kind: ProxyFacts['kind'], config: string, other: Partial<ProxyFacts> = {}) {
  const networks = ['tiny_default'];
  return [{ kind, containerId: 'proxy-1', name: 'tiny-proxy-1', networks, config, ...other }];
}

const CADDY = JSON.stringify({
  apps: {
    http: {
      servers: {
        srv0: {
          logs: {},
          routes: [{ handle: [{ handler: 'reverse_proxy', upstreams: [{ dial: 'api:3000' }] }] }],
        },
      },
    },
  },
});

describe('behind nginx', () => {
  it('needs no hold: it resolves names once', () => {
    expect(kinds({})).not.toContain('hold');
    expect(kinds({})).toContain('cutover');
  });

  it.each([
    ['resolver 127.0.0.11; location / { set $up api; proxy_pass http://$up:3000; }'],
    ['upstream a { zone a 64k; server api:3000 resolve; } location / { proxy_pass http://a; }'],
  ])('is refused where it resolves names while it runs: %s', (config) => {
    const [refusal] = refused({ nginx: config });
    expect(refusal?.what).toMatch(/api cannot be cut over.*resolves api while it runs/);
    expect(refusal?.next).toMatch(/statically.*allow-downtime: true/);
    expect(refused({ nginx: config }, { allowDowntime: true })).toEqual([]);
  });

  it('is cut over also where it names a service with its network', () => {
    const nginx = 'server { listen 80; location / { proxy_pass http://api.tiny_default:3000; } }';
    const steps = operations({ nginx });
    expect(steps).toContainEqual(
      expect.objectContaining({
        kind: 'cutover',
        routes: [expect.objectContaining({ service: 'api', names: ['api.tiny_default'] })],
      }),
    );
    const { plan } = planned({ changes: CHANGE, nginx });
    const observation = observed({ changes: CHANGE, nginx });
    const without = plan.operations.filter(({ kind }) => kind !== 'cutover');
    expect(unmovedProxies(observation, plan.services, without)).toMatchObject([
      { what: expect.stringContaining('found no way to move them') },
    ]);
  });

  it('that is not part of the deploy is cut over all the same: it runs on', () => {
    const { operations: steps } = planned({ changes: CHANGE }, { services: ['api'] }).plan;
    expect(steps).toContainEqual(
      expect.objectContaining({
        kind: 'cutover',
        proxy: 'proxy-1',
        reloads: true,
        routes: [expect.objectContaining({ service: 'api', incumbents: ['api-1'] })],
      }),
    );
    expect(steps).not.toContainEqual(
      expect.objectContaining({ kind: 'stop-incumbents', retiring: false }),
    );
  });

  it('that is not part of the deploy takes its changed files with the cutover', () => {
    const changes = [...CHANGE, 'nginx/nginx.conf'];
    const { operations: steps } = planned({ changes }, { services: ['api'] }).plan;
    expect(steps).toContainEqual(
      expect.objectContaining({ kind: 'cutover', paths: ['nginx/nginx.conf'] }),
    );
  });

  it('of files alone, which sends nothing on, is not reloaded for what another one sends on', () => {
    const web = {
      kind: 'nginx' as const,
      containerId: 'web-1',
      name: 'tiny-web-1',
      networks: ['tiny_default'],
      config: 'server { listen 80; root /usr/share/nginx/html; }',
    };
    const front = proxy('nginx', 'server { location / { proxy_pass http://api:3000; } }');
    const moved = operations({ proxies: [...front, web] }).flatMap((operation) =>
      operation.kind === 'cutover' ? [operation.proxy] : [],
    );
    expect(moved).toEqual(['proxy-1']);
  });

  it('of another project, on a network that both are on, is cut over as well', () => {
    const config = 'upstream a { server api:3000; }';
    const proxies = proxy('nginx', config, { containerId: 'edge', name: 'edge-nginx-1' });
    expect(operations({ proxies })).toContainEqual(
      expect.objectContaining({ kind: 'cutover', proxyService: 'edge-nginx-1', proxy: 'edge' }),
    );
  });
});

describe('behind Caddy', () => {
  const proxies = proxy('caddy', CADDY);

  it('the incumbents are held before a candidate starts: it resolves names at each connection', () => {
    const order = kinds({ proxies });
    expect(order.indexOf('hold')).toBeGreaterThan(-1);
    expect(order.indexOf('hold')).toBeLessThan(order.indexOf('start'));
    expect(order.indexOf('start')).toBeLessThan(order.indexOf('cutover'));
  });

  it('the incumbents go before the soak, because it keeps its connections to them', () => {
    const order = kinds({ proxies });
    expect(order.slice(order.indexOf('cutover'))).toEqual([
      'cutover',
      'check-health',
      'stop-incumbents',
      'check-health',
      'soak',
      'finish',
    ]);
  });

  it('but stand by as usual where it keeps no connections', () => {
    const off = CADDY.replace(
      '"handler":"reverse_proxy"',
      '"handler":"reverse_proxy","transport":{"protocol":"http","keep_alive":{"enabled":false}}',
    );
    const order = kinds({ proxies: proxy('caddy', off) });
    expect(order.slice(order.indexOf('cutover'))).toEqual([
      'cutover',
      'check-health',
      'soak',
      'stop-incumbents',
      'check-health',
      'soak',
      'finish',
    ]);
    expect(planned({ changes: CHANGE, proxies: proxy('caddy', off) }).plan.warnings).toEqual([]);
    expect(planned({ changes: CHANGE, proxies }).plan.warnings).toEqual([
      expect.stringContaining('keepalive off'),
    ]);
  });

  it('one without `log` is told: nothing says what visitors get, and its lines of errors are no count', () => {
    const silent = CADDY.replace('"logs":{},', '');
    const { plan } = planned({ changes: CHANGE, proxies: proxy('caddy', silent) });
    expect(plan.warnings).toContainEqual(expect.stringContaining('writes no access log'));
    const seen = (config: string) =>
      accessLogs(observed({ changes: CHANGE, proxies: proxy('caddy', config) }), plan);
    expect(seen(silent)).toEqual([]);
    expect(seen(CADDY)).toEqual([{ proxy: 'proxy-1', files: [] }]);
  });

  it('it reloads for a changed configuration only: a reload closes the connections of visitors', () => {
    const reloads = (changes: readonly string[]) =>
      operations({ proxies, changes }).flatMap((operation) =>
        operation.kind === 'cutover' ? [operation.reloads] : [],
      );
    expect(reloads(CHANGE)).toEqual([false]);
    expect(reloads(['nginx/nginx.conf'])).toEqual([true]);
  });

  it('hold and cutover are of the same routes, and the cutover knows of the hold', () => {
    const all = operations({ proxies });
    const hold = all.find((operation) => operation.kind === 'hold');
    const cutover = all.find((operation) => operation.kind === 'cutover');
    expect(hold).toMatchObject({ proxy: 'proxy-1', proxyKind: 'caddy', routes: cutover?.routes });
    expect(cutover).toMatchObject({ held: true, reloads: false });
    expect(cutover?.routes).toEqual([
      {
        service: 'api',
        names: ['api'],
        network: 'tiny_default',
        incumbents: ['api-1'],
        staying: [],
      },
    ]);
  });

  it.each([
    ['admin off', { admin: { disabled: true } }, /admin off/],
    [
      'upstreams that it looks up itself',
      { a: [{ dynamic_upstreams: {} }] },
      /resolver of its own/,
    ],
  ])('is refused with %s', (_, more, what) => {
    const config = JSON.stringify({ ...JSON.parse(CADDY), ...more });
    expect(refused({ proxies: proxy('caddy', config) })[0]?.what).toMatch(what);
  });

  it('is judged by the Caddyfile of the commit where it does not tell what it has loaded', () => {
    const proxyFiles = { Caddyfile: 'example.org {\n  reverse_proxy api:3000\n}' };
    expect(kinds({ proxies: proxy('caddy', ''), proxyFiles })).toContain('cutover');
  });
});

describe('behind Traefik', () => {
  const labels = { 'traefik.http.routers.api.rule': 'Host(`example.org`)' };
  const draining = {
    healthcheck: { test: ['CMD-SHELL', 'test ! -f /tmp/drain && curl -f localhost:3000'] },
  };
  const behind = (more: object) => ({ proxies: [], was: services({ api: { labels, ...more } }) });

  it('the incumbents withdraw by the file that their healthcheck asks for', () => {
    expect(operations(behind(draining))).toContainEqual({
      kind: 'withdraw',
      services: [{ service: 'api', incumbents: ['api-1'], drainFile: '/tmp/drain' }],
    });
  });

  it('incumbents that are started again are ready when they are admitted, not before', () => {
    expect(operations(behind(draining))).toContainEqual(
      expect.objectContaining({ services: ['api'], serving: [], retiring: true }),
    );
  });

  it('a candidate that must go again withdraws first', () => {
    const start = operations(behind(draining)).find(({ kind }) => kind === 'start');
    expect(start).toMatchObject({
      services: expect.arrayContaining([
        expect.objectContaining({ service: 'api', drainFile: '/tmp/drain' }),
      ]),
    });
  });

  it('is refused where nothing makes the healthcheck fail, with what to write', () => {
    const [refusal] = refused(behind({}));
    expect(refusal?.what).toMatch(/api cannot be cut over.*Traefik/);
    expect(refusal?.next).toContain('test ! -f /tmp/drain');
    expect(refused(behind({}), { allowDowntime: true })).toEqual([]);
  });

  it('a label may name the file', () => {
    const named = { labels: { ...labels, 'resee.deploy.drain-file': '/run/leave' } };
    expect(operations(behind(named))).toContainEqual(
      expect.objectContaining({ services: [expect.objectContaining({ drainFile: '/run/leave' })] }),
    );
  });
});

describe('behind the default rule of Traefik', () => {
  it('a service that only says that it is enabled is routed, and no worker', () => {
    const was = services({ api: { labels: { 'traefik.enable': 'true' } } });
    const [refusal] = refused({ was, nginx: undefined });
    expect(refusal?.what).toContain('nothing makes the healthcheck of api fail on request');
    const off = services({ api: { labels: { 'traefik.enable': 'False' } } });
    expect(refused({ was: off, nginx: undefined })).toEqual([]);
  });

  const labels = { 'traefik.enable': 'true' };
  const told = /`traefik.enable` alone: where it takes requests, set resee.deploy.role: routed/;

  it.each<[string, JsonObject, string]>([
    ['a scheduler', { command: ['celery', '-A', 'app', 'beat'] }, 'singleton'],
    ['a loop', { command: ['sh', '-c', 'while true; do ./sync; sleep 60; done'] }, 'singleton'],
    ['a queue worker', { command: ['php', 'artisan', 'queue:work', '--tries=3'] }, 'worker'],
  ])('%s that has the labels of the others is none of it, and is told', (_, more, role) => {
    const api = serviceIn(
      planned({ was: services({ api: { labels, ...more } }), nginx: '' }),
      'api',
    );
    expect(api.role).toBe(role);
    expect(api.reason).toMatch(told);
  });

  it('what ends by itself is a job, and what is called a worker is one', () => {
    const command = ['python', 'manage.py', 'migrate'];
    const migrate = { labels, command, restart: 'no', healthcheck: undefined };
    const situation = { was: services({ api: migrate }), nginx: '', containers: without('api') };
    expect(serviceIn(planned(situation), 'api').role).toBe('job');
    const worker = services({ worker: { labels } });
    expect(serviceIn(planned({ was: worker, nginx: '' }), 'worker').role).toBe('worker');
  });

  it.each<[string, JsonObject]>([
    ['a port', { expose: ['8080'] }],
    ['a server beside it', { command: ['sh', '-c', 'gunicorn app & exec celery -A app worker'] }],
    ['a rule', { labels: { ...labels, 'traefik.http.routers.api.rule': 'Host(`example.org`)' } }],
  ])('a queue worker with %s is routed', (_, more) => {
    const api = { labels, command: ['celery', '-A', 'app', 'worker'], ...more };
    expect(serviceIn(planned({ was: services({ api }), nginx: '' }), 'api').role).toBe('routed');
  });
});

describe('behind a Traefik that takes what has no label', () => {
  const RULE = '--providers.docker.defaultRule=Host(`{{ .Name }}.example.org`)';
  const traefik = (...command: readonly string[]) => ({
    image: 'traefik:3',
    command: ['--providers.docker=true', ...command],
  });
  const roles = (patch: Parameters<typeof services>[0]) =>
    Object.fromEntries(
      planned({ was: services(patch), nginx: undefined }).plan.services.map(({ service, role }) => [
        service,
        role,
      ]),
    );
  const exposed = { expose: ['3000'] };

  it('a service that shows a port is routed, and no worker, database or neighbour of another network', () => {
    const apart = { image: 'a:1', ...exposed, networks: { other: null } };
    const of = { proxy: traefik(RULE), api: exposed, store: { expose: ['6379'] }, apart };
    expect(roles(of)).toEqual({
      proxy: 'proxy',
      api: 'routed',
      store: 'data',
      worker: 'worker',
      apart: 'worker',
    });
    const [refusal] = refused({ was: services(of), nginx: undefined });
    expect(refusal?.what).toContain('nothing makes the healthcheck of api fail on request');
    const environment = { TRAEFIK_PROVIDERS_DOCKER_DEFAULTRULE: 'Host(`a`)' };
    expect(roles({ proxy: { ...traefik(), environment }, api: exposed })['api']).toBe('routed');
  });

  it.each<[string, readonly string[], object]>([
    ['is told not to', [RULE, '--providers.docker.exposedbydefault=false'], {}],
    ['has no default rule of its own', [], {}],
    ['takes some only', [RULE, '--providers.docker.constraints=Label(`a`, `b`)'], {}],
    ['is told so by the service', [RULE], { labels: { 'traefik.enable': 'false' } }],
    ['asks for a label', ['--providers.docker.defaultrule={{ index .Labels "host" }}'], {}],
  ])('none is where it %s', (_name, command, api) => {
    expect(roles({ proxy: traefik(...command), api: { ...exposed, ...api } })['api']).toBe(
      'worker',
    );
  });
});

describe('behind a proxy that cannot be told anything', () => {
  const haproxy = {
    proxies: [],
    was: services({ proxy: { image: 'haproxy:3' } }),
    proxyFiles: { 'haproxy/haproxy.cfg': 'backend web\n  server one api:3000 check\n' },
  };

  it('what it sends requests to is routed, and refused', () => {
    expect(refused(haproxy)[0]?.what).toMatch(/api is behind proxy \(haproxy:3\)/);
    expect(refused(haproxy, { allowDowntime: true })).toEqual([]);
  });
});

describe('a proxy that cannot be told to read its files anew', () => {
  const changed = (image: string, file = 'nginx/nginx.conf'): Situation => ({
    proxies: [],
    was: services({ proxy: { image } }),
    changes: [file],
  });

  it('is not said to be reloaded: it would go on with the old ones', () => {
    const [refusal] = refused(changed('haproxy:3'));
    expect(refusal?.what).toMatch(
      /proxy \(proxy\) cannot be replaced without a gap: mounted .*changed/,
    );
  });

  it('is left alone where it watches them itself', () => {
    expect(refused(changed('traefik:3'))).toEqual([]);
    expect(planned(changed('traefik:3')).plan.services).toContainEqual(
      expect.objectContaining({ service: 'proxy', action: 'keep' }),
    );
  });
});

describe('a proxy that did not tell what it has loaded', () => {
  const silent = proxy('nginx', '');

  it('lets nothing on its network be rolled as a worker', () => {
    const whats = refused({ proxies: silent }).map(({ what }) => what);
    expect(whats).toContainEqual(
      expect.stringMatching(/api may be behind tiny-proxy-1.*could not be read/),
    );
    expect(refused({ proxies: silent }, { allowDowntime: true })).toEqual([]);
  });

  it('does no harm where the files of the commit tell it', () => {
    const proxyFiles = { 'nginx/nginx.conf': 'location / { proxy_pass http://api:3000; }' };
    expect(refused({ proxies: silent, proxyFiles })).toEqual([]);
    expect(kinds({ proxies: silent, proxyFiles })).toContain('cutover');
  });

  it('does no harm to a service whose role is said, or that it cannot reach', () => {
    const role = { labels: { 'resee.deploy.role': 'worker' } };
    const was = services({ api: role, worker: role });
    expect(refused({ proxies: silent, was })).toEqual([]);
    expect(refused({ proxies: proxy('nginx', '', { networks: ['other'] }) })).toEqual([]);
  });
});

describe('a proxy that tells of a target only with what a request says', () => {
  const caddy = (upstreams: object) => JSON.stringify({ handler: 'reverse_proxy', ...upstreams });
  const nginx = (resolver: string) =>
    proxy('nginx', `${resolver} server { location / { proxy_pass http://$http_x_app:80; } }`);

  it.each([
    ['nginx', nginx('resolver 127.0.0.11;'), 'http://$http_x_app:80'],
    ['Caddy', proxy('caddy', caddy({ upstreams: [{ dial: '{env.APP}:80' }] })), '{env.APP}:80'],
    [
      'Caddy with SRV',
      proxy('caddy', caddy({ dynamic_upstreams: { source: 'srv', name: 'x' } })),
      'dynamic srv x',
    ],
  ])('lets nothing on its network be rolled as a worker: %s', (_name, proxies, target) => {
    const [api] = refused({ proxies });
    expect(api?.what).toBe(
      `api may be behind tiny-proxy-1, and where that sends requests is not known: its configuration says ${target}`,
    );
    expect(refused({ proxies }, { allowDowntime: true })).toEqual([]);
  });

  it('does no harm without a resolver', () => {
    expect(refused({ proxies: nginx('') })).toEqual([]);
  });

  it('reads the names that Caddy looks up', () => {
    const a = { source: 'a', name: 'api', port: '3000' };
    for (const dynamic_upstreams of [a, { source: 'multi', sources: [a] }]) {
      const proxies = proxy('caddy', caddy({ dynamic_upstreams }));
      expect(refused({ proxies }).map(({ what }) => what)).toEqual([
        expect.stringMatching(/^api cannot be cut over.*resolver of its own/),
      ]);
    }
    const port = { upstreams: [{ dial: 'api:{env.PORT}' }] };
    expect(kinds({ proxies: proxy('caddy', caddy(port)) })).toContain('cutover');
  });
});

describe('an nginx that knows containers by their addresses', () => {
  it('makes a service of them routed, and refused', () => {
    const address = observed().containers.find(({ service }) => service === 'api')?.networks[
      'tiny_default'
    ]?.addresses[0];
    const generated = `upstream a.example { server ${address ?? ''}:3000; } server { location / { proxy_pass http://a.example; } }`;
    const [refusal] = refused({ proxies: proxy('nginx', generated) });
    expect(refusal?.what).toMatch(/^api is behind .*cannot be told to send/);
  });
});

describe('a service that a file of the commit calls an upstream', () => {
  it.each([
    ['traefik:3', 'dynamic.yml', 'loadBalancer: { servers: [{ url: "http://api:3000" }] }'],
    ['kong:3', 'kong.yml', '_format_version: "3.0"\nservices: [{ url: http://api:3000 }]'],
    ['envoyproxy/envoy:v1.30', 'envoy.yaml', 'load_assignment: { address: api, port_value: 3000 }'],
    ['example/lb:1', 'lb.cfg', 'backend web\n  server one api:3000 check\n'],
    ['httpd:2', 'site.conf', 'ProxyPass / http://api:3000/'],
  ])('is refused behind %s', (image, path, text) => {
    const situation = {
      proxies: [],
      proxyFiles: { [path]: text },
      was: services({ proxy: { image } }),
    };
    expect(refused(situation)[0]?.what).toMatch(/^api is behind .*the proxy sends requests to api/);
    expect(refused(situation, { allowDowntime: true })).toEqual([]);
  });

  it('is not cut over by a Kong, which nginx runs: it resolves names by itself', () => {
    const kong = 'upstream kong_upstream { server 0.0.0.1; } location / { proxy_pass http://$a; }';
    const [refusal] = refused({
      proxies: proxy('nginx', kong),
      proxyFiles: {
        'nginx/nginx.conf': '_format_version: "3.0"\nservices: [{ url: http://api:3000 }]',
      },
    });
    expect(refusal?.what).toMatch(/^api is behind/);
  });

  const proxyFiles = { 'edge/haproxy.cfg': 'backend web\n  server one api:3000 check\n' };
  const behind = (image: string) => ({
    proxies: [],
    proxyFiles,
    was: services({ proxy: { image, command: undefined } }),
  });

  it('is refused, and not rolled as a worker, where no proxy is known that could be told', () => {
    const [refusal] = refused(behind('example/edge:1'));
    expect(refusal?.what).toMatch(/api is behind a proxy.*the proxy sends requests to api/);
    expect(refusal?.next).toContain('resee.deploy.role: worker');
    expect(refused(behind('example/edge:1'), { allowDowntime: true })).toEqual([]);
  });

  it('is rolled where the proxy does not run: nobody sends it requests', () => {
    const gone = (all: readonly Container[]) =>
      all.map((each) => (each.service === 'proxy' ? { ...each, running: false } : each));
    expect(refused({ ...behind('haproxy:3'), containers: gone })).toEqual([]);
  });
});

describe('a plan in which a proxy stays with incumbents that are retired', () => {
  const observation = observed({ changes: CHANGE });
  const { plan } = planned({ changes: CHANGE });
  const without = (kind: Operation['kind']) =>
    plan.operations.filter((operation) => operation.kind !== kind);

  it('is refused, whatever left the cutover out', () => {
    expect(unmovedProxies(observation, plan.services, plan.operations)).toEqual([]);
    expect(unmovedProxies(observation, plan.services, without('cutover'))).toEqual([
      expect.objectContaining({ what: expect.stringContaining('sends requests to api') }),
    ]);
  });

  it('is refused where another proxy is cut over, but not this one', () => {
    const edge = { containerId: 'edge', name: 'edge-nginx-1' };
    const proxies = [
      ...observation.proxies,
      ...proxy('nginx', 'upstream a { server api:3000; }', edge),
    ];
    const [refusal] = unmovedProxies({ ...observation, proxies }, plan.services, plan.operations);
    expect(refusal?.what).toContain('edge-nginx-1');
  });
});

describe('a name that is not the service', () => {
  const behind = (upstream: string) => `upstream a { server ${upstream}:3000; }`;

  it('but an alias of a link is refused: Docker ties it to one container', () => {
    const was = services({ proxy: { links: ['api:backend'] } });
    const [refusal] = refused({ was, nginx: behind('backend') });
    expect(refusal?.what).toMatch(/proxy is tied to one container of api by `links`/);
  });

  it('but of a service that shares its network with another is refused', () => {
    const was = services({ worker: { network_mode: 'service:api', networks: undefined } });
    expect(refused({ was })[0]?.what).toContain(
      'worker shares the network or the processes of api',
    );
  });

  it.each(['tiny-api-1', 'tiny_api_1'])(
    'but of one container (%s) is refused: the next one has another',
    (upstream) => {
      const [refusal] = refused({ nginx: behind(upstream) });
      expect(refusal?.what).toContain(`${upstream}, which is the name of one container`);
      expect(refusal?.next).toContain('the name of the service: api');
    },
  );
});

describe('a gap for an image that may turn out to be the same', () => {
  const build = { context: '/home/ec2-user/tiny', dockerfile: 'proxy.Dockerfile' };
  const situation = { was: services({ proxy: { build } }), changes: ['README.md'] };

  it('is not judged before the image is built', () => {
    expect(refusalsOf(planned(situation))).toEqual([]);
  });

  it('is none where the image is the same', () => {
    expect(refusedOnceBuilt(situation, {}, 'same')).toEqual([]);
  });

  it('is refused where the image changed', () => {
    expect(refusedOnceBuilt(situation)[0]?.what).toContain('proxy (proxy) cannot be replaced');
    expect(refusedOnceBuilt(situation, { allowDowntime: true })).toEqual([]);
  });
});

describe('a service of which there can be only one container', () => {
  const port = { ports: [{ target: 3000, published: '8000', host_ip: '127.0.0.1' }] };
  const address = { networks: { default: { ipv4_address: '198.19.1.77' } } };

  it.each([
    [port, 'it publishes port 8000 of the host'],
    [address, 'it has the fixed address 198.19.1.77'],
    [
      { container_name: 'api' },
      'container_name is api, and Compose makes no second container of a service with a fixed name',
    ],
  ])('is refused behind a proxy: %j', (was, why) => {
    const [refusal] = refused({ was: services({ api: was }) });
    expect(refusal?.what).toBe(`api cannot have a candidate beside its incumbent: ${why}`);
  });

  it('but a range of ports has room for two', () => {
    const range = { ports: [{ target: 3000, published: '8000-8010' }] };
    expect(kinds({ was: services({ api: range }) })).toContain('cutover');
  });
});

describe('a service that changes its networks, and has a candidate', () => {
  const networks = { web: { name: 'tiny_web' } };
  const to = (...names: readonly string[]) => ({
    networks: {
      default: names.includes('default') ? {} : undefined,
      ...Object.fromEntries(names.map((name) => [name, {}])),
    },
  });
  const moving = (api: JsonObject, proxy: JsonObject = {}): Situation => ({
    was: { networks, ...services({ proxy: { networks: { default: {} } } }) },
    wants: services({ api, proxy }),
  });
  const routes = (situation: Situation) =>
    operationsOf(planned(situation, { allowDowntime: true }), 'cutover').flatMap((each) =>
      each.routes.map(({ service, network }) => `${service} ${network}`),
    );

  it('is reached over the network that it shares with a proxy that changes as well', () => {
    const both = moving(to('web'), to('web'));
    expect(routes(both)).toEqual(['api tiny_web']);
    expect(refusalsOf(planned(both, { allowDowntime: true }))).toEqual([]);
  });

  it('goes on over the network that both keep', () => {
    const more = moving(to('default', 'web'));
    expect(routes(more)).toEqual(['api tiny_default']);
    expect(refusalsOf(planned(more))).toEqual([]);
  });

  it('is refused before anything changes where it leaves that of a proxy that stays', () => {
    const refusals = refusalsOf(planned(moving(to('web')), { allowDowntime: true }));
    expect(refusals).toMatchObject([
      { what: expect.stringContaining('api leaves the network tiny_default, over which proxy-1') },
    ]);
  });
});

describe('a service that starts with the name of another one, behind Caddy', () => {
  const web = { image: 'tiny-web', networks: { default: { aliases: ['api'] } } };
  const worker = { depends_on: undefined };
  const caddy = (name: string) =>
    proxy('caddy', JSON.stringify({ handle: [{ upstreams: [{ dial: `${name}:3000` }] }] }));
  const route = { service: 'web', names: ['api'], network: 'tiny_default', incumbents: ['api-1'] };

  it('gets no request before it is ready, and then all', () => {
    const wants = services({ api: undefined, web, worker });
    const steps = planned({ wants, proxies: caddy('api') }).plan.operations;
    const order = steps.map(({ kind }) => kind);
    expect(order.indexOf('hold')).toBeLessThan(order.indexOf('start'));
    expect(order.indexOf('start')).toBeLessThan(order.indexOf('cutover'));
    for (const kind of ['hold', 'cutover'] as const)
      expect(steps).toContainEqual(
        expect.objectContaining({ kind, proxy: 'proxy-1', routes: [{ ...route, staying: [] }] }),
      );
  });

  it('gets them beside the other one where that stays', () => {
    const steps = planned({ wants: services({ web }), proxies: caddy('api') }).plan.operations;
    expect(steps).toContainEqual(
      expect.objectContaining({ kind: 'cutover', routes: [{ ...route, staying: ['api-1'] }] }),
    );
  });

  it('needs none of it where nobody has the name yet', () => {
    const steps = planned({ wants: services({ web }), proxies: caddy('web') }).plan.operations;
    expect(steps.map(({ kind }) => kind)).not.toContain('hold');
  });
});

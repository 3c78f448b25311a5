import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/plan/compose/json.js';
import type { CutoverOperation, ReplaceOperation } from '../../src/plan/plan.js';
import { unmovedProxies } from '../../src/plan/refusals/stale-proxies.js';
import {
  changing,
  observed,
  overlaid,
  operationsOf,
  planned,
  refusalsOf,
  services,
  without,
  type Situation,
} from './observed.js';

const DOWNTIME = { allowDowntime: true };

function steps(situation: Situation, other: Parameters<typeof planned>[1] = DOWNTIME) {
  return planned(situation, other).plan.operations;
}

function cutovers(situation: Situation, other: Parameters<typeof planned>[1] = DOWNTIME) {
  return operationsOf(planned(situation, other), 'cutover');
}

function routed(service: string, other: Partial<CutoverOperation['routes'][number]> = {}) {
  const network = 'tiny_default';
  return { service, names: [service], network, incumbents: [], staying: [], ...other };
}

const ENV = services({ api: { environment: { A: '1' } } });

describe('a routed service whose new container comes when the old one has stopped', () => {
  const port = { ports: [{ target: 3000, published: '8000', host_ip: '127.0.0.1' }] };
  const writer = { volumes: [{ type: 'volume', source: 'data', target: '/data' }] };

  it.each([
    ['a fixed name', { container_name: 'api' }],
    ['a port of the host', port],
    ['files of its own', writer],
  ])('is followed by the nginx that sends it requests: %s', (_, api) => {
    const volumes = { data: { name: 'tiny_data' } };
    const was = { ...services({ api }), volumes };
    const all = steps({ was, wants: ENV });
    const order = all.map(({ kind }) => kind);
    expect(order).toContain('replace');
    expect(order.indexOf('replace')).toBeLessThan(order.indexOf('cutover'));
    expect(all).toContainEqual(
      expect.objectContaining({
        kind: 'cutover',
        proxy: 'proxy-1',
        reloads: true,
        comesBack: true,
        routes: [routed('api')],
      }),
    );
  });

  it('is found again by that nginx where it comes back: also by one that is made again', () => {
    const replaced = (situation: Situation): readonly ReplaceOperation[] =>
      operationsOf(planned(situation, DOWNTIME), 'replace').filter(
        ({ service }) => service === 'api',
      );
    const was = services({ api: { container_name: 'api' } });
    expect(replaced({ was, wants: ENV })).toMatchObject([
      { proxies: [{ kind: 'nginx', container: 'proxy-1' }] },
    ]);
    const both = services({
      api: { container_name: 'api' },
      proxy: { container_name: 'proxy' },
    });
    const wants = services({
      api: { environment: { A: '1' } },
      proxy: { environment: { A: '1' } },
    });
    const named = changing('proxy', { name: 'the-proxy' });
    expect(replaced({ was: both, wants, containers: named })).toMatchObject([
      { proxies: [{ kind: 'nginx', container: 'the-proxy' }] },
    ]);
  });

  it('needs no cutover behind a Caddy, which resolves names at each connection', () => {
    const config = JSON.stringify({ upstreams: [{ dial: 'api:3000' }] });
    const proxies = [
      {
        kind: 'caddy' as const,
        containerId: 'proxy-1',
        name: 'tiny-proxy-1',
        networks: ['tiny_default'],
        config,
      },
    ];
    const was = services({ api: { container_name: 'api' } });
    expect(refusalsOf(planned({ was, wants: ENV, proxies }, DOWNTIME))).toEqual([]);
    expect(cutovers({ was, wants: ENV, proxies })).toEqual([]);
  });

  it('is refused in a plan that does not tell the nginx', () => {
    const situation = { was: services({ api: { container_name: 'api' } }), wants: ENV };
    const { plan } = planned(situation, DOWNTIME);
    const untold = plan.operations.filter(({ kind }) => kind !== 'cutover');
    expect(unmovedProxies(observed(situation), plan.services, plan.operations)).toEqual([]);
    expect(unmovedProxies(observed(situation), plan.services, untold)).toMatchObject([
      { what: expect.stringContaining('sends requests to api, and this action found no way') },
    ]);
  });

  it.each<[string, JsonObject, JsonObject]>([
    [
      'both move to another network',
      { networks: { default: undefined, web: null } },
      { networks: { default: undefined, web: null } },
    ],
    [
      'it moves to that of the host',
      { networks: undefined, network_mode: 'host' },
      { extra_hosts: ['host.docker.internal:host-gateway'] },
    ],
  ])('is no reason to refuse where nginx is replaced after it: %s', (_, api, proxy) => {
    const was = services({ api: { container_name: 'api' } });
    const networks = { web: { name: 'tiny_web' } };
    const situation: Situation = { was, wants: { ...services({ api, proxy }), networks } };
    const { plan } = planned(situation, DOWNTIME);
    expect(plan.operations.map(({ kind }) => kind)).not.toContain('cutover');
    expect(refusalsOf(planned(situation, DOWNTIME))).toEqual([]);
    const order = plan.operations.filter(({ kind }) => kind === 'replace');
    const other = plan.operations.filter(({ kind }) => kind !== 'replace');
    expect(
      unmovedProxies(observed(situation), plan.services, [...other, ...order.reverse()]),
    ).toHaveLength(1);
  });

  it('is no reason to refuse where the commit takes it out of the configuration', () => {
    const was = services({ api: { container_name: 'api' } });
    const api = { networks: { default: undefined, web: null } };
    const networks = { web: { name: 'tiny_web' } };
    const leaving = { was, wants: { ...services({ api }), networks } };
    expect(refusalsOf(planned(leaving, DOWNTIME))).toHaveLength(1);
    const changes = ['nginx/nginx.conf'];
    expect(refusalsOf(planned({ ...leaving, changes }, DOWNTIME))).toEqual([]);
  });

  it('with a fixed address has that again: nginx knows it', () => {
    const was = services({ api: { networks: { default: { ipv4_address: '198.19.1.77' } } } });
    const nginx = 'upstream a { server 198.19.1.77:3000; }';
    expect(cutovers({ was, wants: ENV, nginx })).toEqual([]);
  });
});

describe('a service behind nginx of which nothing runs', () => {
  it('is followed where it starts again', () => {
    const containers = changing('api', { running: false });
    expect(cutovers({ containers })).toMatchObject([{ routes: [routed('api')], comesBack: false }]);
  });

  it('is followed where its container is gone', () => {
    expect(cutovers({ containers: without('api') })).toMatchObject([{ routes: [routed('api')] }]);
  });

  it('keeps no connection that would have to be drained', () => {
    const wants = services({ api: { environment: { A: '1' } } });
    const was = services({ api: { container_name: 'api' } });
    for (const stop of operationsOf(planned({ was, wants }, DOWNTIME), 'stop-incumbents'))
      expect(stop.drained).toEqual([]);
  });
});

describe('what starts before a migration, behind nginx', () => {
  const command = ['python', 'manage.py', 'migrate'];
  const wants = services({
    auth: { image: 'example/auth:1', networks: { default: null } },
    migrate: { image: 'tiny-api', command, depends_on: { auth: { condition: 'service_started' } } },
  });
  const site = (pass: string): string => `server { location /auth { ${pass} } }`;
  const named = site('proxy_pass http://auth:80;');
  const resolving = site('resolver 127.0.0.11; set $to auth; proxy_pass http://$to:80;');

  it('is followed at once only where nginx has loaded its name, and looks it up once', () => {
    expect(cutovers({ wants, nginx: named })).toMatchObject([{ routes: [routed('auth')] }]);
    expect(cutovers({ wants, nginx: resolving })).toEqual([]);
    const change = { wants, nginx: site(''), changes: ['nginx/nginx.conf'] };
    expect(cutovers({ ...change, proxyFiles: { 'nginx/nginx.conf': named } })).toMatchObject([
      { routes: [] },
    ]);
  });

  it('is followed where it had another address before, which nginx keeps for minutes', () => {
    const was = services({ api: { container_name: 'api' } });
    const nginx =
      'server { resolver 127.0.0.11; set $to api; location / { proxy_pass http://$to; } }';
    expect(cutovers({ was, wants: ENV, nginx })).toMatchObject([{ routes: [routed('api')] }]);
  });
});

describe('data that a site shows through nginx', () => {
  const was = services({
    files: { image: 'minio/minio:1', networks: { default: null } },
  });
  const wants = services({ files: { image: 'minio/minio:2' } });
  const nginx =
    'server { location / { proxy_pass http://api:3000; } location /f { proxy_pass http://files:9000; } }';

  it('is followed as soon as it has changed, before the candidates start', () => {
    const all = steps(
      { was, wants, nginx, changes: ['api/x'] },
      { ...DOWNTIME, allowDataChanges: ['files'] },
    );
    const order = all.map((each) =>
      each.kind === 'cutover' ? each.routes.map(({ service }) => service).join() : each.kind,
    );
    expect(order.indexOf('replace')).toBe(order.indexOf('files') - 1);
    expect(order.indexOf('files')).toBeLessThan(order.indexOf('start'));
    expect(order.filter((each) => each === 'files')).toHaveLength(1);
    expect(order).toContain('api');
  });
});

describe('a service under another name, which keeps the old one as an alias', () => {
  const wants = services({
    api: undefined,
    web: {
      image: 'tiny-web',
      networks: { default: { aliases: ['api'] } },
    },
    worker: { depends_on: undefined },
  });

  it('takes over from the old one, and gives back to it', () => {
    const [cutover] = cutovers({ wants });
    expect(cutover).toMatchObject({
      comesBack: false,
      routes: [routed('web', { names: ['api'], incumbents: ['api-1'] })],
    });
    const [stop] = operationsOf(planned({ wants }, DOWNTIME), 'stop-incumbents');
    expect(stop).toMatchObject({ ids: ['api-1'], drained: [{ proxy: 'proxy-1' }] });
  });

  describe('and which a migration needs', () => {
    const command = ['python', 'manage.py', 'migrate'];
    const depends_on = { web: { condition: 'service_started' } };
    const ssr = { image: 'acme/ssr:1', environment: { API: 'http://api:3000' } };
    const was = services({ ssr: { ...ssr, networks: { default: null } } });
    const needed = overlaid(
      wants,
      services({ migrate: { image: 'tiny-web', command, depends_on } }),
    );
    const caddy = {
      kind: 'caddy' as const,
      containerId: 'proxy-1',
      name: 'proxy',
      networks: ['tiny_default'],
      config: JSON.stringify({ upstreams: [{ dial: 'api:3000' }] }),
    };
    const order = (situation: Situation): readonly string[] =>
      steps(situation).flatMap((each) => {
        switch (each.kind) {
          case 'hold':
          case 'cutover':
            return each.routes.map(({ service }) => `${each.kind} ${service}`);
          case 'point-callers':
            return each.routes.map(({ caller, service }) => `${each.to} of ${service}: ${caller}`);
          case 'start':
            return each.services.map(({ service }) => `start ${service}`);
          case 'run-job':
            return [`run ${each.service}`];
          default:
            return [];
        }
      });

    it('gets no request of a Caddy before the release takes over, nor of who calls it', () => {
      expect(order({ was, wants: needed, proxies: [caddy] })).toEqual([
        'hold web',
        'incumbents of web: ssr',
        'start web',
        'run migrate',
        'candidates of web: ssr',
        'cutover web',
      ]);
    });

    it('gets none of nginx either', () => {
      expect(order({ was, wants: needed })).toEqual([
        'incumbents of web: ssr',
        'start web',
        'run migrate',
        'candidates of web: ssr',
        'cutover web',
      ]);
    });
  });

  it('is not called before it is ready by who calls it without a proxy', () => {
    const ssr = { image: 'acme/ssr:1', environment: { API: 'http://api:3000' } };
    const was = services({ ssr: { ...ssr, networks: { default: null } } });
    const calls = operationsOf(planned({ was, wants }, DOWNTIME), 'point-callers');
    const route = { caller: 'ssr', service: 'web', incumbents: ['api-1'], staying: [] };
    expect(calls).toMatchObject([
      { to: 'incumbents', routes: [route] },
      { to: 'candidates', routes: [route] },
    ]);
  });
});

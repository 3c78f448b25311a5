import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/plan/json.js';
import { parseNginxConfig } from '../../src/plan/proxies/nginx-config.js';
import { assignRoles, upstreamsOf } from '../../src/plan/roles.js';
import { parseStack } from '../../src/plan/compose-config.js';
import { fixtureText, observed, stackOf } from './observed.js';

/** Role and reason of the service `it`, in a stack of it and `others`. */
function decisionOf(it: JsonObject, others: Readonly<Record<string, JsonObject>> = {}) {
  const text = JSON.stringify({ name: 'shop', services: { it, ...others } });
  const upstreams = [
    { name: 'site', port: 80 },
    { name: 'it-behind', port: 80 },
  ];
  const role = assignRoles(parseStack(text, '/srv/shop'), upstreams)['it'];
  return role === undefined ? 'none' : `${role.role}: ${role.reason}`;
}
const PORT = { ports: [{ mode: 'ingress', target: 80, published: '80', protocol: 'tcp' }] };
const BUILD = { build: { context: '/srv/shop' } };
const VOLUME = { volumes: [{ type: 'volume', source: 'things', target: '/data' }] };

describe('assignRoles', () => {
  it('knows every service of the example', () => {
    const upstreams = parseNginxConfig(fixtureText('resee-nginx-T.txt')).upstreams;
    const roles = assignRoles(stackOf('resee'), upstreams);
    expect(
      Object.fromEntries(Object.entries(roles).map(([name, { role }]) => [name, role])),
    ).toEqual({
      backend: 'routed',
      frontend: 'routed',
      nginx: 'proxy',
      postgres: 'data',
      redis: 'data',
      celery: 'worker',
      'celery-beat': 'singleton',
    });
  });

  it.each<[string, JsonObject, string]>([
    ['a service that nothing is known of', BUILD, 'worker: no proxy names it, no port'],
    [
      'an alias that the proxy names',
      { ...BUILD, networks: { default: { aliases: ['site'] } } },
      'routed: the proxy sends requests to site',
    ],
    [
      'a container name that the proxy names',
      { ...BUILD, container_name: 'it-behind' },
      'routed: the proxy sends requests to it-behind',
    ],
    ['a published port', { ...BUILD, ...PORT }, 'direct: publishes a port of the host'],
    [
      'a port that only containers see',
      { ...BUILD, ports: [{ mode: 'ingress', target: 9000, protocol: 'tcp' }] },
      'worker: no proxy names it, no port',
    ],
    [
      'nginx with a port',
      { image: 'nginx:alpine', ...PORT },
      'proxy: publishes ports, image nginx:alpine',
    ],
    [
      'nginx with a digest, of a registry',
      { image: 'registry.example.com:5000/library/nginx@sha256:00', ...PORT },
      'proxy: publishes ports, image registry.example.com:5000/library/nginx@sha256:00',
    ],
    [
      'an own image that runs nginx',
      { ...BUILD, ...PORT, command: ['nginx', '-g', 'daemon off;'] },
      'proxy: publishes ports, runs nginx',
    ],
    [
      'nginx on the network of the host',
      { image: 'nginx:alpine', network_mode: 'host' },
      'proxy: publishes ports, image nginx:alpine',
    ],
    ['nginx without a port', { image: 'nginx:alpine' }, 'worker: no proxy names it, no port'],
    ['caddy', { image: 'caddy:2', ...PORT }, 'proxy: publishes ports, image caddy:2'],
    [
      'an image that only sounds like a proxy',
      { image: 'my-nginx-app:1', ...PORT },
      'direct: publishes a port of the host',
    ],
    ['postgres', { image: 'postgres:17' }, 'data: image postgres:17'],
    [
      'postgres that publishes its port',
      { image: 'postgres:17', ...PORT },
      'data: image postgres:17',
    ],
    [
      'redis of a registry',
      { image: 'docker.io/library/redis' },
      'data: image docker.io/library/redis',
    ],
    [
      'an exporter for postgres',
      { image: 'prom/postgres-exporter:v1' },
      'worker: no proxy names it, no port',
    ],
    [
      'an unknown image with a volume',
      { image: 'acme/store:1', ...VOLUME },
      'data: keeps data in volume things',
    ],
    ['an own image with a volume', { ...BUILD, ...VOLUME }, 'worker: no proxy names it, no port'],
    [
      'celery beat',
      { ...BUILD, command: ['celery', '-A', 'shop', 'beat', '-l', 'info'] },
      'singleton: a scheduler: two would run every job twice',
    ],
    ...[
      '/start-celerybeat',
      'celery -A shop worker -B -l info',
      'celery -A shop worker --beat',
      'cron -f',
      'php artisan schedule:work',
    ].map((command): [string, JsonObject, string] => [
      command,
      { ...BUILD, command: command.split(' ') },
      'singleton: a scheduler: two would run every job twice',
    ]),
    [
      'celery beat as a line, in an entrypoint',
      { ...BUILD, entrypoint: ['sh', '-c', 'exec celery -A shop beat'] },
      'singleton: a scheduler: two would run every job twice',
    ],
    [
      'a celery worker',
      { ...BUILD, command: ['celery', '-A', 'shop', 'worker'] },
      'worker: no proxy names it, no port',
    ],
    [
      'a celery worker of an app named heartbeat',
      { ...BUILD, command: ['celery', '-A', 'heartbeat', 'worker'] },
      'worker: no proxy names it, no port',
    ],
    [
      'stop-first',
      { ...BUILD, deploy: { update_config: { order: 'stop-first' } } },
      'singleton: deploy.update_config.order: stop-first',
    ],
  ])('%s', (_, it, decision) => {
    expect(decisionOf(it)).toBe(decision);
  });

  it('takes what keeps things in a volume for data, but not where another service builds its image', () => {
    const sharing = { image: 'shop-web', ...VOLUME };
    expect(decisionOf(sharing)).toBe('data: keeps data in volume things');
    expect(decisionOf(sharing, { web: BUILD })).toBe('worker: no proxy names it, no port');
  });

  it('knows a proxy by what was seen running in it, and a scheduler without a command by its name', () => {
    const text = JSON.stringify({
      name: 'shop',
      services: { edge: { ...BUILD, ...PORT }, 'celery-beat': BUILD, beatles: BUILD },
    });
    const roles = assignRoles(parseStack(text, '/srv/shop'), [], new Map([['edge', 'nginx']]));
    expect(roles['edge']).toEqual({ role: 'proxy', reason: 'publishes ports, runs nginx' });
    expect(roles['celery-beat']?.role).toBe('singleton');
    expect(roles['beatles']?.role).toBe('worker');
  });

  it('takes a service for a job where another waits for its completion', () => {
    const waiting = { depends_on: { it: { condition: 'service_completed_successfully' } } };
    expect(decisionOf(BUILD, { web: waiting })).toBe('job: others wait for its completion');
    const started = { depends_on: { it: { condition: 'service_started' } } };
    expect(decisionOf(BUILD, { web: started })).toBe('worker: no proxy names it, no port');
  });

  it.each(['routed', 'worker', 'singleton', 'data', 'proxy', 'direct', 'job'])(
    'lets the label say %s, whatever the service looks like',
    (role) => {
      const labels = { 'resee.deploy.role': role };
      expect(decisionOf({ image: 'postgres:17', ...PORT, labels })).toBe(
        `${role}: label resee.deploy.role`,
      );
    },
  );

  it('judges by itself where the label says nothing that it knows', () => {
    const labels = { 'resee.deploy.role': 'routedd' };
    expect(decisionOf({ image: 'postgres:17', labels })).toBe('data: image postgres:17');
  });
});

describe('upstreamsOf', () => {
  it('joins what the proxies do now with what the commit wants of them', () => {
    const observation = observed({
      proxyFiles: { 'nginx/new.conf': 'server { location / { proxy_pass http://worker:81; } }' },
    });
    expect(upstreamsOf(observation)).toEqual([
      { name: 'api', port: 3000 },
      { name: 'worker', port: 81 },
    ]);
  });
});

import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../../src/plan/compose/json.js';
import { parseNginxConfig } from '../../../src/plan/proxies/nginx-config.js';
import { assignRoles } from '../../../src/plan/roles/roles.js';
import { NO_EVIDENCE, upstreamsOf } from '../../../src/plan/roles/evidence.js';
import { parseStack } from '../../../src/plan/compose/compose-config.js';
import { container, fixtureText, observed, stackOf } from '../observed.js';

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
const SCHEDULER = 'singleton: a scheduler: two would run every job twice';
const bind = (source: string, target: string) => ({ type: 'bind', source, target });
const stack = (services: JsonObject) =>
  parseStack(JSON.stringify({ name: 'shop', services }), '/srv/shop');
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
    ['redis of a registry', { image: 'docker.io/library/redis' }, 'data: image redis'],
    [
      'an exporter for postgres',
      { image: 'prom/postgres-exporter:v1' },
      'worker: no proxy names it, no port',
    ],
    [
      'an unknown image with a volume',
      { image: 'acme/store:1', ...VOLUME },
      'worker: no proxy names it, no port',
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

  it.each<[string, JsonObject, string]>([
    [
      'an image that upgrades postgres by itself',
      { image: 'pgautoupgrade/pgautoupgrade:16-alpine' },
      'data: image pgautoupgrade/pgautoupgrade:16-alpine',
    ],
    [
      'a postgres of another maker',
      { image: 'bitnami/postgresql' },
      'data: image bitnami/postgresql',
    ],
    [
      'a database that the stack builds, by the place where it keeps its data',
      { ...BUILD, volumes: [bind('/srv/pg', '/var/lib/postgresql/data')] },
      'data: keeps data in /var/lib/postgresql/data',
    ],
    [
      'the same behind what calls itself its proxy, and with a port',
      {
        ...BUILD,
        ...PORT,
        container_name: 'it-behind',
        volumes: [bind('/srv/my', '/var/lib/mysql')],
      },
      'data: keeps data in /var/lib/mysql',
    ],
    [
      'a configuration at that place',
      { ...BUILD, volumes: [bind('/srv/my.cnf', '/var/lib/mysql/my.cnf')] },
      'worker: no proxy names it, no port',
    ],
    [
      'what only reads there',
      { ...BUILD, volumes: [{ ...bind('/srv/my', '/var/lib/mysql'), read_only: true }] },
      'worker: no proxy names it, no port',
    ],
    [
      'an own image that runs a database',
      { ...BUILD, command: ['redis-server', '--appendonly', 'yes'] },
      'data: runs redis-server',
    ],
    [
      'a database behind labels for Traefik',
      { image: 'mongo:7', labels: { 'traefik.http.routers.it.rule': 'Host(`it`)' } },
      'data: image mongo:7',
    ],
    [
      'a client in the image of a database',
      { image: 'postgres:17', command: ['sh', '-c', 'while true; do pg_dump shop; sleep 9; done'] },
      'singleton: a loop with pauses: two would do its work twice',
    ],
    [
      'nginx as a word among others',
      { ...BUILD, ...PORT, command: ['logstash', '-f', '/conf/logstash-nginx.config'] },
      'direct: publishes a port of the host',
    ],
    [
      'nginx as the value of an option',
      { ...BUILD, ...PORT, command: ['--scrape', 'http://nginx'] },
      'direct: publishes a port of the host',
    ],
    [
      'nginx as the name of a program’s argument',
      { ...BUILD, ...PORT, command: ['certbot', 'renew', '--nginx'] },
      'direct: publishes a port of the host',
    ],
    [
      'nginx at the end of a line',
      {
        ...BUILD,
        ...PORT,
        command: ['sh', '-c', "envsubst < a > b && exec nginx -g 'daemon off;'"],
      },
      'proxy: publishes ports, runs nginx',
    ],
    ['ofelia', { image: 'mcuadros/ofelia:latest', command: ['daemon', '--docker'] }, SCHEDULER],
    [
      'a scheduler as a word of a name',
      { ...BUILD, command: ['run', 'taskworker-scheduler'] },
      SCHEDULER,
    ],
    [
      'a worker with a scheduler',
      { ...BUILD, command: ['./worker', '--with-scheduler'] },
      SCHEDULER,
    ],
    ['crontabber', { ...BUILD, command: ['./bin/run_crontabber.sh', 'crontabber'] }, SCHEDULER],
    ['a script of cron', { image: 'nextcloud', entrypoint: ['/cron.sh'] }, SCHEDULER],
    ['a line of a crontab', { ...BUILD, command: ['0 0 * * * cleanup --days 90'] }, SCHEDULER],
    [
      'a scheduler in a loop of the shell',
      {
        ...BUILD,
        command: ['sh', '-c', 'while true; do php artisan schedule:run; sleep 60; done'],
      },
      SCHEDULER,
    ],
    [
      'whatever is done again and again',
      {
        image: 'certbot/certbot',
        entrypoint: [
          '/bin/sh',
          '-c',
          'trap exit TERM; while :; do certbot renew; sleep 12h & wait $!; done;',
        ],
      },
      'singleton: a loop with pauses: two would do its work twice',
    ],
    [
      'a pause as what a loop asks for',
      { ...BUILD, command: ['bash', '-c', 'while sleep 60; do ./sync.sh; done'] },
      'singleton: a loop with pauses: two would do its work twice',
    ],
    [
      'a worker that waits for its database in a loop',
      {
        ...BUILD,
        command: ['sh', '-c', 'while ! nc -z db 5432; do sleep 1; done; exec python worker.py'],
      },
      'worker: no proxy names it, no port',
    ],
    [
      'a worker beside which something is done again and again',
      {
        ...BUILD,
        command: ['sh', '-c', 'while true; do sleep 6h; ./tidy; done & exec python worker.py'],
      },
      'worker: no proxy names it, no port',
    ],
    [
      'a worker that a loop starts again',
      { ...BUILD, command: ['sh', '-c', 'while true; do php artisan queue:work; done'] },
      'worker: no proxy names it, no port',
    ],
    [
      'an app called scheduler',
      { ...BUILD, command: ['celery', '-A', 'scheduler', 'worker'] },
      'worker: no proxy names it, no port',
    ],
  ])('%s', (_, it, decision) => {
    expect(decisionOf(it)).toBe(decision);
  });

  it('takes a service for a scheduler by its name, whatever its command', () => {
    const roles = (names: readonly string[]) =>
      Object.values(
        assignRoles(
          stack(Object.fromEntries(names.map((name) => [name, { ...BUILD, command: ['run'] }]))),
          [],
        ),
      ).map(({ role }) => role);
    expect(
      new Set(roles(['schedule', 'scheduler', 'celery-beat', 'cron', 'cron-jobs', 'crontabber'])),
    ).toEqual(new Set(['singleton']));
    expect(new Set(roles(['heartbeat', 'filebeat', 'beatles', 'clock-api']))).toEqual(
      new Set(['worker']),
    );
  });

  it('takes a service for a database by the process that runs in it', () => {
    const it = (processes: readonly string[]) =>
      assignRoles(stack({ it: BUILD }), [{ name: 'it', port: 80 }], {
        ...NO_EVIDENCE,
        containers: [container('it', 1, { processes })],
      })['it']?.role;
    expect(it(['tini', 'redis-server'])).toBe('data');
    // A healthcheck may run just then.
    expect(it(['redis-server', 'sh', 'redis-cli', 'curl'])).toBe('data');
    expect(it(['redis-cli'])).toBe('routed');
    expect(it(['runsvdir', 'postgres', 'puma'])).toBe('routed');
    expect(it(['node'])).toBe('routed');
  });

  it('knows a proxy by what was seen running in it, and a scheduler without a command by its name', () => {
    const text = JSON.stringify({
      name: 'shop',
      services: { edge: { ...BUILD, ...PORT }, 'celery-beat': BUILD, beatles: BUILD },
    });
    const roles = assignRoles(parseStack(text, '/srv/shop'), [], {
      ...NO_EVIDENCE,
      proxies: new Map([['edge', 'nginx']]),
    });
    expect(roles['edge']).toMatchObject({ role: 'proxy', reason: 'publishes ports, runs nginx' });
    expect(roles['celery-beat']?.role).toBe('singleton');
    expect(roles['beatles']?.role).toBe('worker');
  });

  it.each<[string, JsonObject, string]>([
    ['a database', { image: 'postgres:17' }, 'data'],
    ['a scheduler', { ...BUILD, command: ['celery', '-A', 'shop', 'beat'] }, 'singleton'],
    [
      'a loop with pauses',
      { ...BUILD, command: ['sh', '-c', 'while true; do ./tidy; sleep 60; done'] },
      'singleton',
    ],
    ['a worker', BUILD, 'routed'],
  ])('what a running proxy has loaded makes of %s no other than it is', (_, it, role) => {
    const named = [{ name: 'it', port: 80 }];
    expect(assignRoles(stack({ it }), named)['it']?.role).toBe(role);
    const committed = assignRoles(stack({ it }), named, { ...NO_EVIDENCE, committed: named });
    expect(committed['it']?.role).toBe(role === 'data' ? 'data' : 'routed');
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

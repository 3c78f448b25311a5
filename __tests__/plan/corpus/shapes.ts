import type { JsonObject } from '../../../src/plan/compose/json.js';

/** What must come of a change of a service alone: a candidate, stop then start, a run, or a refusal. */
export type Wanted = 'roll' | 'replace' | 'run' | 'refused';
/**
 * Its definition, its role, and what comes of a changed variable; `files`: its storage was looked into, and holds no
 * database.
 */
export type Shape = readonly [
  definition: JsonObject,
  role: string,
  wanted: Wanted,
  looked?: 'files',
];

export interface StackShape {
  readonly name: string;
  /** Where proxies send requests: `name:port`. */
  readonly upstreams: readonly string[];
  readonly services: Readonly<Record<string, Shape>>;
}

const ROOT = '/srv/shop';
const PORT: JsonObject = { ports: [{ target: 80, published: '80', protocol: 'tcp' }] };

/** `data:/var/lib/x`, `./dir:/x`, `/x` (anonymous), each with `:ro`. */
function mount(text: string): JsonObject {
  const [source = '', target, mode] = text.split(':');
  const read_only = mode === 'ro';
  if (target === undefined) return { type: 'volume', target: source };
  const type = /^[./]/.test(source) ? 'bind' : 'volume';
  return { type, source: source.replace(/^\./, ROOT), target, read_only };
}

function of(image: string, mounts: readonly string[] = [], other: JsonObject = {}): JsonObject {
  return { image, volumes: mounts.map(mount), ...other };
}

function build(
  context: string,
  mounts: readonly string[] = [],
  other: JsonObject = {},
): JsonObject {
  return { build: { context: `${ROOT}/${context}` }, volumes: mounts.map(mount), ...other };
}

const run = (line: string, other: JsonObject = {}): JsonObject => ({
  command: line.split(' '),
  ...other,
});
const after = (service: string): JsonObject => ({
  depends_on: { [service]: { condition: 'service_completed_successfully' } },
});

const nginx: Shape = [
  of('nginx:alpine', ['./nginx.conf:/etc/nginx/nginx.conf:ro'], PORT),
  'proxy',
  'refused',
];
const caddy: Shape = [of('caddy:2', ['caddy:/data'], PORT), 'proxy', 'refused'];
const data = (image: string, ...mounts: readonly string[]): Shape => [
  of(image, mounts),
  'data',
  'refused',
];
const postgres = data('postgres:16', 'db:/var/lib/postgresql/data');
const redis = data('redis:7', 'redis:/data');
const worker = (definition: JsonObject): Shape => [definition, 'worker', 'roll'];
const alone = (definition: JsonObject): Shape => [definition, 'worker', 'replace'];
const routed = (definition: JsonObject): Shape => [definition, 'routed', 'roll'];
const onlyOne = (definition: JsonObject): Shape => [definition, 'routed', 'refused'];
const direct = (definition: JsonObject): Shape => [definition, 'direct', 'refused'];
const scheduler = (definition: JsonObject): Shape => [definition, 'singleton', 'replace'];
const job = (definition: JsonObject): Shape => [definition, 'job', 'run'];

function stack(
  name: string,
  upstreams: readonly string[],
  services: Readonly<Record<string, Shape>>,
): StackShape {
  return { name, upstreams, services };
}

/** Shapes of well-known public stacks, as far as they decide a role or a change. */
export const STACKS: readonly StackShape[] = [
  stack('go service', ['backend:8000'], {
    proxy: nginx,
    backend: routed(build('backend')),
    db: postgres,
  }),
  stack('flask and mongo', ['backend:9090'], {
    web: nginx,
    backend: routed(build('flask', ['./flask:/src'])),
    mongo: data('mongo', 'mongo:/data/db'),
  }),
  stack('log search', [], {
    elasticsearch: [
      of('elasticsearch:8', ['es:/usr/share/elasticsearch/data'], PORT),
      'data',
      'refused',
    ],
    logstash: direct(
      of('logstash:8', [], { ...PORT, ...run('logstash -f /etc/logstash/logstash-nginx.config') }),
    ),
    kibana: direct(of('kibana:8', [], PORT)),
  }),
  stack('django template', ['django:5000', 'flower:5555'], {
    traefik: [build('traefik', ['acme:/etc/traefik/acme'], PORT), 'direct', 'refused'],
    django: routed(build('app', ['media:/app/media'])),
    postgres: [
      build('postgres', ['pg:/var/lib/postgresql/data', 'backups:/backups']),
      'data',
      'refused',
    ],
    redis,
    celeryworker: worker(build('app', [], run('/start-celeryworker'))),
    celerybeat: scheduler(build('app', [], run('/start-celerybeat'))),
  }),
  stack('error tracker', ['web:9000'], {
    nginx,
    web: routed(of('tracker/web', ['files:/data'])),
    worker: worker(of('tracker/web', ['files:/data'], run('run worker'))),
    taskscheduler: scheduler(of('tracker/web', ['files:/data'], run('run taskworker-scheduler'))),
    cleanup: scheduler(
      of(
        'tracker/cleanup',
        ['files:/data'],
        run('"0 0 * * * tracker cleanup"', { command: ['0 0 * * * tracker cleanup'] }),
      ),
    ),
    clickhouse: [
      build('clickhouse', [
        'ch:/var/lib/clickhouse',
        './config.xml:/etc/clickhouse-server/config.d/x.xml:ro',
      ]),
      'data',
      'refused',
    ],
    kafka: data('confluentinc/cp-kafka:7', 'kafka:/var/lib/kafka/data'),
    symbolicator: alone(of('tracker/symbolicator', ['symbols:/data'])),
    smtp: worker(of('registry.example.com/tianon/exim4', ['log:/var/log/exim4'])),
  }),
  stack('workflows behind caddy', ['n8n:5678'], {
    caddy,
    n8n: onlyOne(of('n8nio/n8n', ['n8n:/home/node/.n8n'])),
  }),
  stack('workflows with workers', ['n8n:5678'], {
    caddy,
    n8n: routed(of('n8nio/n8n', ['n8n:/home/node/.n8n'])),
    'n8n-worker': worker(of('n8nio/n8n', ['n8n:/home/node/.n8n'], run('worker'))),
    postgres,
    redis,
  }),
  stack('network inventory', [], {
    netbox: direct(of('netbox', ['media:/opt/media', 'scripts:/opt/scripts'], PORT)),
    worker: worker(
      of('netbox', ['media:/opt/media', 'scripts:/opt/scripts'], run('manage.py rqworker')),
    ),
    housekeeping: worker(of('netbox', ['media:/opt/media'], run('/opt/housekeeping.sh'))),
    postgres,
    valkey: data('valkey/valkey:8', 'valkey:/data'),
  }),
  stack('helpdesk', ['railsserver:3000'], {
    nginx: [
      of('helpdesk', ['storage:/opt/storage'], { ...PORT, ...run('nginx') }),
      'proxy',
      'refused',
    ],
    railsserver: routed(of('helpdesk', ['storage:/opt/storage'], run('railsserver'))),
    scheduler: scheduler(of('helpdesk', ['storage:/opt/storage'], run('background'))),
    init: job(of('helpdesk', ['storage:/opt/storage'], run('init', { restart: 'on-failure' }))),
    backup: worker(
      of('helpdesk', ['storage:/opt/storage:ro', 'backup:/var/tmp/helpdesk'], run('backup')),
    ),
    elasticsearch: data('bitnami/elasticsearch:8', 'es:/bitnami/elasticsearch/data'),
  }),
  stack('erp', ['backend:8000'], {
    frontend: [
      of('erp', ['sites:/sites'], { ...PORT, ...run('nginx-entrypoint.sh nginx') }),
      'proxy',
      'refused',
    ],
    configurator: job(of('erp', ['sites:/sites'], run('configure', { restart: 'on-failure' }))),
    backend: routed(of('erp', ['sites:/sites'], after('configurator'))),
    'queue-short': worker(of('erp', ['sites:/sites'], run('bench worker --queue short'))),
    scheduler: scheduler(of('erp', ['sites:/sites'], run('bench schedule'))),
    db: data('mariadb:11', 'db:/var/lib/mysql'),
  }),
  stack('mail', ['phpfpm:9002'], {
    nginx,
    'php-fpm': routed(
      of('mail/phpfpm', ['./data/web:/web', 'vmail:/vmail'], {
        networks: { default: { aliases: ['phpfpm'] } },
      }),
    ),
    dovecot: worker(of('mail/dovecot', ['vmail:/vmail'])),
    ofelia: scheduler(
      of(
        'mcuadros/ofelia:latest',
        ['/var/run/docker.sock:/var/run/docker.sock'],
        run('daemon --docker'),
      ),
    ),
    clamd: alone(of('mail/clamd', ['virus:/var/lib/clamav'])),
    acme: worker(of('mail/acme', ['./data/ssl:/ssl'])),
    web: worker(of('mail/web', ['./data/ssl:/ssl:ro'])),
    mysql: data('mariadb:10.11', 'mysql:/var/lib/mysql'),
  }),
  stack('cloud files', ['app:9000'], {
    web: [build('web', ['files:/var/www/html:ro'], PORT), 'direct', 'refused'],
    app: routed(of('nextcloud:fpm', ['files:/var/www/html'])),
    cron: scheduler(of('nextcloud:fpm', ['files:/var/www/html'], { entrypoint: ['/cron.sh'] })),
    db: data('mariadb:lts', 'db:/var/lib/mysql'),
  }),
  stack('web statistics', ['app:9000'], {
    web: nginx,
    app: [of('matomo:fpm', ['site:/var/www/html']), 'routed', 'roll', 'files'],
    sync: worker(of('acme/sync', ['site:/var/www/html:ro'])),
    db: data('mariadb', 'db:/var/lib/mysql'),
  }),
  stack('what siblings only read', ['site:3000'], {
    web: [
      of('nginx:alpine', ['files:/srv:ro', './n.conf:/etc/nginx/nginx.conf:ro'], PORT),
      'proxy',
      'refused',
    ],
    site: onlyOne(of('wiki', ['wiki:/wiki'])),
    feeds: alone(of('feeds', ['files:/var/lib/feeds'])),
    archive: worker(of('archiver', ['wiki:/source:ro', 'files:/more:ro'])),
    search: alone(of('indexer', [], { volumes_from: ['holder'] })),
    holder: job(of('busybox', ['index:/index'])),
    after: worker(of('reports', [], after('holder'))),
  }),
  stack('fitness', ['web:8000'], {
    nginx,
    web: routed(of('wger', ['static:/home/wger/static', 'media:/home/wger/media'])),
    celery_worker: worker(of('wger', ['media:/home/wger/media'], run('/start-worker'))),
    celery_beat: scheduler(of('wger', ['beat:/home/wger/beat'], run('/start-beat'))),
    cache: redis,
  }),
  stack('traces of models', [], {
    web: direct(of('langfuse', [], PORT)),
    worker: worker(of('langfuse-worker')),
    clickhouse: data('clickhouse/clickhouse-server', 'ch:/var/lib/clickhouse'),
    minio: data('cgr.dev/chainguard/minio', 'minio:/data'),
  }),
  stack('planning', ['web:3000', 'api:8000'], {
    proxy: caddy,
    web: routed(of('plane-web')),
    api: routed(of('plane-backend', ['logs_api:/code/plane/logs'])),
    worker: worker(of('plane-backend', ['logs_worker:/code/plane/logs'], run('./worker.sh'))),
    'beat-worker': scheduler(of('plane-backend', ['logs_beat:/code/plane/logs'], run('./beat.sh'))),
    migrator: job(
      of(
        'plane-backend',
        ['logs_migrator:/code/plane/logs'],
        run('./migrator.sh', { restart: 'on-failure' }),
      ),
    ),
    mq: data('rabbitmq:3', 'mq:/var/lib/rabbitmq'),
  }),
  stack('paper archive', ['webserver:8000'], {
    caddy,
    webserver: onlyOne(
      of('paperless', ['store:/usr/src/paperless/data', 'media:/usr/src/paperless/media']),
    ),
    tika: worker(of('apache/tika')),
    gotenberg: worker(of('gotenberg/gotenberg:8', [], run('gotenberg --chromium'))),
    broker: redis,
  }),
  stack('design', ['backend:6060'], {
    frontend: [of('penpot/frontend', ['assets:/opt/data/assets'], PORT), 'direct', 'refused'],
    backend: routed(of('penpot/backend', ['assets:/opt/data/assets'])),
    exporter: worker(of('penpot/exporter')),
    postgres,
  }),
  stack('blog', ['ghost:2368'], {
    caddy,
    ghost: onlyOne(of('ghost:5', ['./data/ghost:/var/lib/ghost/content'])),
    db: data('mysql:8', './data/mysql:/var/lib/mysql'),
  }),
  stack('backend platform', ['studio:3000'], {
    caddy,
    studio: routed(of('studio')),
    db: data('supabase/postgres:15', './volumes/db/data:/var/lib/postgresql/data'),
    storage: worker(of('storage-api', ['./volumes/storage:/var/lib/storage'])),
    imgproxy: worker(of('imgproxy', ['./volumes/storage:/var/lib/storage:ro'])),
  }),
  stack('dashboards of queries', ['server:5000'], {
    nginx: [of('redash/nginx', [], PORT), 'proxy', 'refused'],
    server: routed(of('redash/redash', [], run('server'))),
    scheduler: scheduler(of('redash/redash', [], run('scheduler'))),
    worker: worker(of('redash/redash', [], run('worker'))),
    postgres: data(
      'pgautoupgrade/pgautoupgrade:15',
      '/opt/redash/postgres-data:/var/lib/postgresql/data',
    ),
    redis: data('redis:7'),
  }),
  stack('forum', ['lemmy:8536', 'lemmy-ui:1234'], {
    proxy: nginx,
    lemmy: routed(of('lemmy', ['./lemmy.hjson:/config/config.hjson:ro'])),
    'lemmy-ui': routed(of('lemmy-ui')),
    pictrs: data('asonix/pictrs:0.5', './volumes/pictrs:/mnt'),
    postgres: data(
      'pgautoupgrade/pgautoupgrade:16-alpine',
      './volumes/postgres:/var/lib/postgresql/data',
    ),
  }),
  stack('agile projects', ['taiga-back:8000'], {
    gateway: nginx,
    'taiga-back': routed(of('taiga-back', ['media:/taiga/media'])),
    'taiga-async': worker(
      of('taiga-back', ['media:/taiga/media'], { entrypoint: ['/taiga/async_entrypoint.sh'] }),
    ),
    db: postgres,
  }),
  stack('answers', ['api_server:8080'], {
    nginx,
    api_server: routed(build('backend', [], run('sh -c alembic upgrade head && uvicorn main:app'))),
    background: worker(build('backend', [], run('/usr/bin/supervisord -c /etc/supervisord.conf'))),
    model: worker(of('models', ['cache:/root/.cache/huggingface'])),
    index: data('vespaengine/vespa:8', 'vespa:/opt/vespa/var'),
  }),
  stack('chat', ['mattermost:8065'], {
    nginx,
    mattermost: onlyOne(
      of('mattermost', ['./volumes/config:/mattermost/config', './volumes/files:/mattermost/data']),
    ),
    postgres: data('postgres:16', './volumes/db:/var/lib/postgresql/data'),
  }),
  stack('recipes', [], {
    web: direct(of('tandoor', ['static:/opt/static', './media:/opt/media'], PORT)),
    db: data('postgres:16', './postgresql:/var/lib/postgresql/data'),
  }),
  stack('devices', ['core:8080'], {
    haproxy: [of('haproxy:2', [], PORT), 'proxy', 'refused'],
    core: routed(of('tb-node', ['log_core:/var/log/thingsboard'])),
    'rule-engine': worker(of('tb-node', ['log_rule:/var/log/thingsboard'])),
    zookeeper: data('zookeeper:3.8'),
    kafka: data('bitnami/kafka:3', 'kafka:/bitnami/kafka'),
    cassandra: data('cassandra:5', 'c:/var/lib/cassandra'),
  }),
  stack('observability', [], {
    'init-clickhouse': job(
      of('clickhouse/clickhouse-server', ['./scripts:/scripts'], {
        command: ['bash', '-c', 'wget x'],
        restart: 'on-failure',
      }),
    ),
    clickhouse: [
      of('clickhouse/clickhouse-server', ['ch:/var/lib/clickhouse'], after('init-clickhouse')),
      'data',
      'refused',
    ],
    signoz: direct(of('signoz', ['sqlite:/var/lib/signoz'], PORT)),
    collector: worker(of('collector')),
    'schema-migrator': job(of('migrator', [], run('sync --dsn tcp', { restart: 'on-failure' }))),
  }),
  stack('social network', ['web:3000', 'streaming:4000'], {
    nginx,
    web: routed(of('mastodon', ['./public/system:/mastodon/public/system'], run('puma'))),
    streaming: routed(of('mastodon-streaming')),
    sidekiq: worker(of('mastodon', ['./public/system:/mastodon/public/system'], run('sidekiq'))),
    db: data('postgres:14', './postgres14:/var/lib/postgresql/data'),
  }),
  stack('identity', [], {
    server: direct(of('authentik', ['./media:/media'], { ...PORT, ...run('server') })),
    worker: worker(of('authentik', ['./media:/media', './certs:/certs'], run('worker'))),
    postgresql: postgres,
  }),
  stack('support chat', [], {
    rails: direct(of('chatwoot', ['storage:/app/storage'], PORT)),
    sidekiq: worker(of('chatwoot', ['storage:/app/storage'], run('bundle exec sidekiq'))),
    base: worker(of('chatwoot', ['storage:/app/storage'])),
    postgres: data('pgvector/pgvector:pg16', 'pg:/var/lib/postgresql/data'),
  }),
  stack('photos', ['immich-server:2283'], {
    caddy,
    'immich-server': routed(of('immich-server', ['./library:/usr/src/app/upload'])),
    'machine-learning': worker(of('immich-ml', ['models:/cache'])),
    database: data('ghcr.io/immich-app/postgres:14-vectorchord', './pg:/var/lib/postgresql/data'),
  }),
  stack('backend functions', ['app:80'], {
    proxy: [of('traefik:2', [], PORT), 'proxy', 'refused'],
    app: routed(of('appwrite', ['uploads:/storage/uploads', 'cache:/storage/cache'])),
    'worker-deletes': worker(of('appwrite', ['uploads:/storage/uploads'], run('worker-deletes'))),
    'task-scheduler-functions': scheduler(of('appwrite', [], run('schedule-functions'))),
    executor: worker(of('executor', ['uploads:/storage/uploads'])),
  }),
  stack('meetings', [], {
    web: direct(of('jitsi/web', ['/root/.jitsi/web:/config'], PORT)),
    prosody: alone(of('jitsi/prosody', ['/root/.jitsi/prosody/config:/config'])),
    jicofo: alone(of('jitsi/jicofo', ['/root/.jitsi/jicofo:/config'])),
  }),
  stack('votes', [], {
    vote: direct(build('vote', ['./vote:/usr/local/app'], PORT)),
    worker: worker(build('worker')),
    db: data('postgres:15-alpine', 'db:/var/lib/postgresql/data'),
    redis: data('redis:alpine'),
  }),
  stack('rails example', ['web:8000'], {
    nginx,
    web: routed(build('app', ['./app:/app', './app/public:/app/public'])),
    js: worker(build('app', ['./app:/app', '/app/node_modules'], run('yarn build --watch'))),
    migrate: job(build('app', [], run('bin/rails db:migrate'))),
    postgres,
  }),
  stack('crash reports', ['webapp:8000'], {
    nginx,
    webapp: routed(build('app', ['./app:/app'])),
    crontabber: scheduler(build('app', ['./app:/app'], run('./bin/run_service.sh crontabber'))),
    processor: worker(build('app', ['./app:/app'], run('./bin/run_service.sh processor'))),
  }),
  stack('product statistics', ['web:8000'], {
    caddy,
    web: routed(of('posthog')),
    worker: scheduler(of('posthog', [], run('./bin/docker-worker-celery --with-scheduler'))),
    zookeeper: data('zookeeper:3.7'),
  }),
  stack('workflow engine', [], {
    temporal: direct(of('temporal/auto-setup', [], PORT)),
    elasticsearch: data('elasticsearch:7', 'es:/var/lib/elasticsearch/data'),
    'create-buckets': job(
      of('minio/mc', [], { command: ['sh', '-c', 'mc mb store/x'], restart: 'no' }),
    ),
  }),
  stack('metrics', [], {
    prometheus: [of('prom/prometheus', ['prom:/prometheus'], PORT), 'data', 'refused'],
    'nginx-exporter': direct(
      of('nginx/nginx-prometheus-exporter', [], {
        ...PORT,
        ...run('--nginx.scrape-uri=http://nginx:8080/status'),
      }),
    ),
    grafana: direct(of('grafana/grafana', ['grafana:/var/lib/grafana'], PORT)),
  }),
  stack('wiki', ['outline:3000'], {
    https: [of('steveltn/https-portal', [], PORT), 'direct', 'refused'],
    outline: onlyOne(of('outline', ['files:/var/lib/outline/data'])),
    postgres,
  }),
  stack('password vault', ['vault:80'], {
    caddy,
    vault: onlyOne(of('vaultwarden/server', ['./vw-data:/data'])),
  }),
];

import { laidOver, replacing, type StackDefinition, together } from './stack.js';

/** The name under which visitors come; Django answers 400 to one that it does not know. */
const host = 'reseeall.com';

/** The example: the whole stack of a real site. */
export const resee: StackDefinition = {
  name: 'resee',
  repository: 'org/Resee-project',
  source: new URL('../../examples/resee/', import.meta.url),
  // The load comes from one address, and is not to be limited as a visitor is.
  adjusted: {
    file: 'nginx/nginx.conf',
    from: '    127.0.0.0/8 1;\n',
    to: '    127.0.0.0/8 1;\n    198.18.0.0/15 1;\n',
  },
  before: together(
    laidOver(new URL('../fixtures/seed-stack/', import.meta.url)),
    // The development server has a thread a connection, and each would keep one to Postgres. So there is a new one for
    // each request, and a busy machine takes its time for it.
    replacing(
      'backend/resee/settings/production.py',
      /"CONN_MAX_AGE": 60(?<between>[^}]*"connect_timeout": )3/,
      '"CONN_MAX_AGE": 0$<between>20',
    ),
  ),
  placed: {
    '.env': `SECRET_KEY=a-key-for-tests-only-and-long-enough-to-pass-every-check
DB_PASSWORD=a-password-for-tests
ALLOWED_HOSTS=${host}
CSRF_TRUSTED_ORIGINS=https://${host}
`,
  },
  services: {
    backend: 1,
    frontend: 1,
    nginx: 1,
    postgres: 1,
    redis: 1,
    celery: 1,
    'celery-beat': 1,
  },
  proxy: 'nginx',
  backend: 'backend',
  kept: ['nginx', 'postgres', 'redis'],
  inputs: { 'pre-deploy': 'backend: python manage.py migrate --noinput' },
  paths: {
    get: { method: 'GET', path: '/api/reviews/due/', headers: { host }, contains: 'reviews' },
    post: {
      method: 'POST',
      path: '/api/cards/',
      headers: { host, 'content-type': 'application/json' },
      body: '{"front":"question {n}","back":"answer {n}"}',
      status: 201,
      contains: 'question',
    },
    slow: { method: 'GET', path: '/api/export/?pace=2', headers: { host } },
    page: { method: 'GET', path: '/', headers: { host }, contains: '<meta name="release"' },
  },
  release: { kind: 'json', field: 'release' },
  tellRelease: { method: 'GET', path: '/api/health/', headers: { host } },
  changes: {
    backend: (release) =>
      replacing('backend/resee/__init__.py', /__version__ = ".*"/, `__version__ = "${release}"`),
    frontend: (release) =>
      replacing('frontend/src/release.ts', /release = '.*'/, `release = '${release}'`),
    buildFails: replacing(
      'backend/Dockerfile',
      'EXPOSE 8000',
      'RUN python -c "import no_such_module"\nEXPOSE 8000',
    ),
    neverReady: replacing('backend/gunicorn.conf.py', '0.0.0.0:8000', '0.0.0.0:8001'),
    lastWords: /Listening at: http:\/\/0\.0\.0\.0:8001/,
    failsBehindProxy: replacing(
      'backend/resee/health.py',
      'return JsonResponse(body, status=503 if failed else 200)',
      'return JsonResponse(body, status=500 if "X-Real-IP" in request.headers else 200)',
    ),
    migrationFails: () =>
      Promise.resolve({ 'backend/reviews/migrations/0100_broken.py': BROKEN_MIGRATION }),
    proxyConfig: replacing(
      'nginx/nginx.conf',
      'client_max_body_size 5m',
      'client_max_body_size 6m',
    ),
    proxyConfigBroken: replacing('nginx/nginx.conf', 'sendfile on;', 'send_file on;'),
    backendFile: 'backend/resee/__init__.py',
    idleFile: 'docker-compose.test.yml',
  },
};

const BROKEN_MIGRATION = `from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("reviews", "0002_schedule")]
    operations = [migrations.RunSQL("SELECT no_such_column FROM reviews_card")]
`;

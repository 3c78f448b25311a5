import { replacing, type StackDefinition } from './stack.js';

/** The smallest stack with something of each kind; boots in well under a second. */
export const tiny: StackDefinition = {
  name: 'tiny',
  repository: 'org/tiny',
  source: new URL('./tiny/', import.meta.url),
  before: () => Promise.resolve({}),
  placed: { '.env': 'GREETING=hello\n' },
  services: { api: 1, worker: 1, proxy: 1, store: 1 },
  proxy: 'proxy',
  backend: 'api',
  kept: ['proxy', 'store'],
  inputs: {
    'health-url': 'http://localhost/health',
    'pre-deploy': 'api: python migrate.py',
    // Each deploy waits so long for the streams that are held, then ends them.
    'drain-timeout': '4s',
  },
  paths: {
    get: { method: 'GET', path: '/' },
    post: {
      method: 'POST',
      path: '/echo',
      headers: { 'content-type': 'application/json' },
      body: '{"number":{n}}',
      contains: 'number',
    },
    slow: { method: 'GET', path: '/slow?s=2' },
    events: { method: 'GET', path: '/events' },
    websocket: { method: 'GET', path: '/ws' },
    heldMs: 4_000,
  },
  release: { kind: 'json', field: 'release' },
  tellRelease: { method: 'GET', path: '/health' },
  changes: {
    backend: (release) => () => Promise.resolve({ 'api/RELEASE': `${release}\n` }),
    frontend: undefined,
    buildFails: replacing('api/Dockerfile', 'USER nobody', 'RUN python -c "import no_such_module"'),
    neverReady: replacing('api/server.py', '("", 3000)', '("", 3001)'),
    lastWords: /serves on port 3000/,
    failsBehindProxy: replacing(
      'api/server.py',
      'elif url.path in',
      'elif url.path == "/health" and self.headers["x-real-ip"]:\n' +
        '            self.answer(500, {"release": RELEASE})\n        elif url.path in',
    ),
    migrationFails: replacing(
      'api/migrate.py',
      'print("migrated", flush=True)',
      'raise SystemExit("no_such_column")',
    ),
    proxyConfig: replacing(
      'nginx/nginx.conf',
      'access_log off;',
      'access_log off;\n    client_max_body_size 6m;',
    ),
    proxyConfigBroken: replacing('nginx/nginx.conf', 'access_log off;', 'send_file on;'),
    backendFile: 'api/RELEASE',
    idleFile: 'README.md',
  },
};

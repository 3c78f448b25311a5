import { app, releaseIn } from './small.js';
import { replacing, type Stack } from './stack.js';

/** Caddy in front, which resolves a name at each connection. */
export const caddy: Stack = {
  ...app,
  name: 'caddy',
  repository: 'org/caddy_site',
  source: new URL('./caddy/', import.meta.url),
  app: 'server',
  placed: {},
  closesIdle: true,
  services: { caddy: 1, server: 1, jobs: 1 },
  kept: ['caddy'],
  inputs: { 'health-url': 'http://localhost/api/health' },
  paths: { ...app.paths, page: { method: 'GET', path: '/api/page' } },
  changes: { backend: releaseIn('server') },
  tellsHeader: {
    change: replacing('Caddyfile', 'x-edge one', 'x-edge two'),
    name: 'x-edge',
    value: 'two',
  },
};

import { app, releaseIn } from './small.js';
import { replacing, type Stack, together } from './stack.js';

/** Containers that cannot write but to a volume, without root and capabilities; a directory of nginx files. */
export const readonly: Stack = {
  ...app,
  name: 'readonly',
  repository: 'org/readonly',
  project: 'hardened',
  source: new URL('./readonly/', import.meta.url),
  app: 'api',
  placed: {},
  services: { gate: 1, api: 1 },
  kept: ['gate'],
  inputs: { 'health-url': 'http://localhost/api/status' },
  paths: {
    get: { ...app.paths.get, path: '/api/' },
    post: { ...app.paths.post, path: '/api/echo' },
    slow: { ...app.paths.slow, path: '/api/slow?s=2' },
  },
  tellRelease: { method: 'GET', path: '/api/status' },
  changes: { backend: releaseIn('api') },
  tellsHeader: {
    // A file that nginx includes, and a new one beside it.
    change: together(replacing('nginx/conf.d/site.conf', 'headers.inc', 'headers.d/*.inc'), () =>
      Promise.resolve({
        'nginx/conf.d/headers.inc': null,
        'nginx/conf.d/headers.d/edge.inc': 'add_header x-edge two always;\n',
      }),
    ),
    name: 'x-edge',
    value: 'two',
  },
};

import { app, releaseIn } from './small.js';
import { replacing, type Stack, together } from './stack.js';

/** A Caddyfile in parts, for several domains; pages that a service copies into a volume before it ends. */
export const sites: Stack = {
  ...app,
  name: 'sites',
  onlyNamed: true,
  repository: 'org/sites',
  source: new URL('./sites/', import.meta.url),
  app: 'app',
  placed: {},
  closesIdle: true,
  services: { caddy: 1, next: 1, api: 2 },
  jobs: ['frontend'],
  kept: ['caddy'],
  inputs: { 'health-url': 'http://localhost/api/health' },
  paths: {
    ...app.paths,
    post: { ...app.paths.post, path: '/api/echo' },
    page: { method: 'GET', path: '/pages/', contains: 'Pages' },
  },
  changes: {
    backend: (release) =>
      together(releaseIn('app')(release), () =>
        Promise.resolve({ 'front/index.html': `<h1>Pages ${release}</h1>\n` }),
      ),
  },
  broken: together(replacing('app/server.py', '("::", PORT)', '("::", PORT + 1)'), () =>
    Promise.resolve({ 'front/index.html': '<h1>Pages of the broken release</h1>\n' }),
  ),
  tellsHeader: {
    change: replacing('caddy/Caddyfile', 'x-edge one', 'x-edge two'),
    name: 'x-edge',
    value: 'two',
  },
};

import { app, releaseIn } from './small.js';
import type { Stack } from './stack.js';

/** No port is open to the outside: connectors dial out to an edge, one for nginx and one for the app itself. */
export const tunnel: Stack = {
  ...app,
  name: 'tunnel',
  repository: 'org/tunnel-site',
  source: new URL('./tunnel/', import.meta.url),
  app: 'api',
  placed: {},
  services: { tunnel: 1, shortcut: 1, proxy: 1, api: 1 },
  kept: ['tunnel', 'shortcut', 'proxy'],
  inputs: { 'health-url': 'http://localhost/' },
  changes: { backend: releaseIn('api') },
  dialsOut: true,
};

import { app, releaseIn } from './small.js';
import { replacing, type Stack } from './stack.js';

/** Two nginx in a row, a network with IPv6, event streams through both. */
export const gateway: Stack = {
  ...app,
  name: 'gateway',
  repository: 'org/gateway',
  source: new URL('./gateway/', import.meta.url),
  app: 'api',
  placed: {},
  services: { gateway: 1, frontend: 1, api: 1 },
  kept: ['gateway'],
  inputs: { 'health-url': 'http://localhost/' },
  paths: {
    ...app.paths,
    page: { method: 'GET', path: '/page', contains: 'Gateway' },
    events: { method: 'GET', path: '/events' },
  },
  changes: { backend: releaseIn('api') },
  tellsHeader: {
    change: replacing('gateway/gateway.conf', 'x-edge one', 'x-edge two'),
    name: 'x-edge',
    value: 'two',
  },
};

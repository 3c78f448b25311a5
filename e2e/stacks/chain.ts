import { app, releaseIn } from './small.js';
import { replacing, type Stack } from './stack.js';

/** Proxies of two kinds in a row; an app that nothing tells to stop; a `.env` as Windows writes it. */
export const chain: Stack = {
  ...app,
  name: 'chain',
  onlyNamed: true,
  repository: 'org/chain',
  source: new URL('./chain/', import.meta.url),
  app: 'api',
  placed: { '.env': 'GREETING=\'it is\'\r\nPORT=8000\r\nPRICE="5 $$"\r\n' },
  closesIdle: true,
  services: { edge: 1, router: 1, api: 1, files: 1 },
  kept: ['edge', 'router'],
  inputs: { 'health-url': 'http://localhost/api/health' },
  changes: { backend: releaseIn('api') },
  tellsHeader: {
    change: replacing('edge/default.conf', 'x-edge one', 'x-edge two'),
    name: 'x-edge',
    value: 'two',
  },
};

import { app, releaseIn } from './small.js';
import { replacing, type Stack } from './stack.js';

/** A frontend that calls its backend by name for each page; no proxy names the backend, which boots for 5 s. */
export const ssr: Stack = {
  ...app,
  name: 'ssr',
  repository: 'org/ssr',
  source: new URL('./ssr/', import.meta.url),
  app: 'backend',
  placed: {},
  services: { edge: 1, web: 1, backend: 1 },
  kept: ['edge'],
  inputs: { 'health-url': 'http://localhost/' },
  changes: { backend: releaseIn('backend') },
  tellsHeader: {
    change: replacing('edge/default.conf', 'x-edge one', 'x-edge two'),
    name: 'x-edge',
    value: 'two',
  },
};

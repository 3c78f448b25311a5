import { app, releaseIn } from './small.js';
import type { Stack } from './stack.js';

/** What only the image of the worker holds. */
export const WORKER_RELEASE = 'worker/RELEASE';

/** No proxy: the app holds the host's port, and cannot be replaced without a gap. */
export const direct: Stack = {
  ...app,
  name: 'direct',
  repository: 'org/direct',
  source: new URL('./direct/', import.meta.url),
  app: 'app',
  port: 3000,
  placed: {},
  services: { app: 1, worker: 1 },
  kept: [],
  inputs: { 'health-url': 'http://localhost:3000/' },
  changes: { backend: releaseIn('app') },
  hasGap: true,
};

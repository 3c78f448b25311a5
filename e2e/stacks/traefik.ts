import { app, releaseIn } from './small.js';
import type { Stack } from './stack.js';

/** Traefik with the Docker provider; the healthcheck fails on request. */
export const traefik: Stack = {
  ...app,
  name: 'traefik',
  repository: 'org/traefik-site',
  source: new URL('./traefik/', import.meta.url),
  app: 'whoami',
  placed: {},
  services: { traefik: 1, whoami: 1 },
  kept: ['traefik'],
  inputs: { 'health-url': 'http://localhost/' },
  changes: { backend: releaseIn('whoami') },
};

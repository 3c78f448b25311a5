import { app, releaseIn } from './small.js';
import { replacing, type Stack, together } from './stack.js';

/** A web app, a streaming server of Node, a queue, a database; nginx sends to both by what was asked for. */
export const social: Stack = {
  ...app,
  name: 'social',
  onlyNamed: true,
  repository: 'org/social',
  source: new URL('./social/', import.meta.url),
  app: 'web',
  placed: { '.env.production': 'PORT=3000\nSECRET="two words"\n' },
  services: { db: 1, redis: 1, web: 1, streaming: 1, sidekiq: 1, nginx: 1 },
  kept: ['db', 'redis', 'nginx'],
  inputs: { 'health-url': 'http://localhost/health', 'drain-timeout': '4s' },
  paths: {
    ...app.paths,
    events: { method: 'GET', path: '/api/v1/streaming/public' },
    websocket: { method: 'GET', path: '/api/v1/streaming/socket' },
    heldMs: 4_000,
  },
  changes: {
    backend: (release) => together(releaseIn('web')(release), releaseIn('streaming')(release)),
  },
  broken: replacing('streaming/index.mjs', 'server.listen(4000)', 'server.listen(4001)'),
  tellsHeader: {
    change: replacing('nginx/nginx.conf', 'x-edge one', 'x-edge two'),
    name: 'x-edge',
    value: 'two',
  },
};

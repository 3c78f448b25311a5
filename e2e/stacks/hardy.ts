import { app, releaseIn } from './small.js';
import { replacing, type Stack } from './stack.js';

/** Replicas that go one by one, another signal, other loggers, no healthcheck, nothing that may be written to. */
export const hardy: Stack = {
  ...app,
  name: 'hardy',
  onlyNamed: true,
  repository: 'org/hardy',
  source: new URL('./hardy/', import.meta.url),
  app: 'app',
  placed: {},
  services: { lb: 1, app: 3, worker: 2, db: 1 },
  kept: ['lb', 'db'],
  inputs: { 'health-url': 'http://localhost/' },
  changes: { backend: releaseIn('app') },
  broken: replacing('app/server.py', 'server = Server', 'raise SystemExit("no"); server = Server'),
  tellsHeader: {
    change: replacing('nginx/nginx.conf', 'x-edge one', 'x-edge two'),
    name: 'x-edge',
    value: 'two',
  },
};

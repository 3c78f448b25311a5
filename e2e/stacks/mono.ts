import { app, releaseIn } from './small.js';
import { replacing, type Stack, together } from './stack.js';

/** Everything in one repository: the Compose file in a directory, what it builds and mounts beside that. */
export const mono: Stack = {
  ...app,
  name: 'mono',
  onlyNamed: true,
  repository: 'acme/Mono.Repo',
  project: 'acme',
  source: new URL('./mono/', import.meta.url),
  app: 'services/api',
  placed: { 'deploy/.env': 'NGINX_VERSION=alpine\nTAG=prod\nCOMPOSE_PROJECT_NAME=acme\n' },
  composeOptions: '-f deploy/docker-compose.prod.yml',
  services: { web: 1, api: 1, jobs: 1 },
  kept: ['web'],
  inputs: {
    'compose-files': 'deploy/docker-compose.prod.yml',
    'health-url': 'http://localhost/',
  },
  changes: {
    backend: (release) =>
      together(releaseIn('services/api')(release), () =>
        Promise.resolve({ 'packages/shared/version.txt': `${release}\n` }),
      ),
  },
  broken: replacing('services/api/server.py', '("::", PORT)', '("::", PORT + 1)'),
  tellsHeader: {
    change: replacing('deploy/nginx/default.conf', 'x-edge one', 'x-edge two'),
    name: 'x-edge',
    value: 'two',
  },
};

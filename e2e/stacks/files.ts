import { app, releaseIn } from './small.js';
import { replacing, type Stack } from './stack.js';

/** Several Compose files in a directory of their own, profiles, a job, secrets, tagged images. */
export const files: Stack = {
  ...app,
  name: 'files',
  repository: 'org/files',
  project: 'files-prod',
  source: new URL('./files/', import.meta.url),
  app: 'app',
  port: 8090,
  placed: {
    'deploy/.env': 'TAG=stable\nPUBLIC_PORT=8090\n',
    'deploy/secrets/password.txt': 'for tests only\n',
  },
  composeOptions:
    '-f deploy/compose.yml -f deploy/compose.prod.yml -p files-prod --profile production',
  jobs: ['migrate'],
  services: { proxy: 1, app: 1, 'worker.mail': 1, scheduler: 1 },
  kept: ['proxy'],
  inputs: {
    'compose-files': 'deploy/compose.yml, deploy/compose.prod.yml',
    'project-name': 'files-prod',
    profiles: 'production',
    'health-url': 'http://localhost:8090/',
  },
  changes: { backend: releaseIn('app') },
  tellsHeader: {
    change: replacing('nginx/default.conf', 'x-edge one', 'x-edge two'),
    name: 'x-edge',
    value: 'two',
  },
};

import { app, releaseIn } from './small.js';
import { replacing, type Stack } from './stack.js';

/** One stack out of many files: include, extends, `!override`, configs and secrets that are no files. */
export const layered: Stack = {
  ...app,
  name: 'layered',
  onlyNamed: true,
  repository: 'org/layered',
  project: 'layered-prod',
  source: new URL('./layered/', import.meta.url),
  app: 'app',
  placed: {
    '.env':
      'STAGE=prod\nAPI_KEY=k1\nCOMPOSE_FILE=docker-compose.yml:docker-compose.prod.yml\nCOMPOSE_PROFILES=\n',
    'cert.pem': 'for tests only\n',
  },
  services: { gateway: 1, web: 1, mailer: 1, redis: 1 },
  kept: ['gateway', 'redis'],
  inputs: { 'health-url': 'http://localhost/' },
  changes: { backend: releaseIn('app') },
  broken: replacing('docker-compose.prod.yml', 'memory: 96M', 'memory: 6M'),
  tellsHeader: {
    change: replacing('nginx/default.conf', 'x-edge one', 'x-edge two'),
    name: 'x-edge',
    value: 'two',
  },
};

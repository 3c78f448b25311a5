import { app } from './small.js';
import { replacing, type Stack } from './stack.js';

/** FastCGI, and the sources mounted into proxy, app, queue and scheduler alike; a migration comes first. */
export const fastcgi: Stack = {
  ...app,
  name: 'fastcgi',
  onlyNamed: true,
  repository: 'org/fastcgi',
  source: new URL('./fastcgi/', import.meta.url),
  placed: { '.env': 'APP_KEY=base64:abc=\nWWWUSER=1001\n' },
  services: { nginx: 1, app: 1, queue: 1, schedule: 1, redis: 1 },
  jobs: ['migrate'],
  kept: ['nginx', 'redis'],
  inputs: { 'health-url': 'http://localhost/' },
  paths: {
    ...app.paths,
    slow: { method: 'GET', path: '/slow?s=2' },
  },
  changes: { backend: (release) => () => Promise.resolve({ RELEASE: `${release}\n` }) },
  broken: replacing('docker/app/fpm.py', '("", 9000)', '("", 9001)'),
  readmeReplaces: true,
  tellsHeader: {
    change: replacing('docker/nginx/app.conf', 'x-edge one', 'x-edge two'),
    name: 'x-edge',
    value: 'two',
  },
};

import { ask } from '../harness/shell.js';
import { app, releaseIn } from './small.js';
import { replacing, type Stack } from './stack.js';

/** Two nginx in a row, the first of another Compose project, over a network that neither of them owns. */
export const behind: Stack = {
  ...app,
  name: 'behind',
  repository: 'org/behind',
  source: new URL('./behind/', import.meta.url),
  app: 'app',
  placed: {},
  services: { nginx: 1, app: 1 },
  beside: ['outer'],
  kept: ['nginx'],
  inputs: { 'health-url': 'http://localhost/' },
  changes: { backend: releaseIn('app') },
  broken: replacing('app/server.py', '("::", PORT)', '("::", PORT + 1)'),
  arrange: async (host) => {
    await ask(host, OUTER);
  },
  tellsHeader: {
    change: replacing('nginx/default.conf.template', 'x-edge one', 'x-edge two'),
    name: 'x-edge',
    value: 'two',
  },
};

/** It knows names that nobody has yet only while it runs. */
const OUTER = `
docker network inspect proxy >/dev/null 2>&1 || docker network create proxy >/dev/null
mkdir -p ~/outer && cd ~/outer
cat >default.conf <<'END'
server {
    listen 80 default_server;
    location / {
        proxy_pass http://shop;
        proxy_set_header Host $host;
    }
}
END
cat >compose.yaml <<'END'
services:
  outer:
    image: nginx:alpine
    restart: always
    ports: ['80:80']
    volumes: ['./default.conf:/etc/nginx/conf.d/default.conf:ro']
    networks: [proxy]
networks:
  proxy:
    external: true
END
docker compose up -d
`;

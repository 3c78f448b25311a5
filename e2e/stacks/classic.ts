import { ask } from '../harness/shell.js';
import { app } from './small.js';
import { replacing, type Stack } from './stack.js';

/** As people wrote it years ago: fixed addresses, links, names, what lies outside of the project, UDP. */
export const classic: Stack = {
  ...app,
  name: 'classic',
  onlyNamed: true,
  repository: 'org/classic',
  source: new URL('./classic/', import.meta.url),
  app: '.',
  placed: {},
  services: { web: 1, app: 1, media: 1, worker: 1, syslog: 1, agent: 1, db: 1 },
  kept: ['web', 'media', 'syslog', 'agent', 'db'],
  inputs: { 'health-url': 'http://localhost/' },
  changes: { backend: (release) => () => Promise.resolve({ RELEASE: `${release}\n` }) },
  broken: replacing('server.py', '("::", PORT)', '("::", PORT + 1)'),
  readmeReplaces: true,
  arrange: async (host) => {
    await ask(
      host,
      'docker volume create company-data && docker network inspect company_public >/dev/null 2>&1 || docker network create company_public',
    );
  },
  tellsHeader: {
    change: replacing('conf/default.conf', 'x-edge one', 'x-edge two'),
    name: 'x-edge',
    value: 'two',
  },
};

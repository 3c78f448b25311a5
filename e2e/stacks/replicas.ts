import { app, releaseIn } from './small.js';
import { replacing, type Stack } from './stack.js';

/** Two replicas that the entrance names by an alias, networks of their own, another port. */
export const replicas: Stack = {
  ...app,
  name: 'replicas',
  // Compose makes a project's name of a directory's: lower case, and only some characters.
  repository: 'Org/Shop.Web_App',
  project: 'shopweb_app',
  source: new URL('./replicas/', import.meta.url),
  app: 'web',
  port: 8080,
  placed: {},
  services: { edge: 1, web: 2, cache: 1 },
  kept: ['edge', 'cache'],
  inputs: { 'health-url': 'http://localhost:8080/up' },
  changes: { backend: releaseIn('web') },
  tellsHeader: {
    change: replacing('edge/default.conf', 'x-edge one', 'x-edge two'),
    name: 'x-edge',
    value: 'two',
  },
};

import type { ReleaseSource, RequestSpec, UsualPaths } from '../load/spec.js';
import type { Change } from './stack.js';

/** What the app in app/ answers, and how its release changes. */
export const app: {
  readonly paths: UsualPaths;
  readonly release: ReleaseSource;
  readonly tellRelease: RequestSpec;
} = {
  paths: {
    get: { method: 'GET', path: '/' },
    post: {
      method: 'POST',
      path: '/echo',
      headers: { 'content-type': 'application/json' },
      body: '{"number":{n}}',
      contains: 'number',
    },
    slow: { method: 'GET', path: '/slow?s=2' },
  },
  release: { kind: 'json', field: 'release' },
  tellRelease: { method: 'GET', path: '/' },
};

/** The app in `directory` is another release from now on. */
export function releaseIn(directory: string): (release: string) => Change {
  return (release) => () => Promise.resolve({ [`${directory}/RELEASE`]: `${release}\n` });
}

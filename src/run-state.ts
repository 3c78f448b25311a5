import { randomBytes } from 'node:crypto';
import type { GithubContext } from './gate/github-context.js';

/** State that `main` leaves for `post`: the lease that it took. */
export const STATE_FENCE = 'fence';
/** State that `main` leaves for `post`: it looks at the host, and may leave something there. */
export const STATE_LOOKED = 'looked';
/** State that `main` leaves for `post`: it came to an end by itself. */
export const STATE_SETTLED = 'settled';
/** State that `main` leaves for `post`: the commit, which a runner cannot always tell again. */
export const STATE_SHA = 'sha';
/** State that `main` leaves for `post`: its name on the host. */
export const STATE_RUN = 'run';

/** A name on the host for this run alone: jobs of one workflow run may deploy the same stack. */
export function newRunName({ runId, runAttempt }: GithubContext): string {
  const id = runId.replace(/[^A-Za-z0-9]/g, '');
  const own = randomBytes(4).toString('hex');
  return `run-${id === '' ? 'local' : id}-${String(runAttempt)}-${own}`;
}

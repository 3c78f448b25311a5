import type { GithubContext } from './gate/github-context.js';

/** State that `main` leaves for `post`: the lease that it took. */
export const STATE_FENCE = 'fence';
/** State that `main` leaves for `post`: it came to an end by itself. */
export const STATE_SETTLED = 'settled';

/** State that `main` leaves for `post`: the commit, which a runner cannot always tell again. */
export const STATE_SHA = 'sha';

/** This run's name on the host. */
export function runName({ runId, runAttempt }: GithubContext): string {
  const id = runId.replace(/[^A-Za-z0-9]/g, '');
  return `run-${id === '' ? 'local' : id}-${String(runAttempt)}`;
}

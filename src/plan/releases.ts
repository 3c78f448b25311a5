import { canonical } from './compose/json.js';
import type { Observation, ReleasedWorkflow, ReleaseRecord } from './observation.js';
import type { Plan } from './plan.js';
import { changesNothing } from './planner.js';

type Identity = Pick<ReleaseRecord, 'sha' | 'workflow'>;

/** True where both are of one commit, and were given the same: going from one to the other changes nothing. */
export function isSameRelease(one: Identity, other: Identity): boolean {
  return one.sha === other.sha && given(one) === given(other);
}

function given({ workflow }: Identity): string {
  return canonical({ variables: workflow?.variables ?? {}, envFile: workflow?.envFile });
}

/**
 * True where there is nothing to do: the release of the commit, given the same, runs already. What changes no
 * container is a release of its own all the same where it was given something else.
 */
export function isRunning(
  plan: Plan,
  { live, commit, releases }: Observation,
  workflow: ReleasedWorkflow,
): boolean {
  const last = releases.at(-1);
  return (
    changesNothing(plan) &&
    live.head === commit.sha &&
    last !== undefined &&
    isSameRelease(last, { sha: commit.sha, workflow })
  );
}

import { RefusedError } from '../errors.js';
import { isGated } from '../inputs/operations.js';
import type { Inputs } from '../inputs/types.js';
import type { Log } from '../log.js';
import type { GithubContext } from './github-context.js';
import { judgeNeeds } from './needs.js';
import { judgeOutputs } from './outputs.js';
import { isPlannedPullRequest, judgeTrigger } from './trigger.js';
import { passed, together, type Refusal, type Verdict } from './verdict.js';

/**
 * All that can be judged of a run before anything is connected. `deploy` and `plan` bring a commit
 * and pass the whole gate; `plan` may also be for a pull request. `rollback` and `unlock` change the host and must come from the branch, but
 * ask for no tests: a release has passed them before, and red tests are when one is wanted back.
 * `status` only looks.
 */
export function judgeRun(
  inputs: Pick<Inputs, 'operation' | 'source' | 'gate'>,
  github: GithubContext,
): Verdict {
  if (inputs.operation === 'status') return passed();
  const trigger = judgeTrigger(github, inputs.source, inputs.operation);
  if (!isGated(inputs.operation)) return trigger;
  const { needs, requireOutputs } = inputs.gate;
  return together([trigger, judgeNeeds(needs), judgeOutputs(needs, requireOutputs)]);
}

/**
 * Tells what was looked at, and lets a run through or stops it.
 * @throws RefusedError with every reason at once.
 */
export function openGate(
  inputs: Pick<Inputs, 'operation' | 'source' | 'gate'>,
  github: GithubContext,
  log: Log,
): void {
  const verdict = judgeRun(inputs, github);
  for (const line of verdict.passed) log.info(`✓ ${line}`);
  for (const refusal of verdict.refusals) log.info(`✗ ${refusal.what}`);
  for (const warning of verdict.warnings) log.warn(warning);
  if (verdict.refusals.length > 0) throw gateClosed(verdict.refusals);
}

/** What the host fetches: the branch, or, where a pull request is planned, what it would be when merged. */
export function fetchedRef(
  { operation, source }: Pick<Inputs, 'operation' | 'source'>,
  github: GithubContext,
): string {
  return isPlannedPullRequest(github, operation) ? github.ref : source.ref;
}

function gateClosed(refusals: readonly Refusal[]): RefusedError {
  const [first, ...others] = refusals;
  if (first !== undefined && others.length === 0) {
    return new RefusedError({
      what: `The gate is closed. ${first.what}`,
      next: `${first.next} The host is untouched.`,
    });
  }
  const next = [...new Set(refusals.map((refusal) => refusal.next))];
  return new RefusedError({
    what: [
      `The gate is closed, for ${String(refusals.length)} reasons:`,
      ...refusals.map((refusal) => `  • ${refusal.what}`),
    ].join('\n'),
    next: [...next.map((line) => `  → ${line}`), 'The host is untouched.'].join('\n'),
  });
}

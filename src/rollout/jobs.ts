import { quote } from '../host/quote.js';
import type { Operation, Plan } from '../plan/plan.js';
import type { RolloutContext } from './context.js';

export type RunJob = Extract<Operation, { kind: 'run-job' }>;

/** So long a job may take at least that is run again. */
const JOB_MS = 5 * 60_000;

/** The undo of this job and of those before it: one entry of the journal, so that they run in their order. */
export function runsAgain(
  { observation, compose, inputs }: Pick<RolloutContext, 'observation' | 'compose' | 'inputs'>,
  { operations }: Pick<Plan, 'operations'>,
  until: RunJob,
): string {
  const { live, wanted } = observation;
  const seconds = String(Math.ceil(Math.max(inputs.readyTimeoutMs, JOB_MS) / 1000));
  const before = operations.slice(0, operations.indexOf(until) + 1);
  return before
    .flatMap((each) => (each.kind === 'run-job' && each.again ? each.service : []))
    .map((service) =>
      ['run_job_again', seconds, live.path, compose, wanted.project, service].map(quote).join(' '),
    )
    .join('\n');
}

import { DeployError } from '../errors.js';
import type { Operation } from '../plan/plan.js';
import type { ServicePlan } from '../plan/service-plan.js';
import { candidatesOf, type RolloutContext } from './context.js';

const BETWEEN_LOOKS_MS = 1_000;

/** What serves, and may end, as lines `service id`: a job has done its work when it has exited. */
export function candidateLines(
  context: RolloutContext,
  services: readonly Pick<ServicePlan, 'service' | 'role'>[],
): string {
  const jobs = new Set(services.filter(({ role }) => role === 'job').map(({ service }) => service));
  return candidatesOf(context)
    .filter(({ service }) => !jobs.has(service))
    .map(({ service, id }) => `${service} ${id}\n`)
    .join('');
}

/** Incumbents that the release does without by now: where it fails they are needed at once. */
export function stoppedBy(operation: Operation): readonly string[] {
  return operation.kind === 'stop-incumbents' && operation.retiring ? operation.ids : [];
}

/**
 * Does what may take long, and looks at the candidates every second meanwhile. That one has ended says more than
 * what it did to requests, so where the work fails, they are looked at once more.
 *
 * @param candidates as `candidateLines` gives them
 * @throws StepError where a candidate has ended; whatever `work` throws otherwise
 */
export async function whileAlive(
  { transaction, clock }: RolloutContext,
  candidates: string,
  work: () => Promise<void>,
): Promise<void> {
  const look = async (): Promise<void> => {
    const variables = { CANDIDATES: candidates };
    await transaction.step({ name: 'look', script: 'require_alive "$CANDIDATES"', variables });
  };
  const over = new AbortController();
  const working = work().finally(() => {
    over.abort();
  });
  const looking = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(BETWEEN_LOOKS_MS, over.signal).catch((error: unknown) => {
        if (!over.signal.aborted) throw error;
      });
      if (over.signal.aborted) return;
      await look();
    }
  };
  try {
    await Promise.all([working, looking()]);
  } catch (error) {
    if (error instanceof DeployError) await look();
    throw error;
  }
}

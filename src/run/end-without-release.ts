import { withHealthTarget, type DeployDeps } from './transact.js';
import { tellChanges } from './edge.js';
import { RefusedError } from '../errors.js';
import { describeAnswer } from '../health/check.js';
import { warnOfDoubt } from '../health/doubt.js';
import { openEntrance } from '../health/entrance.js';
import type { Inputs } from '../inputs.js';
import type { Observation } from '../plan/observation.js';

/** Nothing is to be done on the host. What was wanted of the edge may not have been done the last time. */
export async function endWithoutRelease(
  inputs: Inputs,
  observation: Observation,
  deps: DeployDeps,
): Promise<void> {
  const { edge, progress, signal } = deps;
  if (inputs.operation !== 'plan') {
    if (progress.facts.result === 'unchanged') await edge?.configure(signal);
    return;
  }
  await tryHealth(withHealthTarget(inputs, observation), deps);
  tellChanges(edge, inputs, observation);
  await edge?.foresee(signal);
}

/** What a deploy would be told of its health check. */
async function tryHealth(inputs: Inputs, { connection, clock, log }: DeployDeps): Promise<void> {
  try {
    const entrance = await openEntrance(connection, inputs.health, { clock, log });
    log.info(`${inputs.health.url.href} answers now: ${describeAnswer(entrance.first)}`);
    await warnOfDoubt(entrance, entrance.first, inputs, log);
    await entrance.close();
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    log.warn(error.message);
  }
}

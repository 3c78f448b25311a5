import type { Batch } from './batches.js';
import { pointCallers } from './callers.js';
import { drainedBy, planCutovers, withHolds, type Cutover, type Moment } from './cutovers.js';
import type { Observation } from '../observation.js';
import type { Operation } from '../plan.js';
import type { ServicePlan } from '../service-plan.js';
import { starts } from './starts.js';
import { stops } from './stops.js';

/** A batch that is not the last, and its cutovers. */
interface EarlyBatch {
  readonly batch: Batch;
  readonly later: readonly Batch[];
  readonly cutovers: readonly Cutover[];
}

interface Takeovers {
  readonly early: readonly EarlyBatch[];
  /** Those of the last batch, and of all that has no incumbents. */
  readonly cutovers: readonly Cutover[];
}

/** How new requests come to all that is new, batch by batch. */
export function takeovers(
  observation: Observation,
  services: readonly ServicePlan[],
  batches: readonly Batch[],
  last: Omit<Moment, 'batch'>,
): Takeovers {
  const own = batches
    .slice(0, -1)
    .map((batch) => planCutovers(observation, services, { batch, renewed: [], files: undefined }));
  const cutovers = planCutovers(observation, services, { batch: batches.at(-1) ?? [], ...last });
  const early = batches.slice(0, -1).map((batch, index) => ({
    batch,
    later: batches.slice(index + 1),
    cutovers: withHolds(own[index] ?? [], [...own.slice(index + 1).flat(), ...cutovers]),
  }));
  return { early, cutovers };
}

/** The incumbents of such a batch stop, so that the next one finds room. */
export function takeOver(
  observation: Observation,
  services: readonly ServicePlan[],
  { batch, later, cutovers }: EarlyBatch,
  started: readonly ServicePlan[],
): readonly Operation[] {
  return [
    ...starts(observation, [], batch),
    ...pointCallers(observation, services, { batch, started }, later),
    ...cutovers,
    ...(cutovers.length === 0 ? [] : [{ kind: 'check-health' } as const]),
    ...stops(observation, batch, { drained: drainedBy(cutovers), cutovers }),
  ];
}

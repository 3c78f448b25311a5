import type { Batch } from './batches.js';
import { drainedBy, keptConnected, type Cutover } from './cutovers.js';
import type { Observation } from '../observation.js';
import { servicesOf, type DrainedProxy, type Operation } from '../plan.js';
import type { ServicePlan } from '../service-plan.js';
import { namesOf } from '../roles/roles.js';
import { upstreamsOf } from '../roles/evidence.js';

/**
 * What is watched before the point of no return: first the incumbents stand by, so that a release that is
 * bad is gone in a moment; then they are stopped, and it must do without them.
 */
export function watched(retiring: Stop | undefined): readonly Operation[] {
  if (retiring === undefined) return [{ kind: 'check-health' }, { kind: 'soak', part: 'whole' }];
  return [
    { kind: 'check-health' },
    { kind: 'soak', part: 'beside' },
    retiring,
    { kind: 'check-health' },
    { kind: 'soak', part: 'alone' },
  ];
}

/** The incumbents that still run when the release is watched; undefined where there are none. */
export function retirement(
  observation: Observation,
  {
    last,
    cutovers,
    acting,
  }: { last: Batch; cutovers: readonly Cutover[]; acting: readonly ServicePlan[] },
): Stop | undefined {
  const routed = new Set(cutovers.flatMap(servicesOf));
  const connected = keptConnected(cutovers);
  const [stop] = stops(
    observation,
    last.filter(({ plan }) => routed.has(plan.service) && !connected.has(plan.service)),
    { drained: drainedBy(cutovers), cutovers },
  );
  const removed = acting.filter(
    ({ action, incumbents }) => action === 'remove' && incumbents.length > 0,
  );
  if (stop === undefined && removed.length === 0) return undefined;
  return {
    ...(stop ?? { ...NOTHING_STOPS, drained: drainedBy(cutovers) }),
    services: [...(stop?.services ?? []), ...removed.map(({ service }) => service)],
    ids: [...(stop?.ids ?? []), ...removed.flatMap(({ incumbents }) => incumbents)],
    retiring: true,
  };
}

/** Services that the commit removes, and that have what new containers want: they stop before these start. */
export function earlyStops(removed: readonly ServicePlan[]): readonly Stop[] {
  const ids = removed.flatMap(({ incumbents }) => incumbents);
  if (ids.length === 0) return [];
  return [{ ...NOTHING_STOPS, services: removed.map(({ service }) => service), ids }];
}

/** Incumbents that a proxy stays connected to: once the candidates are seen to answer, they go. */
export function connectedStops(
  observation: Observation,
  batch: Batch,
  cutovers: readonly Cutover[],
): readonly Operation[] {
  const connected = keptConnected(cutovers);
  const stopping = stops(
    observation,
    batch.filter(({ plan }) => connected.has(plan.service)),
    { drained: [], cutovers },
  );
  return stopping.length === 0 ? [] : [{ kind: 'check-health' }, ...stopping];
}

/** Where no proxy can be told about it, a routed service changes like a worker. */
export function withoutCutover(batch: Batch, cutovers: readonly Cutover[]): Batch {
  const routed = new Set(cutovers.flatMap(servicesOf));
  return batch.filter(({ plan }) => !routed.has(plan.service));
}

/**
 * What changes while the incumbents of a batch finish what they hold: the candidates are there by now, and
 * nothing of it waits for their end but the cutover.
 */
export function besideStops(
  observation: Observation,
  batch: Batch,
  operations: readonly Operation[],
): readonly Operation[] {
  const leaving = stops(observation, batch, { drained: [], cutovers: [] });
  if (operations.length === 0) return leaving;
  return [
    ...leaving.map((stop) => ({ ...stop, aside: true })),
    ...operations,
    ...leaving.map(({ services }) => ({ kind: 'await-incumbents', services }) as const),
  ];
}

type Stop = Extract<Operation, { kind: 'stop-incumbents' }>;

const NOTHING_STOPS: Stop = {
  kind: 'stop-incumbents',
  services: [],
  ids: [],
  drained: [],
  serving: [],
  aside: false,
  retiring: false,
};

/** @param cutovers those that have moved requests away from them */
export function stops(
  observation: Observation,
  batch: Batch,
  { drained, cutovers }: { drained: readonly DrainedProxy[]; cutovers: readonly Cutover[] },
): readonly Stop[] {
  const leaving = batch.filter((portion) => portion.leaving.length > 0);
  if (leaving.length === 0) return [];
  const of = (kind: Cutover['kind']): ReadonlySet<string> =>
    new Set(cutovers.filter((cutover) => cutover.kind === kind).flatMap(servicesOf));
  const [pinned, withdrawn] = [of('cutover'), of('withdraw')];
  const ports = portsOf(observation);
  return [
    {
      ...NOTHING_STOPS,
      services: leaving.map(({ plan }) => plan.service),
      ids: leaving.flatMap((portion) => portion.leaving),
      drained,
      serving: leaving
        // One that has withdrawn is ready only when it is admitted again.
        .filter(({ plan: { service } }) => pinned.has(service) && !withdrawn.has(service))
        .flatMap(({ plan: { service }, leaving: ids }) =>
          ids.map((id) => ({ id, port: ports(service) })),
        ),
    },
  ];
}

/** The port that a proxy uses of a service, by its name. */
export function portsOf(observation: Observation): (service: string) => number | undefined {
  const ports = new Map(upstreamsOf(observation).map(({ name, port }) => [name, port] as const));
  return (service) =>
    namesOf(observation.wanted.services[service])
      .map((name) => ports.get(name))
      .find((port) => port !== undefined);
}

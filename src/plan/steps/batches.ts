import type { Observation } from '../observation.js';
import type { ServicePlan } from '../service-plan.js';

/** Part of a service's roll: so many candidates start, then these incumbents are not needed any more. */
export interface Portion {
  readonly plan: ServicePlan;
  readonly candidates: number;
  /** So many candidates of the service have started before. */
  readonly after: number;
  /** Ids of the incumbents that still serve when it begins. */
  readonly incumbents: readonly string[];
  /** Those among them that go when its candidates have taken over. */
  readonly leaving: readonly string[];
}

/** Portions that go together: all candidates start, are ready, and take over at once. */
export type Batch = readonly Portion[];

export interface Batches {
  /** In order; the last one ends with the soak, its incumbents stand by until then. */
  readonly batches: readonly Batch[];
  /** Why not all at once, for the plan; undefined where they do. */
  readonly why: string | undefined;
}

/** Of the memory that is free now: what grows meanwhile needs some as well. */
const USABLE = 0.9;

/**
 * All services of a release take over at once, so that no old frontend meets a new API. Two things
 * speak against it: `update_config.parallelism`, which allows so many candidates of a service at a
 * time, and memory that does not hold all candidates beside their incumbents: then one service after
 * the other, workers first.
 */
export function planBatches(observation: Observation, rolled: readonly ServicePlan[]): Batches {
  const needed = rolled.reduce((sum, plan) => sum + memoryKb(observation, plan), 0);
  const { memoryAvailableKb, swapFreeKb } = observation.host;
  const free = (memoryAvailableKb + swapFreeKb) * USABLE;
  const isTight = rolled.length > 1 && needed > free;
  const split = rolled.map((plan) => portions(observation, plan));
  if (isTight) {
    return {
      batches: [...split]
        .sort((one, other) => rank(one) - rank(other))
        .flatMap((parts) => parts.map((portion) => [portion])),
      why: `one service after the other: all candidates together need about ${mebibytes(needed)}, and ${mebibytes(free)} are free`,
    };
  }
  const together = split.flatMap((parts) => parts.slice(-1));
  const before = split.flatMap((parts) => parts.slice(0, -1).map((portion) => [portion]));
  const inParts = split.flatMap((parts) =>
    parts.length > 1 ? (parts[0]?.plan.service ?? []) : [],
  );
  return {
    batches: together.length === 0 ? [] : [...before, together],
    why:
      before.length === 0
        ? undefined
        : `${inParts.join(', ')} in parts: deploy.update_config.parallelism`,
  };
}

/** Workers change before any cutover. */
function rank([portion]: readonly Portion[]): number {
  return portion?.plan.role === 'routed' ? 1 : 0;
}

function portions({ wanted }: Observation, plan: ServicePlan): readonly Portion[] {
  const { replicas, incumbents } = plan;
  const size = Math.min(replicas, wanted.services[plan.service]?.parallelism ?? replicas);
  const parts: Portion[] = [];
  let serving = incumbents;
  for (let started = 0; started < replicas; started += size) {
    const candidates = Math.min(size, replicas - started);
    const isLast = started + candidates === replicas;
    const leaving = isLast ? serving : serving.slice(0, candidates);
    parts.push({ plan, candidates, after: started, incumbents: serving, leaving });
    serving = serving.filter((id) => !leaving.includes(id));
  }
  return parts;
}

/** What the candidates of a service will need: as much as the incumbents use that they start beside. */
function memoryKb({ containers, wanted }: Observation, plan: ServicePlan): number {
  const used = containers
    .filter(({ id }) => plan.incumbents.includes(id))
    .map((container) => container.memoryKb ?? 0);
  const each = used.length === 0 ? 0 : Math.max(...used);
  return (
    each * Math.min(plan.replicas, wanted.services[plan.service]?.parallelism ?? plan.replicas)
  );
}

/** Of services that have incumbents, the one whose candidates need the most memory. */
export function largestCandidateKb(
  { containers }: Observation,
  services: readonly string[],
): { readonly service: string; readonly kb: number } | undefined {
  const used = containers
    .filter(({ running, oneOff, service }) => running && !oneOff && services.includes(service))
    .map(({ service, memoryKb: kb = 0 }) => ({ service, kb }));
  return used.sort((one, other) => other.kb - one.kb)[0];
}

function mebibytes(kb: number): string {
  return `${String(Math.round(kb / 1024))} MiB`;
}

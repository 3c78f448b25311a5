import type { Clock } from './clock.js';
import type { ProbeSummary } from './health/probe.js';
import type { Log } from './log.js';
import type { Observation } from './plan/observation.js';
import { servicesOf, type Operation, type Plan } from './plan/plan.js';
import type { Phase, Result, ServiceOutcome } from './report/outcome.js';
import type { Made } from './rollout/context.js';

/** What is known of a run so far; what its report is written from, however it ends. */
export interface Progress {
  phase<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** A phase that is an operation of the plan: it counts for the services that it names. */
  operation<T>(operation: Operation, name: string, work: () => Promise<T>): Promise<T>;
  observed(observation: Observation): void;
  planned(plan: Plan): void;
  executed(plan: Plan, made: Made): void;
  leased(fence: string): void;
  probed(summary: ProbeSummary): void;
  end(result: Result): void;
  readonly known: Readonly<Known>;
}

export interface Known {
  phases: Phase[];
  plan: Plan | undefined;
  /** The commit that is brought; undefined before it was looked up. */
  sha: string | undefined;
  previousSha: string | undefined;
  services: Record<string, ServiceOutcome>;
  probe: ProbeSummary | undefined;
  /** Set from the moment that the host may have been changed. */
  fence: string | undefined;
  result: Result | undefined;
}

export function createProgress(clock: Clock, log: Log, onLease: (fence: string) => void): Progress {
  const startedAt = clock.now();
  const known: Known = {
    phases: [],
    plan: undefined,
    sha: undefined,
    previousSha: undefined,
    services: {},
    probe: undefined,
    fence: undefined,
    result: undefined,
  };
  const secondsOf = new Map<string, number>();
  const timed = <T>(
    name: string,
    work: () => Promise<T>,
    services: readonly string[],
  ): Promise<T> =>
    log.group(name, async () => {
      const from = clock.now();
      try {
        return await work();
      } finally {
        const durationMs = clock.now() - from;
        known.phases.push({ name, startMs: from - startedAt, durationMs });
        for (const service of services) {
          secondsOf.set(service, (secondsOf.get(service) ?? 0) + durationMs / 1000);
        }
      }
    });
  return {
    known,
    phase: (name, work) => timed(name, work, []),
    operation: (operation, name, work) => timed(name, work, servicesOf(operation)),
    observed: ({ releases, live, commit }) => {
      known.sha = commit.sha;
      known.previousSha = releases.at(-1)?.sha ?? live.head;
    },
    planned: (plan) => {
      known.plan = plan;
      known.services = outcomes(plan, undefined, secondsOf);
    },
    executed: (plan, made) => {
      known.plan = plan;
      known.services = outcomes(plan, made, secondsOf);
    },
    leased: (fence) => {
      known.fence = fence;
      onLease(fence);
    },
    probed: (summary) => {
      known.probe = summary;
    },
    end: (result) => {
      known.result = result;
    },
  };
}

function outcomes(
  plan: Plan,
  made: Made | undefined,
  secondsOf: ReadonlyMap<string, number>,
): Record<string, ServiceOutcome> {
  return Object.fromEntries(
    plan.services.map(({ service, role, action, oldImageId }) => [
      service,
      {
        role,
        action,
        oldImage: oldImageId,
        newImage: made?.candidates.get(service)?.[0]?.imageId ?? oldImageId,
        seconds: Math.round((secondsOf.get(service) ?? 0) * 10) / 10,
      },
    ]),
  );
}

import type { Clock } from './clock.js';
import type { ProbeSummary } from './health/probe.js';
import type { Log } from './log.js';
import type { Observation } from './plan/observation.js';
import type { Plan } from './plan/plan.js';
import type { Phase, Result, ServiceOutcome } from './report/outcome.js';
import type { Made } from './rollout/context.js';

/** What is known of a run so far; what its report is written from, however it ends. */
export interface Progress {
  phase<T>(name: string, work: () => Promise<T>): Promise<T>;
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
  return {
    known,
    phase: (name, work) =>
      log.group(name, async () => {
        const from = clock.now();
        try {
          return await work();
        } finally {
          const durationMs = clock.now() - from;
          known.phases.push({ name, startMs: from - startedAt, durationMs });
        }
      }),
    observed: ({ releases, live, commit }) => {
      known.sha = commit.sha;
      known.previousSha = releases.at(-1)?.sha ?? live.head;
    },
    planned: (plan) => {
      known.plan = plan;
      known.services = outcomes(plan, undefined);
    },
    executed: (plan, made) => {
      known.plan = plan;
      known.services = outcomes(plan, made);
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

function outcomes(plan: Plan, made: Made | undefined): Record<string, ServiceOutcome> {
  return Object.fromEntries(
    plan.services.map(({ service, role, action, oldImageId }) => [
      service,
      {
        role,
        action,
        oldImage: oldImageId,
        newImage: made?.candidates.get(service)?.[0]?.imageId ?? oldImageId,
        seconds: 0,
      },
    ]),
  );
}

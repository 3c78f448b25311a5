import type { Clock } from '../clock.js';
import type { EdgeNote } from '../edge/note.js';
import type { Availability } from '../health/measurement.js';
import type { Traffic, UnreadLog } from '../health/traffic.js';
import type { Shipment } from '../images/shipment.js';
import type { Log } from '../log.js';
import type { Measuring } from './measure.js';
import type { Observation } from '../plan/observation.js';
import { servicesOf, type Operation, type Plan } from '../plan/plan.js';
import type { Phase, Result, ServiceOutcome } from '../report/outcome.js';
import type { RolloutResults } from '../rollout/context.js';

/** What is known of a run so far; what its report is written from, however it ends. */
export interface Progress {
  phase<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** A phase that is an operation of the plan: it counts for the services that it names. */
  operation<T>(operation: Operation, name: string, work: () => Promise<T>): Promise<T>;
  observed(observation: Observation): void;
  planned(plan: Plan): void;
  executed(plan: Plan, results: RolloutResults): void;
  leased(fence: string): void;
  /** What visitors got during the soak, as far as an access log tells. */
  counted(results: RolloutResults): void;
  /** Availability is measured from now on, until `measured` ends it. */
  measuring(measuring: Measuring): void;
  /** After the last change, be it the undoing of one. */
  measured(): Promise<void>;
  /** What `operation: status` has to say. */
  described(status: readonly string[]): void;
  /** Something about what stands before the site. */
  noted(note: EdgeNote): void;
  end(result: Result): void;
  readonly facts: Readonly<RunFacts>;
}

export interface RunFacts {
  phases: Phase[];
  plan: Plan | undefined;
  /** The commit that is brought; undefined before it was looked up. */
  sha: string | undefined;
  previousSha: string | undefined;
  services: Record<string, ServiceOutcome>;
  availability: Availability | undefined;
  traffic: Traffic | undefined;
  unreadLogs: readonly UnreadLog[];
  heldConnections: number;
  shipment: Shipment | undefined;
  edge: EdgeNote[];
  status: readonly string[];
  /** Set from the moment that the host may have been changed. */
  fence: string | undefined;
  /** True from the moment that something of the old release may not be as it was: all before is beside it. */
  leftOld: boolean;
  result: Result | undefined;
}

function noFacts(): RunFacts {
  return {
    phases: [],
    plan: undefined,
    sha: undefined,
    previousSha: undefined,
    services: {},
    availability: undefined,
    traffic: undefined,
    unreadLogs: [],
    heldConnections: 0,
    shipment: undefined,
    edge: [],
    status: [],
    fence: undefined,
    leftOld: false,
    result: undefined,
  };
}

const LEAVES_OLD: ReadonlySet<Operation['kind']> = new Set([
  'stop-incumbents',
  'update-services',
  'replace',
  'cutover',
  'withdraw',
]);

export function createProgress(clock: Clock, log: Log, onLease: (fence: string) => void): Progress {
  const startedAt = clock.now();
  const facts = noFacts();
  const secondsOf = new Map<string, number>();
  const timed = <T>(
    name: string,
    work: () => Promise<T>,
    services: readonly string[],
  ): Promise<T> =>
    log.group(name, async () => {
      const from = clock.now();
      let failed = true;
      try {
        const value = await work();
        failed = false;
        return value;
      } finally {
        const durationMs = clock.now() - from;
        facts.phases.push({ name, startMs: from - startedAt, durationMs, failed });
        for (const service of services) {
          secondsOf.set(service, (secondsOf.get(service) ?? 0) + durationMs / 1000);
        }
      }
    });
  return {
    facts,
    phase: (name, work) => timed(name, work, []),
    operation: (operation, name, work) => {
      facts.leftOld ||= LEAVES_OLD.has(operation.kind);
      return timed(name, work, servicesOf(operation));
    },
    observed: ({ releases, live, commit }) => {
      facts.sha = commit.sha;
      facts.previousSha = releases.at(-1)?.sha ?? live.head;
    },
    planned: (plan) => {
      facts.plan = plan;
      facts.services = outcomes(plan, undefined, secondsOf);
    },
    executed: (plan, results) => {
      facts.plan = plan;
      facts.services = outcomes(plan, results, secondsOf);
      facts.heldConnections = results.heldConnections;
      facts.shipment = results.shipment;
    },
    counted: ({ traffic, unreadLogs = [] }) => void Object.assign(facts, { traffic, unreadLogs }),
    leased: (fence) => {
      facts.fence = fence;
      onLease(fence);
    },
    described: describedIn(facts),
    noted: notesIn(facts, log),
    ...availabilityOf(facts, log),
    end: (result) => {
      facts.result = result;
    },
  };
}

function describedIn(facts: RunFacts): Progress['described'] {
  return (lines) => {
    facts.status = lines;
  };
}

function notesIn(facts: RunFacts, log: Log): Progress['noted'] {
  return (note) => {
    facts.edge.push(note);
    if (note.kind === 'warning') log.warn(note.text);
    else log.info(note.text);
  };
}

function availabilityOf(facts: RunFacts, log: Log): Pick<Progress, 'measuring' | 'measured'> {
  let measuring: Measuring | undefined;
  return {
    measuring: (started) => {
      measuring = started;
    },
    measured: async () => {
      if (measuring === undefined) return;
      facts.availability = await measuring.stop();
      measuring = undefined;
      tellOfPublic(facts, log);
    },
  };
}

/**
 * What failed at the public address alone, on a run that went well: a hint at the network between, a CDN
 * or DNS, which the release does not answer for. A failed run has its one annotation already.
 */
function tellOfPublic({ availability, result }: Readonly<RunFacts>, log: Log): void {
  const seen = availability?.public;
  if (seen === undefined) return;
  if (seen.kind === 'unmeasured') {
    log.info(`availability was not measured at ${seen.address}: ${seen.why}`);
    return;
  }
  const { sent, failed, failures } = seen.summary;
  const kinds = Object.entries(failures).map(([kind, times]) => `${kind}: ${String(times)}`);
  const line = `${String(failed)} of ${String(sent)} requests to ${seen.address} failed`;
  if (failed === 0) log.info(line);
  else if (result === 'deployed' || result === 'unchanged') {
    log.warn(`${line} during the deploy (${kinds.join(', ')}); the summary tells more`);
  } else log.info(`${line} (${kinds.join(', ')})`);
}

function outcomes(
  plan: Plan,
  results: RolloutResults | undefined,
  secondsOf: ReadonlyMap<string, number>,
): Record<string, ServiceOutcome> {
  return Object.fromEntries(
    plan.services.map(({ service, role, action, oldImageId }) => [
      service,
      {
        role,
        action,
        oldImage: oldImageId,
        newImage: results?.candidates.get(service)?.[0]?.imageId ?? oldImageId,
        seconds: Math.round((secondsOf.get(service) ?? 0) * 10) / 10,
      },
    ]),
  );
}

import type { EdgeNote } from '../edge/note.js';
import type { DeployError } from '../errors.js';
import type { Availability } from '../health/measurement.js';
import type { ProbeSummary } from '../health/probe.js';
import type { Traffic, UnreadLog } from '../health/traffic.js';
import type { Shipment } from '../images/shipment.js';
import type { Plan } from '../plan/plan.js';

/** How a run ended; `output result` in action.yml. */
export type Result =
  | 'deployed'
  | 'unchanged'
  | 'rolled-back'
  | 'refused'
  | 'superseded'
  | 'planned'
  /** Failed, and the stack could not be proven whole again: a human is needed. */
  | 'failed';

/** All that is known of a run when it ends: outputs, summary and report are written from it. */
export interface Outcome {
  readonly result: Result;
  /** When the run began, ISO 8601 in UTC. */
  readonly startedAt: string;
  readonly sha: string;
  readonly previousSha: string | undefined;
  readonly plan: Plan | undefined;
  readonly services: Readonly<Record<string, ServiceOutcome>>;
  readonly phases: readonly Phase[];
  /** What was seen of the site meanwhile; undefined where the run ended before anybody looked. */
  readonly availability: Availability | undefined;
  /** What visitors got, before the cutover and since; undefined where no access log tells. */
  readonly traffic?: Traffic | undefined;
  /** Proxies whose access log was not read: of what visitors got there nothing is known. */
  readonly unreadLogs?: readonly UnreadLog[] | undefined;
  /** WebSockets and long requests that outlasted `drain-timeout`, and were ended with the incumbents. */
  readonly heldConnections: number;
  /** How the images came from the runner; undefined where none did. */
  readonly shipment?: Shipment | undefined;
  /** What was done at the edge, and what is wrong there. */
  readonly edge?: readonly EdgeNote[] | undefined;
  readonly durationMs: number;
  readonly url: string | undefined;
  readonly error: DeployError | undefined;
}

export interface ServiceOutcome {
  readonly role: string;
  readonly action: string;
  readonly oldImage: string | undefined;
  readonly newImage: string | undefined;
  readonly seconds: number;
}

export interface Phase {
  readonly name: string;
  /** Milliseconds since the run began. */
  readonly startMs: number;
  readonly durationMs: number;
  /** It ended with an error: what the run failed in. */
  readonly failed: boolean;
}

/** What the probe of the host's own entrance saw; the outputs are about it. */
export function entranceProbe({
  availability,
}: Pick<Outcome, 'availability'>): ProbeSummary | undefined {
  return availability?.entrance.kind === 'measured' ? availability.entrance.summary : undefined;
}

/** Phases by when they began: a phase inside another ends first, and is known first. */
export function inOrder(phases: readonly Phase[]): readonly Phase[] {
  return [...phases].sort(
    (one, other) => one.startMs - other.startMs || other.durationMs - one.durationMs,
  );
}

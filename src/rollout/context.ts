import type { Clock } from '../clock.js';
import type { RunnerImages } from '../images/runner.js';
import type { Shipment } from '../images/shipment.js';
import type { Log } from '../log.js';
import type { Entrance } from '../health/entrance.js';
import type { HttpAnswer } from '../health/http.js';
import type { Probe, ProbeMark } from '../health/probe.js';
import type { Traffic, UnreadLog } from '../health/traffic.js';
import type { Inputs } from '../inputs.js';
import type { Container, Observation } from '../plan/observation.js';
import type { PlanOptions } from '../plan/plan-options.js';
import type { Connection } from '../ssh/connect.js';
import type { Transaction } from './transaction.js';

/** What the steps of one rollout share. */
export interface RolloutContext {
  readonly transaction: Transaction;
  readonly observation: Observation;
  readonly inputs: Inputs;
  readonly planOptions: PlanOptions;
  /** Arguments of `docker compose` that choose files, project and profiles. */
  readonly compose: string;
  /** This run's name on the host. */
  readonly run: string;
  /** Of the lease, once it is there. */
  readonly fence: string;
  /** Asks the health endpoint once, as seen from the host. */
  readonly checkHealth: () => Promise<HttpAnswer>;
  /** The way to the health endpoint, and what it answered before the deploy. */
  readonly entrance?: Promise<Pick<Entrance, 'first' | 'checkAbsent'>>;
  readonly probe: Probe | undefined;
  /** Builds images on the runner; undefined where none is built there. */
  readonly runnerImages: RunnerImages | undefined;
  readonly upload: Connection['upload'];
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** What this run has brought so far. */
  readonly results: RolloutResults;
}

/** Grows while the rollout goes on. */
export interface RolloutResults {
  /** New containers, by service. */
  readonly candidates: Map<string, readonly Container[]>;
  /** Image ids of the release, by reference. */
  readonly imageIds: Map<string, string>;
  /** How the images came from the runner; undefined where none did. */
  shipment: Shipment | undefined;
  /** How long the health check asked until the release was well; 0 before. */
  healthyAfterMs: number;
  /** When the soak began to count what the probe sees; undefined before, and without a probe. */
  soakBegan?: ProbeMark | undefined;
  /** What visitors got, before the cutover and since; undefined where no access log tells. */
  traffic?: Traffic | undefined;
  /** Proxies whose access log was not read. */
  unreadLogs?: readonly UnreadLog[];
  /** Connections that were still open when a drain was over: their containers were told to end them. */
  heldConnections: number;
}

export function noResults(): RolloutResults {
  return {
    candidates: new Map(),
    imageIds: new Map(),
    shipment: undefined,
    healthyAfterMs: 0,
    heldConnections: 0,
  };
}

/** Containers of the project that were there before this run. */
export function knownIds(context: RolloutContext): readonly string[] {
  return context.observation.containers.map(({ id }) => id);
}

/** The candidates of all services, flat. */
export function candidatesOf(context: RolloutContext): readonly Container[] {
  return [...context.results.candidates.values()].flat();
}

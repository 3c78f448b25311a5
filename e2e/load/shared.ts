import type { LoadSpec } from './spec.js';
import type { Attempt, AttemptEnd } from './tally.js';

/** What the streams of one load share: its clock's zero, its budget, and where attempts go. */
export interface LoadRun {
  readonly spec: LoadSpec;
  readonly startedAt: number;
  readonly stopped: AbortSignal;
  /** False when the budget of requests is spent. */
  take(): boolean;
  record(attempt: Attempt): void;
}

/** A good sign of life on a long connection, or its end. */
export type RecordLife = (startMs: number, end: AttemptEnd) => void;

/**
 * A server that stops drains first: a stream is at least so old as the drain is long when it is
 * ended, and one that ends sooner was not drained, however politely it was told.
 */
export function endedInGoodOrder(livedMs: number, heldMs: number): AttemptEnd {
  return livedMs >= heldMs
    ? { kind: 'closed' }
    : { kind: 'failed', reason: `ended before ${String(heldMs)} ms` };
}

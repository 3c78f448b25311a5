import type { Clock } from '../clock.js';
import type { HttpAnswer } from './http.js';
import { summarise } from './probe-summary.js';
import type { ProbeSummary, Sample } from './probe-summary.js';

export type { ProbeSummary } from './probe-summary.js';

export interface ProbeOptions {
  readonly intervalMs: number;
  /** Exactly this is a success; when undefined, any status below 500. */
  readonly status?: number;
}

/** A moment in the life of a probe. */
export interface ProbeMark {
  readonly atMs: number;
}

export interface Probe {
  snapshot(): ProbeSummary;
  /** Sends no more, waits for the answers under way, and sums up. */
  stop(): Promise<ProbeSummary>;
  mark(): ProbeMark;
  /** What failed among the probes that were sent after `mark`, by kind; {} if nothing did. */
  failuresSince(mark: ProbeMark): Readonly<Record<string, number>>;
}

/** A site that hangs must not be given an ever growing number of requests. */
const maxInFlight = 10;

/**
 * Sends `check` every `intervalMs` until it is stopped, also while earlier ones are under way, so
 * that one slow answer hides nothing. `check` must make a fresh connection each time, end by
 * itself, and never reject.
 */
export function startProbe(
  check: () => Promise<HttpAnswer>,
  options: ProbeOptions,
  clock: Clock,
): Probe {
  const samples: Sample[] = [];
  const inFlight = new Set<Promise<void>>();
  const stopped = new AbortController();

  const send = async (): Promise<void> => {
    const sentAt = clock.now();
    const answer = await check();
    samples.push({
      sentAt,
      durationMs: answer.durationMs,
      result: resultOf(answer, options.status),
    });
  };
  const launch = (): void => {
    if (inFlight.size >= maxInFlight) return;
    const probe = send().finally(() => inFlight.delete(probe));
    inFlight.add(probe);
  };
  const beat = async (): Promise<void> => {
    let dueAt = clock.now();
    while (!stopped.signal.aborted) {
      launch();
      // Beats that were missed, because the process was busy, are not made up for.
      dueAt = Math.max(dueAt + options.intervalMs, clock.now());
      await clock.sleep(dueAt - clock.now(), stopped.signal).catch(untilStopped(stopped.signal));
    }
  };
  const beating = beat();

  const summary = (): ProbeSummary => summarise(samples, clock.now());
  return {
    snapshot: summary,
    stop: async () => {
      stopped.abort();
      await beating;
      await Promise.all(inFlight);
      return summary();
    },
    mark: () => ({ atMs: clock.now() }),
    failuresSince: ({ atMs }) =>
      summarise(
        samples.filter((sample) => sample.sentAt >= atMs),
        clock.now(),
      ).failures,
  };
}

function untilStopped(signal: AbortSignal): (error: unknown) => void {
  return (error) => {
    if (!signal.aborted) throw error;
  };
}

function resultOf(answer: HttpAnswer, status: number | undefined): Sample['result'] {
  if (answer.kind === 'lost' || answer.kind === 'aborted') return { kind: 'lost' };
  if (answer.kind !== 'response') return { kind: 'failed', why: answer.kind };
  const good = status === undefined ? answer.status < 500 : answer.status === status;
  return good ? { kind: 'ok' } : { kind: 'failed', why: `status ${answer.status}` };
}

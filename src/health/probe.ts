import type { Clock } from '../clock.js';
import type { HttpAnswer } from './http.js';
import { createPace } from './pace.js';
import { summarise } from './probe-summary.js';
import type { ProbeSummary } from './probe-summary.js';
import { watchPulse } from './pulse.js';
import type { Judge, Pause, Sample } from './sample.js';

export type { ProbeSummary } from './probe-summary.js';

export interface ProbeOptions {
  readonly intervalMs: number;
  readonly judge: Judge;
  /** A site that hangs must not be given an ever growing number of requests; 10 when undefined. */
  readonly maxInFlight?: number;
  /**
   * A round trip on the connection that the requests share, and on nothing else: where it is slow, a
   * request without an answer says nothing about the site.
   */
  readonly pulse?: (() => Promise<unknown>) | undefined;
}

/** A moment in the life of a probe. */
export interface ProbeMark {
  readonly atMs: number;
}

export interface Probe {
  snapshot(): ProbeSummary;
  mark(): ProbeMark;
  /** What was seen of the probes that were sent after `mark`, and have ended. */
  since(mark: ProbeMark): ProbeSummary;
  /** The first change is about to be made; only the first call counts. */
  begin(): void;
  /** What was seen before the first change; nothing until that is about to be made. */
  before(): ProbeSummary;
  /** Waits for the answers that are late: a site that has begun to hang shows in these. */
  settle(): Promise<void>;
  /**
   * Sends no more, settles unless `hurry` is aborted, and sums up. Answers under way that are not late
   * are not counted: what the site had answered until now is here.
   */
  stop(hurry?: AbortSignal): Promise<ProbeSummary>;
}

/** What was seen so far; the half of a probe that does not ask. */
export interface ProbeRecord extends Pick<
  Probe,
  'snapshot' | 'mark' | 'since' | 'begin' | 'before'
> {
  /** Whether the first change was about to be made. */
  readonly begun: boolean;
  add(sample: Sample): void;
  pause(pause: Pause): void;
}

const defaultMaxInFlight = 10;
/** Timers are late by some milliseconds on any machine; by this much, the process stood still. */
const lateMs = 250;
/** An answer that takes longer than so many times the usual is late. */
const lateBy = 1.5;

export function createRecord(
  clock: Clock,
  openPause: () => Pause | undefined = () => undefined,
): ProbeRecord {
  const samples: Sample[] = [];
  const pauses: Pause[] = [];
  let beganAt: number | undefined;
  const since = ({ atMs }: ProbeMark): ProbeSummary => {
    const open = openPause();
    return summarise(
      samples.filter(({ sentAt }) => sentAt >= atMs),
      clock.now(),
      [...pauses, ...(open === undefined ? [] : [open])].filter(({ until }) => until >= atMs),
    );
  };
  return {
    add: (sample) => samples.push(sample),
    pause: (pause) => pauses.push(pause),
    mark: () => ({ atMs: clock.now() }),
    since,
    snapshot: () => since({ atMs: -Infinity }),
    begin: () => {
      beganAt ??= clock.now();
    },
    get begun() {
      return beganAt !== undefined;
    },
    before: () => {
      const until = beganAt ?? -Infinity;
      return summarise(
        samples.filter(({ sentAt }) => sentAt < until),
        until,
        pauses,
      );
    },
  };
}

/**
 * Sends `check` every `intervalMs` until it is stopped, more seldom where it is limited or slow (`createPace`),
 * also while earlier ones are under way, so that one slow answer hides nothing. `check` must make a fresh connection each time, end by
 * itself, and never reject.
 */
export function startProbe(
  check: () => Promise<HttpAnswer>,
  options: ProbeOptions,
  clock: Clock,
): Probe {
  const { intervalMs, judge, maxInFlight = defaultMaxInFlight, pulse } = options;
  /** With the moments when they were sent. */
  const inFlight = new Map<Promise<void>, number>();
  const stopped = new AbortController();
  const pulses = watchPulse(pulse, clock, stopped.signal, (pause) => {
    record.pause(pause);
  });
  const record = createRecord(clock, pulses.open);

  const pace = createPace(intervalMs);
  const send = async (): Promise<void> => {
    const sentAt = clock.now();
    const answer = await check();
    const result = judge(answer);
    pace.heard({ durationMs: answer.durationMs, result }, record.begun);
    record.add({ sentAt, durationMs: answer.durationMs, result });
  };
  const launch = (): void => {
    if (inFlight.size >= maxInFlight) return;
    const probe = send().finally(() => inFlight.delete(probe));
    inFlight.set(probe, clock.now());
  };
  const beat = async (): Promise<void> => {
    let dueAt = clock.now();
    while (!stopped.signal.aborted) {
      const now = clock.now();
      if (now - dueAt > lateMs)
        record.pause({ from: dueAt, until: now, why: 'the runner stood still' });
      launch();
      // Beats that were missed, because the process was busy, are not made up for.
      dueAt = Math.max(dueAt + pace.ms(), now);
      await clock.sleep(dueAt - now, stopped.signal).catch(untilStopped(stopped.signal));
    }
  };
  const beating = beat();
  const settle = async (): Promise<void> => {
    // Where nothing is known of what is usual, 0: all are late.
    const usualMs = record.snapshot().p50Ms;
    const late = [...inFlight].filter(([, sentAt]) => clock.now() - sentAt >= lateBy * usualMs);
    await Promise.all(late.map(([probe]) => probe));
  };

  return {
    snapshot: record.snapshot,
    mark: record.mark,
    since: record.since,
    begin: record.begin,
    before: record.before,
    settle,
    stop: async (hurry) => {
      stopped.abort();
      await beating;
      if (hurry?.aborted !== true) await settle();
      return record.snapshot();
    },
  };
}

/** For a sleep that an abort ends: that is no error. */
export function untilStopped(signal: AbortSignal): (error: unknown) => void {
  return (error) => {
    if (!signal.aborted) throw error;
  };
}

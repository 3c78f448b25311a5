import type { Sample } from './sample.js';

/** How long the answers of a probe took, in equal parts of its time: what a chart is drawn from. */
export interface Latency {
  /** When the first request was sent, by the clock of the run. */
  readonly fromMs: number;
  readonly partMs: number;
  /** The slowest good answer of each part; 0 where there was none. */
  readonly slowestMs: readonly number[];
}

const MOST_PARTS = 48;
/** With fewer in a part, one of them would say nothing but that no request was due. */
const SAMPLES_A_PART = 5;

/** Requests by when they were sent, up to `now`. */
export function latencyOf(samples: readonly Sample[], now: number): Latency {
  const first = samples.reduce((least, { sentAt }) => Math.min(least, sentAt), now);
  const parts = Math.min(MOST_PARTS, Math.floor(samples.length / SAMPLES_A_PART));
  const partMs = Math.max(1, (now - first) / Math.max(1, parts));
  const slowestMs = Array.from({ length: parts }, () => 0);
  for (const { sentAt, durationMs, result } of samples) {
    if (result.kind !== 'ok' || parts === 0) continue;
    const part = Math.min(parts - 1, Math.floor((sentAt - first) / partMs));
    slowestMs[part] = Math.max(slowestMs[part] ?? 0, Math.round(durationMs));
  }
  return { fromMs: first, partMs, slowestMs };
}

import { LIMITED } from './limit.js';
import type { Sample } from './sample.js';

/** How often to ask. */
export interface Pace {
  /** The pause until the next request, in milliseconds. */
  ms(): number;
  /** @param begun whether the release may already have changed what is answered */
  heard(sample: Pick<Sample, 'durationMs' | 'result'>, begun: boolean): void;
}

const LONGEST_MS = 10_000;
const SLOW_MS = 1_000;
/** So many requests are under way at a time where answers are slow: they take what visitors need. */
const UNDER_WAY = 4;
/** Of the newest answer in what is held to be usual. */
const WEIGHT = 0.2;
/** What each good answer leaves of a pause that was made longer. */
const RECOVERY = 0.85;

/**
 * Every `intervalMs`; twice as long after each answer that says that our requests are too many, and a little shorter
 * after each good one; and where good answers take long, so that about four are under way. Before the first change a 503
 * says so as well: the site answers it of its own.
 */
export function createPace(intervalMs: number): Pace {
  const longestMs = Math.max(intervalMs, LONGEST_MS);
  let limitedMs = intervalMs;
  let usualMs = 0;
  return {
    ms: () => Math.max(Math.round(limitedMs), Math.min(SLOW_MS, Math.round(usualMs / UNDER_WAY))),
    heard: ({ durationMs, result }, begun) => {
      if (result.kind === 'ok') {
        usualMs += WEIGHT * (durationMs - usualMs);
        limitedMs = Math.max(intervalMs, RECOVERY * limitedMs);
      } else if (result.why.startsWith(LIMITED) || (!begun && result.why === 'status 503')) {
        limitedMs = Math.min(longestMs, 2 * limitedMs);
      }
    },
  };
}

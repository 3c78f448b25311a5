import type { Pause, Sample } from './sample.js';

/** Measured between the sending of the last good one before, and of the first good one after. */
export function longestGap(judged: readonly Sample[], now: number): number {
  let longest = 0;
  let goodAt: number | undefined;
  let failedSince: number | undefined;
  for (const { sentAt, result } of judged) {
    if (result.kind === 'failed') {
      failedSince ??= goodAt ?? sentAt;
      continue;
    }
    if (failedSince !== undefined) longest = Math.max(longest, sentAt - failedSince);
    failedSince = undefined;
    goodAt = sentAt;
  }
  return failedSince === undefined ? longest : Math.max(longest, now - failedSince);
}

export function longestPause(pauses: readonly Pause[]): number {
  return Math.max(0, ...pauses.map(({ from, until }) => until - from));
}

/** Nearest rank; 0 when there is nothing. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}

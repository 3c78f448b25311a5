/** What the availability probe saw, from before the first change until after the last. */
export interface ProbeSummary {
  readonly sent: number;
  readonly failed: number;
  /** Probes that our own connection lost; in neither `sent` nor `failed`. */
  readonly lost: number;
  /** Longest time between two successful answers around a failure, 0 without one. */
  readonly longestGapMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Failures by kind, e.g. `{ 'status 502': 3, 'reset': 1 }`. */
  readonly failures: Readonly<Record<string, number>>;
}

/** One probe that has ended. */
export interface Sample {
  readonly sentAt: number;
  readonly durationMs: number;
  readonly result:
    | { readonly kind: 'ok' }
    | { readonly kind: 'failed'; readonly why: string }
    | { readonly kind: 'lost' };
}

/** Sums up what was seen until `now`; an outage that has not ended yet lasts until then. */
export function summarise(samples: readonly Sample[], now: number): ProbeSummary {
  const judged = samples
    .filter((sample) => sample.result.kind !== 'lost')
    .sort((a, b) => a.sentAt - b.sentAt);
  const failures: Record<string, number> = {};
  let failed = 0;
  for (const { result } of judged) {
    if (result.kind !== 'failed') continue;
    failed += 1;
    failures[result.why] = (failures[result.why] ?? 0) + 1;
  }
  const durations = judged
    .filter((sample) => sample.result.kind === 'ok')
    .map((sample) => sample.durationMs)
    .sort((a, b) => a - b);
  return {
    sent: judged.length,
    failed,
    lost: samples.length - judged.length,
    longestGapMs: longestGap(judged, now),
    p50Ms: percentile(durations, 0.5),
    p99Ms: percentile(durations, 0.99),
    failures,
  };
}

/** Measured between the sending of the last good one before, and of the first good one after. */
function longestGap(judged: readonly Sample[], now: number): number {
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

/** Nearest rank; 0 when there is nothing. */
function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}

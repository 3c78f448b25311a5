/** One request, or one life of a long connection, as it ended. Times are ms since the load began. */
export interface Attempt {
  readonly stream: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly end: AttemptEnd;
}

export type AttemptEnd =
  | { readonly kind: 'ok'; readonly release: string | undefined }
  | { readonly kind: 'failed'; readonly reason: string }
  /** A long connection that the server ended in good order. */
  | { readonly kind: 'closed' };

export interface LoadResult {
  readonly durationMs: number;
  readonly sent: number;
  readonly ok: number;
  readonly failed: number;
  /** Long connections that the server ended in good order; neither ok nor failed. */
  readonly closed: number;
  /** How many, by reason: `status 502`, `ECONNRESET`, `timeout`, `truncated`, … */
  readonly failures: Readonly<Record<string, number>>;
  /** The longest time without one good answer, over all streams. */
  readonly longestGapMs: number;
  readonly streams: Readonly<Record<string, StreamResult>>;
  /** In the order in which they first answered. */
  readonly releases: readonly ReleaseSeen[];
  /** The first 200. */
  readonly timeline: readonly FailureSeen[];
}

export interface StreamResult {
  readonly sent: number;
  readonly ok: number;
  readonly failed: number;
  readonly closed: number;
  readonly longestGapMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface ReleaseSeen {
  readonly release: string;
  readonly answers: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

export interface FailureSeen {
  readonly atMs: number;
  readonly stream: string;
  readonly reason: string;
}

/** Every attempt is counted exactly once: `ok + failed + closed` is `sent`. */
export function tally(attempts: readonly Attempt[], durationMs: number): LoadResult {
  const all = measure(attempts, durationMs);
  const failed = attempts.flatMap(failureOf).sort((a, b) => a.atMs - b.atMs);
  return {
    durationMs,
    sent: all.sent,
    ok: all.ok,
    failed: all.failed,
    closed: all.closed,
    failures: countBy(failed.map((failure) => failure.reason)),
    longestGapMs: all.longestGapMs,
    streams: Object.fromEntries(
      [...groupByStream(attempts)].map(([name, own]) => [name, measure(own, durationMs)]),
    ),
    releases: releasesIn(attempts),
    timeline: failed.slice(0, 200),
  };
}

function measure(attempts: readonly Attempt[], durationMs: number): StreamResult {
  const good = attempts.filter((attempt) => attempt.end.kind === 'ok');
  const latencies = good.map((attempt) => attempt.endMs - attempt.startMs).sort((a, b) => a - b);
  return {
    sent: attempts.length,
    ok: good.length,
    failed: attempts.filter((attempt) => attempt.end.kind === 'failed').length,
    closed: attempts.filter((attempt) => attempt.end.kind === 'closed').length,
    longestGapMs: longestGap(
      good.map((attempt) => attempt.endMs),
      durationMs,
    ),
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    maxMs: latencies.at(-1) ?? 0,
  };
}

/** From the first good answer to the end: what came before it is the start, not an outage. */
function longestGap(endsMs: readonly number[], durationMs: number): number {
  const sorted = [...endsMs].sort((a, b) => a - b);
  const first = sorted[0];
  if (first === undefined) return durationMs;
  let longest = 0;
  let previous = first;
  for (const at of [...sorted, Math.max(durationMs, previous)]) {
    longest = Math.max(longest, at - previous);
    previous = at;
  }
  return Math.round(longest);
}

function percentile(sorted: readonly number[], share: number): number {
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return value === undefined ? 0 : Math.round(value * 10) / 10;
}

function failureOf(attempt: Attempt): FailureSeen[] {
  if (attempt.end.kind !== 'failed') return [];
  return [
    {
      atMs: Math.round(attempt.endMs),
      stream: attempt.stream,
      reason: attempt.end.reason,
    },
  ];
}

function groupByStream(attempts: readonly Attempt[]): Map<string, Attempt[]> {
  const groups = new Map<string, Attempt[]>();
  for (const attempt of attempts) {
    const group = groups.get(attempt.stream);
    if (group === undefined) groups.set(attempt.stream, [attempt]);
    else group.push(attempt);
  }
  return groups;
}

function countBy(keys: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
}

function releasesIn(attempts: readonly Attempt[]): ReleaseSeen[] {
  const seen = new Map<string, ReleaseSeen>();
  for (const { end, endMs } of attempts) {
    if (end.kind !== 'ok' || end.release === undefined) continue;
    const before = seen.get(end.release);
    seen.set(end.release, {
      release: end.release,
      answers: (before?.answers ?? 0) + 1,
      firstMs: Math.min(before?.firstMs ?? endMs, endMs),
      lastMs: Math.max(before?.lastMs ?? endMs, endMs),
    });
  }
  return [...seen.values()].sort((a, b) => a.firstMs - b.firstMs);
}

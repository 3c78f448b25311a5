import { setMaxListeners } from 'node:events';
import { now } from './request.js';
import { LIMITS, type LoadSpec } from './spec.js';
import type { LoadRun } from './shared.js';
import { runStream } from './streams.js';
import { type Attempt, type LoadResult, tally } from './tally.js';
import { assertBenchTarget } from './target.js';

/** How a load stands while it runs; `release` is the one that answered last. */
export interface Progress {
  readonly sent: number;
  readonly failed: number;
  readonly release: string | undefined;
}

/**
 * Runs a load until `stopped`, its own time or its own budget ends it, whichever is first.
 *
 * @throws Error when the target or the size of the load is not allowed.
 */
export async function runLoad(
  spec: LoadSpec,
  stopped: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<LoadResult> {
  assertAllowed(spec);
  const attempts: Attempt[] = [];
  let taken = 0;
  let failed = 0;
  let release: string | undefined;
  const ended = AbortSignal.any([stopped, AbortSignal.timeout(spec.maxMs)]);
  // Each connection listens for the end.
  setMaxListeners(0, ended);
  const run: LoadRun = {
    spec,
    startedAt: now(),
    stopped: ended,
    take: () => (taken += 1) <= spec.maxRequests,
    record: (attempt) => {
      attempts.push(attempt);
      if (attempt.end.kind === 'failed') failed += 1;
      if (attempt.end.kind === 'ok') release = attempt.end.release ?? release;
    },
  };
  const ticker = setInterval(() => {
    onProgress({ sent: attempts.length, failed, release });
  }, 250);
  try {
    await Promise.all(spec.streams.map((stream) => runStream(run, stream)));
  } finally {
    clearInterval(ticker);
  }
  return tally(attempts, now() - run.startedAt);
}

function assertAllowed(spec: LoadSpec): void {
  const base = new URL(spec.base);
  assertBenchTarget(base);
  // A path such as `//elsewhere/` would leave the base's address.
  for (const stream of spec.streams) assertBenchTarget(new URL(stream.request.path, base));
  const perSecond = spec.streams.reduce((sum, s) => sum + ('perSecond' in s ? s.perSecond : 0), 0);
  if (
    spec.maxMs > LIMITS.maxMs ||
    spec.maxRequests > LIMITS.maxRequests ||
    perSecond > LIMITS.perSecond
  ) {
    throw new Error(`A load is bounded by ${JSON.stringify(LIMITS)}`);
  }
}

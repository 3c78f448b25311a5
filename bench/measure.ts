import { setTimeout as sleep } from 'node:timers/promises';
import { startLoad } from '../e2e/load/load.js';
import { type LoadSpec, type StreamSpec, usualLoad } from '../e2e/load/spec.js';
import type { LoadResult } from '../e2e/load/tally.js';
import type { Bed } from '../e2e/scenarios/bed.js';
import type { Way } from './ways.js';

export interface Measured {
  readonly title: string;
  /** What the way says of itself: `exit 0`, `deployed`. */
  readonly verdict: string;
  readonly load: LoadResult;
  /** Of the streams of quick requests the slowest; answered requests only. */
  readonly p99Ms: number;
  /** From the start of the deploy to the first answer of the new release; undefined: none came. */
  readonly newReleaseMs: number | undefined;
  /** From the start of the deploy until its last process has ended. */
  readonly deployMs: number;
}

/** How long the site is watched after each deploy: what a deploy breaks may stay broken. */
export const WATCHED_AFTER_MS = 5_000;

/** The requests of two seconds would hide how long the others took. */
const SLOW_STREAM = '2 s';

/** Deploys `sha`, in which `release` answers, while the site is used. */
export async function measure(
  bed: Bed,
  way: Way,
  { sha, release }: { readonly sha: string; readonly release: string },
): Promise<Measured> {
  const load = startLoad(loadOn(bed));
  try {
    await load.answered(15_000);
    const beganAt = performance.now();
    const verdict = await way.deploy(bed, sha);
    const deployMs = performance.now() - beganAt;
    await sleep(WATCHED_AFTER_MS);
    const result = await load.stop();
    // The load has a clock of its own; its last moment is this one.
    const zeroAt = performance.now() - result.durationMs;
    const seen = result.releases.find((answered) => answered.release === release);
    return {
      title: way.title,
      verdict,
      load: result,
      p99Ms: slowestP99(result),
      newReleaseMs: seen === undefined ? undefined : zeroAt + seen.firstMs - beganAt,
      deployMs,
    };
  } finally {
    await load.stop();
  }
}

/**
 * About 170 requests a second; every quick answer tells its release. The slow requests come at a
 * pace here: the usual ones follow each other, so that a site that is down, and says so at once,
 * would be asked more often, and its failures would weigh more.
 */
function loadOn(bed: Bed): LoadSpec {
  const { paths, tellRelease, release } = bed.stack;
  const usual = usualLoad(bed.base, { ...paths, page: paths.get, release: tellRelease }, release);
  const streams = usual.streams.map((stream): StreamSpec => {
    if (stream.kind !== 'in-flight') return stream;
    return { kind: 'fresh', name: SLOW_STREAM, request: stream.request, perSecond: 3 };
  });
  return { ...usual, streams, maxMs: 3 * 60_000, maxRequests: 60_000 };
}

function slowestP99({ streams }: LoadResult): number {
  const quick = Object.entries(streams).filter(([name]) => name !== SLOW_STREAM);
  return Math.max(0, ...quick.map(([, stream]) => stream.p99Ms));
}

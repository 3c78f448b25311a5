import { setTimeout as sleep } from 'node:timers/promises';
import { startLoad } from '../e2e/load/load.js';
import { type LoadSpec, usualLoad } from '../e2e/load/spec.js';
import type { LoadResult } from '../e2e/load/tally.js';
import type { Bed } from '../e2e/scenarios/bed.js';
import type { Way } from './ways.js';

export interface Measured {
  readonly title: string;
  /** What the way says of itself: `exit 0`, `deployed`. */
  readonly verdict: string;
  /** Requests that a working site answers at once: gaps and latencies are theirs. */
  readonly quick: LoadResult;
  /** Requests that take two seconds. */
  readonly slow: LoadResult;
  /** From the start of the deploy to the first answer of the new release; undefined: none came. */
  readonly newReleaseMs: number | undefined;
  /** From the start of the deploy until its last process has ended. */
  readonly deployMs: number;
}

/** How long the site is watched after each deploy: what a deploy breaks may stay broken. */
const WATCHED_AFTER_MS = 10_000;

/** Deploys `sha`, in which `release` answers, while the site is used. */
export async function measure(
  bed: Bed,
  way: Way,
  { sha, release }: { readonly sha: string; readonly release: string },
): Promise<Measured> {
  // Two loads: the slow requests of one that ends would be a gap in the answers of the other.
  const quickLoad = startLoad(quickRequests(bed));
  const slowLoad = startLoad(slowRequests(bed));
  try {
    await Promise.all([quickLoad.answered(1, 15_000), slowLoad.answered(1, 15_000)]);
    const beganAt = performance.now();
    const verdict = await way.deploy(bed, sha);
    const deployMs = performance.now() - beganAt;
    await sleep(WATCHED_AFTER_MS);
    const slowEnd = slowLoad.stop();
    const quick = await quickLoad.stop();
    // The load has a clock of its own; its last moment is this one.
    const zeroAt = performance.now() - quick.durationMs;
    const seen = quick.releases.find((answered) => answered.release === release);
    return {
      title: way.title,
      verdict,
      quick,
      slow: await slowEnd,
      newReleaseMs: seen === undefined ? undefined : zeroAt + seen.firstMs - beganAt,
      deployMs,
    };
  } finally {
    await Promise.all([quickLoad.stop(), slowLoad.stop()]);
  }
}

/** Of what the scenarios are run under. */
const SCALE = 1.5;

/**
 * The quick ones of the load, about 170 a second; each answer tells its release. No event streams: their
 * events come at a pace of their own.
 */
function quickRequests(bed: Bed): LoadSpec {
  const { paths, tellRelease, release } = bed.stack;
  const usual = usualLoad(
    bed.base,
    { ...paths, page: paths.get, release: tellRelease },
    release,
    SCALE,
  );
  return bounded({
    ...usual,
    streams: usual.streams.filter(({ kind }) => kind === 'keep-alive' || kind === 'fresh'),
  });
}

/**
 * At a pace. The usual slow requests follow each other, so that a site that is down, and says so at
 * once, would be asked more often, and its failures would weigh more.
 */
function slowRequests(bed: Bed): LoadSpec {
  const { paths, release } = bed.stack;
  return bounded({
    ...usualLoad(bed.base, paths, release),
    streams: [{ kind: 'fresh', name: 'GET of 2 s', request: paths.slow, perSecond: 3 }],
  });
}

function bounded(spec: LoadSpec): LoadSpec {
  return { ...spec, maxMs: 3 * 60_000, maxRequests: 60_000 };
}

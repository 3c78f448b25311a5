import { latencyOf, type Latency } from './latency.js';
import { longestGap, longestPause, percentile } from './probe-times.js';
import type { Pause, Sample } from './sample.js';
import { explainedBy } from './sample.js';

/** What an availability probe saw, from before the first change until after the last. */
export interface ProbeSummary {
  readonly sent: number;
  readonly failed: number;
  /** How many of the last ones failed, none between them having been answered well. */
  readonly failedAtEnd: number;
  /** Probes that say nothing about the site, by why; in neither `sent` nor `failed`. */
  readonly uncounted: Readonly<Record<string, number>>;
  /** Longest time between two successful answers around a failure, 0 without one. */
  readonly longestGapMs: number;
  /** Longest time in which our own side stood still, so that little or nothing was measured. */
  readonly longestPauseMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Failures by kind, e.g. `{ 'status 502': 3, 'reset': 1 }`. */
  readonly failures: Readonly<Record<string, number>>;
  /** Which releases answered, in the order of their first answers; [] where answers tell none. */
  readonly releases: readonly SeenRelease[];
  readonly latency: Latency;
}

export interface SeenRelease {
  readonly release: string;
  readonly answers: number;
  /** Its first and its last answer, in milliseconds since the probe began. */
  readonly firstMs: number;
  readonly lastMs: number;
}

/** More are not told apart: a `version` that changes with every answer names no release. */
const mostReleases = 8;

/**
 * Sums up what was seen until `now`; an outage that has not ended yet lasts until then. A request that
 * got no answer while our own side stood still is not counted.
 */
export function summarise(
  samples: readonly Sample[],
  now: number,
  pauses: readonly Pause[] = [],
): ProbeSummary {
  const uncounted: Record<string, number> = {};
  const failures: Record<string, number> = {};
  const durations: number[] = [];
  const judged: Sample[] = [];
  let failed = 0;
  for (const sample of [...samples].sort((a, b) => a.sentAt - b.sentAt)) {
    const { result } = sample;
    const pause = explainedBy(sample, pauses);
    const why =
      result.kind === 'uncounted' ? result.why : isSilence(sample) ? pause?.why : undefined;
    if (why !== undefined) {
      uncounted[why] = (uncounted[why] ?? 0) + 1;
      continue;
    }
    judged.push(sample);
    if (result.kind === 'failed') {
      failed += 1;
      failures[result.why] = (failures[result.why] ?? 0) + 1;
    } else if (pause === undefined) durations.push(sample.durationMs);
  }
  durations.sort((a, b) => a - b);
  return {
    sent: judged.length,
    failed,
    failedAtEnd: judged.length - 1 - judged.findLastIndex(({ result }) => result.kind === 'ok'),
    uncounted,
    longestGapMs: longestGap(judged, now),
    longestPauseMs: longestPause(pauses),
    p50Ms: percentile(durations, 0.5),
    p99Ms: percentile(durations, 0.99),
    failures,
    releases: releasesOf(judged),
    latency: latencyOf(judged, now),
  };
}

/** A failure that may be our own side's: nothing came. A status or a refusal is the site's own word. */
function isSilence({ result }: Sample): boolean {
  return result.kind === 'failed' && !result.answered;
}

function releasesOf(judged: readonly Sample[]): readonly SeenRelease[] {
  const beganAt = judged[0]?.sentAt ?? 0;
  const seen = new Map<string, SeenRelease>();
  for (const { sentAt, result } of judged) {
    if (result.kind !== 'ok' || result.release === undefined) continue;
    const atMs = Math.round(sentAt - beganAt);
    const before = seen.get(result.release);
    if (before === undefined && seen.size >= mostReleases) return [];
    seen.set(result.release, {
      release: result.release,
      answers: (before?.answers ?? 0) + 1,
      firstMs: before?.firstMs ?? atMs,
      lastMs: atMs,
    });
  }
  return [...seen.values()];
}

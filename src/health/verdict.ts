import type { HttpAnswer } from './http.js';
import { isLimit, LIMITED } from './limit.js';
import type { ProbeSummary } from './probe-summary.js';
import { hasRisen } from './rise.js';

/** What tells of a probe's requests in a verdict. */
export type ProbeCounts = Pick<
  ProbeSummary,
  'sent' | 'failed' | 'failures' | 'failedAtEnd' | 'uncounted'
>;

/**
 * - `good`: nothing speaks against the release
 * - `unclear`: the health endpoint must be asked again, and decides
 * - `bad`: it must not stay
 */
export interface Verdict {
  readonly kind: 'good' | 'unclear' | 'bad';
  /** What the release is to answer for, by kind; nothing of what was so before the first change. */
  readonly failures: Readonly<Record<string, number>>;
}

/** The smallest number of probes among which a single failure is a chance. */
const FORGIVEN_AMONG = 10;
/** So many requests that were limited hide a release. */
const LIMITED_IN_VAIN = 3;

/**
 * What the probe's requests say of a release, against those before the first change. A kind of failure that was
 * seen then speaks against the release only where it has clearly risen. One new failure among many good answers
 * is forgiven; a second is no chance any more. Where requests are limited that never were before, or all of them
 * are, too little is seen.
 */
export function verdictOf(before: ProbeCounts, after: ProbeCounts): Verdict {
  const failures = Object.fromEntries(
    Object.entries(after.failures).filter(([kind, failed]) => {
      const usual = before.failures[kind] ?? 0;
      return (
        usual === 0 ||
        hasRisen({
          before: { requests: before.sent, failed: usual },
          after: { requests: after.sent, failed },
        })
      );
    }),
  );
  const failed = Object.values(failures).reduce((sum, times) => sum + times, 0);
  if (failed > 1 || (failed === 1 && after.sent < FORGIVEN_AMONG)) return { kind: 'bad', failures };
  const isNew = limitedIn(before) === 0 || after.sent === 0;
  const inVain = isNew && limitedIn(after) >= LIMITED_IN_VAIN;
  return { kind: after.failedAtEnd > 0 || inVain ? 'unclear' : 'good', failures };
}

function limitedIn({ uncounted }: ProbeCounts): number {
  return Object.entries(uncounted)
    .filter(([why]) => why.startsWith(LIMITED))
    .reduce((sum, [, times]) => sum + times, 0);
}

/**
 * True for a bad answer that decides nothing by itself: our own requests are too many, by a page that tells it, or
 * by a 503 that the site gave before the first change too.
 */
export function decidesNothing(answer: HttpAnswer, before: ProbeCounts | undefined): boolean {
  if (answer.kind !== 'response') return false;
  return isLimit(answer) || (answer.status === 503 && 'status 503' in (before?.failures ?? {}));
}

/** A login that the old release asked for as well. */
const LOGIN: ReadonlySet<number> = new Set([401, 403]);

/**
 * What a release may answer: that of `health-status`, and the 401 or 403 that the site answered before the first
 * change.
 */
export function acceptedStatuses(first: HttpAnswer | undefined, status: number): readonly number[] {
  return first?.kind === 'response' && LOGIN.has(first.status) && !isLimit(first)
    ? [...new Set([status, first.status])]
    : [status];
}

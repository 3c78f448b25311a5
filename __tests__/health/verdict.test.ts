import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { HttpAnswer } from '../../src/health/http.js';
import {
  acceptedStatuses,
  decidesNothing,
  verdictOf,
  type ProbeCounts,
  type Verdict,
} from '../../src/health/verdict.js';
import { response } from './servers.js';

const NGINX_503 =
  '<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n<body>\r\n<center><h1>503 Service Temporarily Unavailable</h1></center>\r\n<hr><center>nginx/1.27.4</center>\r\n</body>\r\n</html>\r\n';
const LIMITED = 'our own requests were limited (status 429)';

/** So many good answers, these failures, and so many of the last ones bad; `limited`: not counted. */
function seen(
  good: number,
  failures: Readonly<Record<string, number>> = {},
  { failedAtEnd = 0, limited = 0 } = {},
): ProbeCounts {
  const failed = Object.values(failures).reduce((sum, times) => sum + times, 0);
  const uncounted: Record<string, number> = limited === 0 ? {} : { [LIMITED]: limited };
  return { sent: good + failed, failed, failures, failedAtEnd, uncounted };
}
const NOTHING = seen(0);

describe('the verdict about a release', () => {
  it.each<[string, ProbeCounts, ProbeCounts, Verdict['kind']]>([
    ['answers well', NOTHING, seen(100), 'good'],
    ['fails twice', NOTHING, seen(100, { 'status 502': 2 }), 'bad'],
    ['fails in two ways, once each', NOTHING, seen(100, { reset: 1, timeout: 1 }), 'bad'],
    ['fails once among many', NOTHING, seen(100, { reset: 1 }), 'good'],
    ['fails once among few', NOTHING, seen(5, { reset: 1 }), 'bad'],
    ['fails last', NOTHING, seen(100, { reset: 1 }, { failedAtEnd: 1 }), 'unclear'],
    ['fails as before', seen(30, { 'status 503': 20 }), seen(60, { 'status 503': 40 }), 'good'],
    [
      'fails as before, also last',
      seen(30, { 'status 503': 20 }),
      seen(60, { 'status 503': 40 }, { failedAtEnd: 2 }),
      'unclear',
    ],
    [
      'fails far more often than before',
      seen(90, { 'status 500': 5 }),
      seen(40, { 'status 500': 60 }),
      'bad',
    ],
    [
      'fails in another way than before',
      seen(30, { 'status 503': 20 }),
      seen(60, { 'status 503': 40, 'status 502': 2 }),
      'bad',
    ],
    [
      'fails always, where few requests were failed before',
      seen(9, { 'status 503': 1 }),
      seen(0, { 'status 503': 9 }, { failedAtEnd: 9 }),
      'unclear',
    ],
    ['is limited as before', seen(5, {}, { limited: 5 }), seen(10, {}, { limited: 20 }), 'good'],
    ['is limited, and was not before', NOTHING, seen(10, {}, { limited: 20 }), 'unclear'],
    ['is limited twice', NOTHING, seen(10, {}, { limited: 2 }), 'good'],
    ['is never seen for being limited', NOTHING, seen(0, {}, { limited: 3 }), 'unclear'],
    ['was not asked', NOTHING, NOTHING, 'good'],
  ])('that %s', (_what, before, after, kind) => {
    expect(verdictOf(before, after).kind).toBe(kind);
  });

  it('names what is new only', () => {
    const before = seen(30, { 'status 503': 20 });
    const { failures } = verdictOf(before, seen(60, { 'status 503': 40, 'status 502': 2 }));
    expect(failures).toEqual({ 'status 502': 2 });
  });

  const some = fc
    .record({
      good: fc.nat(500),
      failures: fc.dictionary(
        fc.constantFrom('status 502', 'status 503', 'reset'),
        fc.integer({ min: 1, max: 500 }),
      ),
      limited: fc.nat(50),
    })
    .map(({ good, failures, limited }) => seen(good, failures, { limited }));

  it('is the same as without a before where nothing failed then', () => {
    fc.assert(
      fc.property(fc.nat(500), some, (good, after) => {
        expect(verdictOf(seen(good), after)).toEqual(verdictOf(NOTHING, after));
      }),
    );
  });

  it('is never worse for what failed before', () => {
    const rank = { good: 0, unclear: 1, bad: 2 };
    fc.assert(
      fc.property(some, some, (before, after) => {
        const known = verdictOf(before, after);
        expect(rank[known.kind]).toBeLessThanOrEqual(rank[verdictOf(NOTHING, after).kind]);
      }),
    );
  });

  it('is never bad for a release that is exactly as the one before', () => {
    fc.assert(
      fc.property(some, (as) => {
        expect(verdictOf(as, as).kind).not.toBe('bad');
      }),
    );
  });

  it('is never good for two failures of a kind that was not seen before', () => {
    fc.assert(
      fc.property(some, fc.integer({ min: 2, max: 100 }), (before, times) => {
        expect(verdictOf(before, seen(100, { refused: times })).kind).toBe('bad');
      }),
    );
  });
});

describe('an answer that decides nothing', () => {
  const limited = seen(10, { 'status 503': 5 });
  it.each<[string, HttpAnswer, ProbeCounts | undefined, boolean]>([
    ['too many requests', response(429), undefined, true],
    ['nginx’s own 503', response(503, { body: NGINX_503 }), undefined, true],
    ['a 503 as before', response(503, { body: 'slow down' }), limited, true],
    ['a 503 that is new', response(503, { body: 'no broker' }), seen(10), false],
    ['a 502', response(502), seen(10, { 'status 502': 5 }), false],
    ['no answer', { kind: 'timeout', message: '', durationMs: 1 }, limited, false],
  ])('is %s', (_what, answer, before, expected) => {
    expect(decidesNothing(answer, before)).toBe(expected);
  });
});

describe('the statuses that a release may answer', () => {
  it.each([
    [response(200), [200]],
    [response(401), [200, 401]],
    [response(403), [200, 403]],
    [response(403, { headers: { 'cf-mitigated': 'challenge' } }), [200]],
    [response(404), [200]],
    [response(500), [200]],
    [undefined, [200]],
  ])('after %j', (first, expected) => {
    expect(acceptedStatuses(first, 200)).toEqual(expected);
  });
});

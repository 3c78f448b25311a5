import { describe, expect, it } from '@jest/globals';
import { hasRisen } from '../../src/health/rise.js';
import { entranceTraffic, parseTraffic, parseUnreadLogs } from '../../src/health/traffic.js';

const counted = (failed: number, requests: number) => ({ requests, failed });

describe('real traffic', () => {
  // failed and all: before, after
  it.each<[string, [number, number], [number, number], boolean]>([
    ['20 % of many', [0, 1_500], [322, 1_547], true],
    ['20 % of a few', [0, 60], [12, 60], true],
    ['all of just enough', [0, 20], [20, 20], true],
    ['2 % of many', [0, 1_000], [20, 1_000], true],
    ['twice a known share, of many', [100, 1_000], [220, 1_000], true],
    ['all, where half failed before', [500, 1_000], [1_000, 1_000], true],
    ['a few more among many', [2, 1_000], [6, 1_000], false],
    ['the same share as before', [300, 1_000], [310, 1_000], false],
    ['fewer than before', [300, 1_000], [10, 1_000], false],
    ['all, as before', [1_000, 1_000], [1_000, 1_000], false],
    ['10 % of too few to tell', [0, 30], [3, 30], false],
    ['all of too few', [0, 100], [19, 19], false],
    ['many, where nothing is known of before', [0, 5], [50, 100], false],
    ['half a percent of very many', [0, 100_000], [500, 100_000], false],
    ['none', [0, 1_000], [0, 1_000], false],
  ])('that fails %s', (_name, before, after, risen) => {
    expect(hasRisen({ before: counted(...before), after: counted(...after) })).toBe(risen);
  });

  it('is read from the numbers of the host, and from nothing else', () => {
    const output = 'failed api a1 it exited\ntraffic abc 10 1 20 2\ntraffic abc 1 2 3\n';
    expect(parseTraffic(output)).toEqual([
      { proxy: 'abc', before: counted(1, 10), after: counted(2, 20) },
    ]);
  });

  it('is not known of a log that was not read', () => {
    const output = 'unread-log abc docker logs failed\nunread abc\nunread-log\n';
    expect(parseUnreadLogs(output)).toEqual([{ proxy: 'abc', reason: 'docker logs failed' }]);
    expect(parseTraffic(output)).toEqual([]);
  });

  it('is that of the proxy which most requests come through', () => {
    const of = (proxy: string, requests: number) => ({
      proxy,
      before: counted(0, requests),
      after: counted(0, requests),
    });
    expect(entranceTraffic([of('inner', 10), of('front', 30)])?.proxy).toBe('front');
    expect(entranceTraffic([of('silent', 0)])).toBeUndefined();
  });
});

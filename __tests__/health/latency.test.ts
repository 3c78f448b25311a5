import { describe, expect, it } from '@jest/globals';
import { latencyOf } from '../../src/health/latency.js';
import type { Sample } from '../../src/health/sample.js';

const good = (sentAt: number, durationMs: number): Sample => ({
  sentAt,
  durationMs,
  result: { kind: 'ok' },
});
const bad = (sentAt: number): Sample => ({
  sentAt,
  durationMs: 900,
  result: { kind: 'failed', why: 'status 502', answered: true },
});

describe('the latency of a probe', () => {
  it('is the slowest good answer of each part of its time', () => {
    const samples = Array.from({ length: 20 }, (_, index) => good(1_000 + index * 100, index));
    expect(latencyOf(samples, 3_000)).toEqual({
      fromMs: 1_000,
      partMs: 500,
      slowestMs: [4, 9, 14, 19],
    });
  });

  it('is 0 where no answer was good, and counts no failure as an answer', () => {
    const samples = Array.from({ length: 10 }, (_, index) =>
      index < 5 ? good(index * 100, 7) : bad(index * 100),
    );
    expect(latencyOf(samples, 1_000).slowestMs).toEqual([7, 0]);
  });

  it('has at most 48 parts, and none where next to nothing was asked', () => {
    const samples = Array.from({ length: 5_000 }, (_, index) => good(index, 1));
    expect(latencyOf(samples, 5_000).slowestMs).toHaveLength(48);
    expect(latencyOf([], 5_000)).toEqual({ fromMs: 5_000, partMs: 1, slowestMs: [] });
    expect(latencyOf([good(1, 1)], 2).slowestMs).toEqual([]);
  });
});

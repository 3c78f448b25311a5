import { describe, expect, it } from '@jest/globals';
import { LIMITED } from '../../src/health/limit.js';
import { createPace, type Pace } from '../../src/health/pace.js';

const good = (durationMs: number) => ({ durationMs, result: { kind: 'ok' } as const });
const limited = { durationMs: 1, result: { kind: 'uncounted', why: LIMITED } as const };
const failed = (why: string) => ({
  durationMs: 1,
  result: { kind: 'failed', why, answered: true } as const,
});

describe('how often the probe asks', () => {
  const after = (...heard: readonly Parameters<Pace['heard']>[0][]): number => {
    const pace = createPace(100);
    for (const each of heard) pace.heard(each, false);
    return pace.ms();
  };

  it('is the interval where answers are quick', () => {
    expect(after(good(20), good(150))).toBe(100);
  });

  it('leaves about four under way where answers are slow', () => {
    expect(after(...Array.from({ length: 40 }, () => good(800)))).toBe(200);
    expect(after(...Array.from({ length: 40 }, () => good(9_000)))).toBe(1_000);
  });

  it('is more seldom after each limited answer, and more often again after good ones', () => {
    expect(after(limited)).toBe(200);
    expect(after(limited, limited)).toBe(400);
    expect(after(limited, limited, good(5))).toBe(340);
    expect(after(limited, ...Array.from({ length: 20 }, () => good(5)))).toBe(100);
    expect(after(...Array.from({ length: 40 }, () => limited))).toBe(10_000);
  });

  it('is more seldom for a 503 before the first change, and not after it', () => {
    expect(after(failed('status 503'))).toBe(200);
    expect(after(failed('status 502'))).toBe(100);
    const pace = createPace(100);
    pace.heard(failed('status 503'), true);
    expect(pace.ms()).toBe(100);
  });

  it('is never more often than the interval', () => {
    expect(createPace(30_000).ms()).toBe(30_000);
  });
});

import type { ProbeSummary } from '../../src/health/probe.js';
import type { Outcome } from '../../src/report/outcome.js';

export const SHA = '0123456789abcdef0123456789abcdef01234567';
export const PREVIOUS_SHA = 'fedcba9876543210fedcba9876543210fedcba98';

/** What a probe saw that nothing happened to. */
export const PROBE: ProbeSummary = {
  sent: 412,
  failed: 0,
  uncounted: {},
  longestGapMs: 0,
  longestPauseMs: 0,
  p50Ms: 3,
  p99Ms: 41.6,
  failedAtEnd: 0,
  failures: {},
  releases: [],
  latency: { fromMs: 1_000, partMs: 1_000, slowestMs: [] },
};

const DEPLOYED: Outcome = {
  result: 'deployed',
  startedAt: '2026-01-02T03:04:05.000Z',
  sha: SHA,
  previousSha: PREVIOUS_SHA,
  plan: {
    project: 'app',
    sha: SHA,
    previousSha: PREVIOUS_SHA,
    services: [],
    operations: [],
    warnings: [],
  },
  services: {
    backend: {
      role: 'routed',
      action: 'roll',
      oldImage: `sha256:${'a'.repeat(64)}`,
      newImage: `sha256:${'b'.repeat(64)}`,
      seconds: 12.34,
    },
    postgres: {
      role: 'data',
      action: 'keep',
      oldImage: undefined,
      newImage: undefined,
      seconds: 0,
    },
  },
  phases: [
    { name: 'connect', startMs: 0, durationMs: 120, failed: false },
    { name: 'build', startMs: 120, durationMs: 20_000, failed: false },
  ],
  availability: {
    entrance: { kind: 'measured', address: 'http://localhost/api/health/', summary: PROBE },
    public: undefined,
  },
  heldConnections: 0,
  durationMs: 42_123.4,
  url: 'https://example.com/',
  error: undefined,
};

/** The outcome of a good deploy, changed by `change`. */
export function outcomeOf(change: Partial<Outcome>): Outcome {
  return { ...DEPLOYED, ...change };
}

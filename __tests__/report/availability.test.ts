import { describe, expect, it } from '@jest/globals';
import type { Measurement } from '../../src/health/measurement.js';
import type { ProbeSummary } from '../../src/health/probe.js';
import { availabilitySection } from '../../src/report/availability.js';
import { PROBE } from './outcome-of.js';

const seen = (address: string, change: Partial<ProbeSummary> = {}): Measurement => ({
  kind: 'measured',
  address,
  summary: { ...PROBE, ...change },
});
const HOST = 'http://localhost/api/health/';
const URL = 'https://site.example/';
const FAILED = { failed: 3, longestGapMs: 1_540, failures: { 'status 502': 2, reset: 1 } };

function render(entrance: Measurement, elsewhere?: Measurement): string {
  return availabilitySection({ entrance, public: elsewhere });
}

describe('the availability in the summary', () => {
  it('is nothing where nobody looked', () => {
    expect(availabilitySection(undefined)).toBe('');
  });

  it('tells how many requests failed, and how quick the others were', () => {
    expect(render(seen(HOST))).toBe(
      '### Availability\n\n<code>http&#58;//localhost/api/health/</code>, asked on the host: ' +
        '**0 of 412 requests failed** during the deploy. ' +
        'Half of the answers came within 3 ms, 99 % within 42 ms.',
    );
  });

  it('counts failures by kind', () => {
    const text = render(seen(HOST, FAILED));
    expect(text).toContain('**3 of 412 requests failed** during the deploy; longest gap 1.5 s.');
    expect(text).toContain('| failure | requests |');
    expect(text).toContain('| status 502 | 2 |');
  });

  it('tells which release answered when', () => {
    const releases = [
      { release: 'r1', answers: 300, firstMs: 0, lastMs: 12_300 },
      { release: 'r2', answers: 112, firstMs: 12_400, lastMs: 20_000 },
    ];
    expect(render(seen(HOST, { releases }))).toContain(
      'Good answers by release: <code>r1</code> 300 (0.0 s to 12.3 s), <code>r2</code> 112 (12.4 s to 20.0 s).',
    );
  });

  it('tells what was not counted, and when nobody looked', () => {
    const uncounted = { 'the SSH connection was busy': 12 };
    const text = render(seen(HOST, { uncounted, longestPauseMs: 2_345 }));
    expect(text).toContain('| not counted, as it says nothing about the site | requests |');
    expect(text).toContain('| the SSH connection was busy | 12 |');
    expect(text).toContain('stood still for up to 2.3 s');
  });

  it('tells why it was not measured', () => {
    const entrance = { kind: 'unmeasured', address: HOST, why: 'it did not answer <b>' } as const;
    expect(render(entrance)).toContain('was not measured: it did not answer &#60;b&#62;.');
  });

  it('tells the public address apart, and whose fault it is not', () => {
    const text = render(seen(HOST), seen(URL, FAILED));
    expect(text).toContain('asked on the host: **0 of 412 requests failed**');
    expect(text).toContain(
      '<code>https&#58;//site.example/</code>, asked from the runner: **3 of 412 requests failed**',
    );
    expect(text).toContain('what failed lies between the runner and the host');
  });

  it('blames nobody else where the host failed as well, or nothing did', () => {
    expect(render(seen(HOST, FAILED), seen(URL, FAILED))).not.toContain('lies between');
    expect(render(seen(HOST), seen(URL))).not.toContain('lies between');
  });

  it('claims no answers where there was none', () => {
    const text = render(seen(HOST, { sent: 5, failed: 5, p50Ms: 0, p99Ms: 0 }));
    expect(text).not.toContain('Half of the answers');
    expect(render(seen(HOST, { sent: 0, p50Ms: 0 }))).toContain('no request was answered');
  });
});

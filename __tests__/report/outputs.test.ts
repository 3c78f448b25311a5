import { describe, expect, it } from '@jest/globals';
import { outputsOf } from '../../src/report/outputs.js';
import { outcomeOf, PREVIOUS_SHA, PROBE, SHA } from './outcome-of.js';

describe('the outputs', () => {
  it('tell all of a deploy', () => {
    const outputs = outputsOf(outcomeOf({}), '/tmp/report.json');
    expect(outputs).toMatchObject({
      result: 'deployed',
      sha: SHA,
      'previous-sha': PREVIOUS_SHA,
      'duration-ms': '42123',
      probes: '412',
      'failed-probes': '0',
      'longest-gap-ms': '0',
      url: 'https://example.com/',
      report: '/tmp/report.json',
    });
    expect(JSON.parse(outputs['services'] ?? '')).toMatchObject({
      backend: { role: 'routed', action: 'roll', seconds: 12.34 },
    });
    expect(JSON.parse(outputs['plan'] ?? '')).toMatchObject({ project: 'app' });
  });

  it('tell what visitors got since the cutover, and nothing where no log tells', () => {
    const traffic = {
      proxy: 'abc',
      before: { requests: 90, failed: 1 },
      after: { requests: 100, failed: 2 },
    };
    const outputs = outputsOf(outcomeOf({ traffic }), undefined);
    expect(outputs).toMatchObject({ requests: '100', 'failed-requests': '2' });
    expect(outputsOf(outcomeOf({}), undefined)).toMatchObject({
      requests: '',
      'failed-requests': '',
    });
  });

  it('are of the entrance of the host alone', () => {
    const summary = { ...PROBE, sent: 90, failed: 9, longestGapMs: 2_000 };
    const { availability } = outcomeOf({});
    if (availability === undefined) throw new Error('the outcome has been measured');
    const seen = { kind: 'measured', address: 'https://example.com/', summary } as const;
    const outputs = outputsOf(
      outcomeOf({ availability: { ...availability, public: seen } }),
      undefined,
    );
    expect(outputs).toMatchObject({ probes: '412', 'failed-probes': '0', 'longest-gap-ms': '0' });
  });

  it('are empty where the entrance was not measured', () => {
    const entrance = { kind: 'unmeasured', address: 'http://localhost/', why: 'x' } as const;
    const outputs = outputsOf(
      outcomeOf({ availability: { entrance, public: undefined } }),
      undefined,
    );
    expect(outputs).toMatchObject({ probes: '', 'failed-probes': '', 'longest-gap-ms': '' });
  });

  it('are empty, and not zero, where nothing was measured', () => {
    const outputs = outputsOf(
      outcomeOf({
        availability: undefined,
        plan: undefined,
        previousSha: undefined,
        url: undefined,
      }),
      undefined,
    );
    for (const name of [
      'probes',
      'failed-probes',
      'longest-gap-ms',
      'plan',
      'previous-sha',
      'url',
    ]) {
      expect(outputs[name]).toBe('');
    }
  });
});

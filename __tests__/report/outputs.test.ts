import { describe, expect, it } from '@jest/globals';
import { outputsOf } from '../../src/report/outputs.js';
import { outcomeOf, PREVIOUS_SHA, SHA } from './outcome-of.js';

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

  it('are empty, and not zero, where nothing was measured', () => {
    const outputs = outputsOf(
      outcomeOf({ probe: undefined, plan: undefined, previousSha: undefined, url: undefined }),
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

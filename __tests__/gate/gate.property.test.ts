import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { judgeNeeds } from '../../src/gate/needs.js';
import { judgeOutputs } from '../../src/gate/outputs.js';
import { parseRequirements } from '../../src/inputs/lines.js';
import { objectOf } from '../../src/plan/compose/json.js';

const RUNS = { numRuns: 1_000 };

describe('the gate, whatever it is given', () => {
  it('is open for nothing but jobs that were all successful', () => {
    const result = fc.oneof(
      { weight: 3, arbitrary: fc.constant<unknown>('success') },
      fc.constantFrom<unknown>(
        'failure',
        'cancelled',
        'skipped',
        'Success',
        'success ',
        '',
        null,
        0,
      ),
      fc.anything(),
    );
    const needs = fc.dictionary(
      fc.string({ minLength: 1 }),
      fc.record({ result, outputs: fc.anything() }),
    );
    fc.assert(
      fc.property(needs, (jobs) => {
        const text = JSON.stringify(jobs);
        const seen = Object.values(objectOf(JSON.parse(text))).map(objectOf);
        const isOpen = seen.length > 0 && seen.every((job) => job['result'] === 'success');
        expect(judgeNeeds(text).refusals.length === 0).toBe(isOpen);
      }),
      RUNS,
    );
  });

  it('is closed by any text that is no object of jobs, and throws at none', () => {
    const other = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json().filter((text) => !text.startsWith('{')),
    );
    fc.assert(
      fc.property(other, (text) => {
        fc.pre(text.trim() !== 'none' && !text.trim().startsWith('{'));
        expect(judgeNeeds(text).refusals).not.toEqual([]);
      }),
      RUNS,
    );
  });

  it('compares numbers of any length exactly', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.bigInt({ min: -3n, max: 3n }), (had, difference) => {
        const wanted = had + difference;
        const needs = JSON.stringify({
          test: { result: 'success', outputs: { value: String(had) } },
        });
        const holds = (sign: string): boolean => {
          const parsed = parseRequirements(`test.value ${sign} ${String(wanted)}`);
          if (!('value' in parsed)) throw new Error(parsed.allowed);
          return judgeOutputs(needs, parsed.value).refusals.length === 0;
        };
        expect(['>=', '<=', '=', '!='].map(holds)).toEqual([
          had >= wanted,
          had <= wanted,
          had === wanted,
          had !== wanted,
        ]);
      }),
      RUNS,
    );
  });
});

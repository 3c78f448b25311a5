import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fenced } from '../../src/report/markdown.js';

describe('a fenced block', () => {
  it('cannot be ended by backticks that control characters keep apart', () => {
    const text = fenced('``\u0000`\n# a heading');
    expect(text.split('\n')).toEqual(['````text', '```', '# a heading', '````']);
  });

  it('is never ended by what stands in it', () => {
    const parts = fc.array(fc.constantFrom('`', '``', '\n', '\u0000', '\u001b[0m', 'x', ' ', '\r'));
    fc.assert(
      fc.property(parts, (words) => {
        const [opening = '', ...rest] = fenced(words.join('')).split('\n');
        const fence = opening.replace(/text$/, '');
        expect(rest.pop()).toBe(fence);
        expect(rest.filter((line) => line.trim().startsWith(fence))).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DeployError } from '../../src/errors.js';
import { code, escapedLines, escapeMarkdown, table } from '../../src/report/markdown.js';
import { renderSummary } from '../../src/report/summary.js';
import { outcomeOf } from './outcome-of.js';

const PARTS = [
  ...['|', '||', '\\|', '\n', '\r\n', '\n\n', '\u0000', '\u2028', '\u001b[31m', '`', '``', '```'],
  ...['<script>', '</code>', '</td></tr>', '<!--', '-->', '<img src=x>', '&lt;', '&#60;', '&'],
  ...[
    '![a](https://evil.example/x.png)',
    '[a](javascript:b)',
    '[a]: x',
    '# a',
    '- a',
    '> a',
    '---',
  ],
  ...[
    '*',
    '_',
    '~~',
    '$$',
    'x',
    ' ',
    '<https://evil.example>',
    '<details>',
    '</details>',
    '::error::',
  ],
];
const text = fc.oneof(
  fc.array(fc.constantFrom(...PARTS), { maxLength: 12 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 60 }),
);

/** Characters that mean something in Markdown or HTML; a reference is how a character is written that does not. */
const ACTIVE = /[<>|`*_[\]~\\$]|&(?!#\d+;)|#(?!\d+;)/;

describe('text of the host in the job summary', () => {
  it('means nothing in a cell, and stays in it', () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 4 }), (texts) => {
        const cells = [...texts.map(escapeMarkdown), ...texts.map(code)];
        for (const cell of cells) {
          expect(cell.replace(/^<code>|<\/code>$/g, '')).not.toMatch(ACTIVE);
          expect(cell).not.toMatch(/[\n\r\u2028\u2029\0]/);
        }
        const drawn = table(
          cells.map(() => 'left' as const),
          cells.map(() => 'a'),
          [cells],
        );
        const [head = '', rule = '', ...rows] = drawn
          .split('\n')
          .map((line) => line.split('|').length);
        expect([rule, ...rows]).toEqual([head, head]);
      }),
      { numRuns: 400 },
    );
  });

  it('has no other tags in lines than line breaks and code, each closed', () => {
    fc.assert(
      fc.property(text, (given) => {
        const lines = escapedLines(given);
        const tags = lines.match(/<[^>]*>/g) ?? [];
        expect(tags.filter((tag) => !['<br>', '<code>', '</code>'].includes(tag))).toEqual([]);
        expect(lines.replace(/<code>[^<]*<\/code>|<br>/g, '')).not.toMatch(ACTIVE);
      }),
      { numRuns: 400 },
    );
  });

  it('adds nothing to the structure of the whole summary', () => {
    const context = {
      ...{ repositoryUrl: 'https://github.com/org/app', branch: 'main', environment: undefined },
      ...{ clockAtStartMs: 1_000, status: [] },
    };
    const summary = (said: string): string =>
      renderSummary(
        outcomeOf({
          result: 'failed',
          phases: [{ name: `build ${said}`, startMs: 0, durationMs: 4_000, failed: true }],
          error: new DeployError({ what: `w${said}`, where: `h${said}`, next: `n${said}` }),
        }),
        context,
      );
    /** What has a meaning: tags, and lines by what they begin with. */
    const structure = (markdown: string): readonly unknown[] => [
      (markdown.match(/<[^>]*>/g) ?? []).filter((tag) => !/^<(br|\/?code)>$/.test(tag)),
      markdown.split('\n').map((line) => [line.slice(0, 2), line.split('|').length]),
    ];
    const plain = structure(summary('x'));
    fc.assert(
      fc.property(text, (said) => {
        expect(structure(summary(said))).toEqual(plain);
      }),
      { numRuns: 200 },
    );
  });
});

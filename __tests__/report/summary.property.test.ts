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
const NAMES = [
  ...[
    '@octocat',
    '@org/team',
    'x@evil.example',
    '#1',
    'org/app#12',
    'GH-7',
    'CVE-2026-1',
    ':octocat:',
  ],
  ...['https://evil.example/x', 'http://evil.example', 'ftp://evil.example', 'www.evil.example'],
  ...[
    'org/app@0123456789abcdef0123456789abcdef01234567',
    'mailto:a@evil.example',
    '@',
    '#',
    ':',
    '//',
    'w',
  ],
];
const text = fc.oneof(
  fc.array(fc.constantFrom(...PARTS, ...NAMES), { maxLength: 12 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 60 }),
);

/** Characters that mean something in Markdown or HTML; a reference is how a character is written that does not. */
const ACTIVE = /[<>|`*_[\]~\\$]|&(?!#\d+;)|#(?!\d+;)/;

/** What GitHub renders of it: references are characters again, and are looked for then. */
function rendered(markdown: string): string {
  return markdown.replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));
}
const MENTION = /@[\w-]|#\d|\bGH-\w|\bCVE-\w|:[\w+-]+:/i;
/** Made of the source, before references are characters. */
const LINK = /:\/\/|www\./i;
const MAIL = /@[\w-]+\./;

describe('text of the host in the job summary', () => {
  it('mentions nobody, and is no link, in a comment on a pull request as well', () => {
    fc.assert(
      fc.property(text, (given) => {
        expect(rendered(escapeMarkdown(given))).not.toMatch(MENTION);
        // Before references are characters: what looks like a tag then is none.
        const outsideCode = escapedLines(given).replace(/<code>[^]*?<\/code>/g, '');
        expect(rendered(outsideCode)).not.toMatch(MENTION);
        for (const markdown of [escapeMarkdown(given), escapedLines(given), code(given)]) {
          expect(markdown).not.toMatch(LINK);
          expect(rendered(markdown)).not.toMatch(MAIL);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('leaves the addresses of pages that our own texts lead to', () => {
    const next = 'See https://docs.docker.com/compose/install/linux/ (or not).';
    expect(escapeMarkdown(next)).toBe(next);
    expect(escapeMarkdown('https://docs.docker.com.evil.example/')).not.toMatch(LINK);
  });

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

import { describe, expect, it } from '@jest/globals';
import { existsSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { parse } from 'yaml';
import { anchors, pages, prose, textOf } from './pages.js';

/** What the page points to: the targets of links and pictures, without those of other sites. */
function targets(text: string): readonly string[] {
  const plain = prose(text).replace(/`[^`\n]*`/g, '');
  const links = [...plain.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)];
  const pictures = [...plain.matchAll(/\b(?:src|srcset|href)="([^"]+)"/g)];
  const references = [...plain.matchAll(/^\[[^\]]+\]: (\S+)/gm)];
  return [...links, ...pictures, ...references]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}

/** Why the link leads nowhere; undefined where it does. */
function problem(page: string, target: string): string | undefined {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page : normalize(join(dirname(page), decodeURIComponent(path)));
  if (!existsSync(file)) return `${target}: there is no ${file}`;
  if (anchor === undefined || anchor === '') return undefined;
  if (statSync(file).isDirectory() || !file.endsWith('.md')) return undefined;
  return anchors(textOf(file)).has(decodeURIComponent(anchor))
    ? undefined
    : `${target}: ${file} has no such heading`;
}

describe('the pages of this repository', () => {
  it.each(pages())('%s links to files and headings that exist', (page) => {
    const problems = targets(textOf(page)).flatMap((target) => problem(page, target) ?? []);
    expect(problems).toEqual([]);
  });

  it('would not be accepted with a heading that is not there', () => {
    expect(problem('README.md', 'docs/reference.md#no-such-heading')).toMatch(/no such heading/);
    expect(problem('docs/limits.md', 'no-such-page.md')).toMatch(/there is no/);
    expect(problem('README.md', '#quick-start')).toBeUndefined();
  });
});

describe('README.md', () => {
  it('has at most 1,000 words', () => {
    expect(textOf('README.md').split(/\s+/).filter(Boolean).length).toBeLessThanOrEqual(1000);
  });
});

/** Names that a page uses as an input: `name: value` in YAML below `with:`. */
function inputsUsed(text: string): readonly string[] {
  const steps = [
    ...text.matchAll(
      /^( *)- uses: org\/resee-deploy-action@[^\n]*\n([^]*?)(?=^\1?\S|^ *- |^```)/gm,
    ),
  ];
  return steps.flatMap(([, , rest = '']) => {
    const lines = rest.split('\n');
    const start = lines.findIndex((line) => /^ *with:\s*$/.test(line));
    if (start === -1) return [];
    const first = /^ */.exec(lines[start + 1] ?? '')?.[0] ?? '';
    const entry = new RegExp(`^${first}([a-z][a-z-]*):`);
    return lines.slice(start + 1).flatMap((line) => entry.exec(line)?.[1] ?? []);
  });
}

describe('inputs that the pages name', () => {
  const action: unknown = parse(textOf('action.yml'));
  const isRecord = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null;
  const named = isRecord(action) ? action['inputs'] : undefined;
  const inputs = new Set(isRecord(named) ? Object.keys(named) : []);

  it('are read from action.yml', () => {
    expect(inputs.has('host-fingerprint')).toBe(true);
  });

  it.each(pages())('%s uses inputs that exist', (page) => {
    expect(inputsUsed(textOf(page)).filter((name) => !inputs.has(name))).toEqual([]);
  });

  it('would not be accepted with a misspelt one', () => {
    const text =
      '```yaml\n- uses: org/resee-deploy-action@v1\n  with:\n    hots: a\n    key: b\n```\n';
    expect(inputsUsed(text)).toEqual(['hots', 'key']);
  });
});

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Every Markdown page of the repository, as git knows it or is about to. */
export function pages(): readonly string[] {
  const listed = execFileSync(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '*.md'],
    { encoding: 'utf8' },
  );
  return listed.split('\0').filter((path) => path !== '');
}

export function textOf(path: string): string {
  return readFileSync(path, 'utf8');
}

/** The page without its code blocks: what looks like a link there is none. */
export function prose(text: string): string {
  return text.replace(/^( *)(`{3,}|~{3,})[^]*?^\1\2 *$/gm, '');
}

/** What stands in the code blocks of the languages, in their order. */
export function blocks(text: string, ...languages: readonly string[]): readonly string[] {
  return [...text.matchAll(/^```(\w+)\n([^]*?)^```$/gm)]
    .filter(([, language = '']) => languages.length === 0 || languages.includes(language))
    .map(([, , content = '']) => content);
}

/** The anchors that GitHub gives to the headings of a page. */
export function anchors(text: string): ReadonlySet<string> {
  const seen = new Map<string, number>();
  const found = new Set<string>();
  for (const [, heading = ''] of prose(text).matchAll(/^#{1,6} +(.*?) *#*$/gm)) {
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[`*]/g, '');
    const slug = plain
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
      .replaceAll(' ', '-');
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    found.add(count === 0 ? slug : `${slug}-${String(count)}`);
  }
  return found;
}

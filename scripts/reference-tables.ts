/**
 * Writes the tables of inputs and outputs into docs/reference.md, from action.yml, between the markers
 * `<!-- inputs:begin -->` and `<!-- inputs:end -->`, and the same for outputs.
 *
 *   tsx scripts/reference-tables.ts [--check] [docs/reference.md]
 *
 * With `--check` nothing is written, and tables that are out of date are an error.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { isMap, isScalar, parseDocument } from 'yaml';

interface Entry {
  readonly name: string;
  readonly description: string;
  readonly fallback: string;
  readonly required: boolean;
}

function main(words: readonly string[]): void {
  const check = words.includes('--check');
  const path = words.find((word) => !word.startsWith('--')) ?? 'docs/reference.md';
  const before = readFileSync(path, 'utf8');
  const action = readFileSync(new URL('../action.yml', import.meta.url), 'utf8');
  const after = ['inputs', 'outputs'].reduce(
    (text, section) => replaceBetween(text, section, tableOf(section, entriesOf(action, section))),
    before,
  );
  if (after === before) {
    console.log(`${path} has the inputs and outputs of action.yml`);
  } else if (check) {
    console.error(`${path} does not have the inputs and outputs of action.yml.`);
    console.error('Run `npx tsx scripts/reference-tables.ts` and commit what it writes.');
    process.exitCode = 1;
  } else {
    writeFileSync(path, after);
    console.log(`${path} now has the inputs and outputs of action.yml`);
  }
}

function entriesOf(action: string, section: string): readonly Entry[] {
  const document = parseDocument(action);
  const map = document.get(section);
  if (!isMap(map)) throw new Error(`action.yml has no ${section}`);
  return map.items.map(({ key }) => {
    const name = isScalar(key) ? String(key.value) : '';
    const field = (field: string): unknown => document.getIn([section, name, field]);
    const text = (value: unknown): string => (typeof value === 'string' ? value : '');
    return {
      name,
      description: text(field('description')),
      fallback: text(field('default')),
      required: field('required') === true,
    };
  });
}

function tableOf(section: string, entries: readonly Entry[]): string {
  const rows = entries.map((entry) => {
    const name = `\`${entry.name}\``;
    const description = entry.description.trim().replaceAll('|', '\\|').replace(/\s+/g, ' ');
    if (section === 'outputs') return `| ${name} | ${description} |`;
    const fallback = entry.required
      ? '**required**'
      : entry.fallback === ''
        ? ''
        : `\`${entry.fallback}\``;
    return `| ${name} | ${fallback} | ${description} |`;
  });
  const head =
    section === 'outputs'
      ? ['| output | meaning |', '| --- | --- |']
      : ['| input | default | meaning |', '| --- | --- | --- |'];
  return [...head, ...rows].join('\n');
}

function replaceBetween(text: string, section: string, table: string): string {
  const begin = `<!-- ${section}:begin -->`;
  const end = `<!-- ${section}:end -->`;
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from === -1 || to < from) throw new Error(`The markers ${begin} and ${end} are missing.`);
  // Prettier would pad every cell to the longest one: lines of 300 blanks.
  const block = `<!-- prettier-ignore-start -->\n\n${table}\n\n<!-- prettier-ignore-end -->`;
  return `${text.slice(0, from + begin.length)}\n\n${block}\n\n${text.slice(to)}`;
}

main(process.argv.slice(2));

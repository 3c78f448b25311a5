import { readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { markdownTable, number, replaceRegion, type Rows } from '../../bench/tables.js';
import { faults } from './faults.js';
import { type Cell, type FaultResults, keptResults } from './results.js';

/** `npm run chaos:table`: puts what the last chaos runs found into docs/reliability.md. */
async function main(): Promise<void> {
  const page = fileURLToPath(new URL('../../docs/reliability.md', import.meta.url));
  const all = await keptResults();
  const order = faults.map(({ name }) => name);
  const sorted = [...all].sort((a, b) => order.indexOf(a.fault) - order.indexOf(b.fault));
  const text = [summary(sorted), told(sorted), ...sorted.map(section)].join('\n\n');
  await writeFile(page, replaceRegion(await readFile(page, 'utf8'), text, 'chaos'));
}

function summary(all: readonly FaultResults[]): string {
  const rows = all.map(({ fault, sentence, cells }) => [
    `[${fault}](#${fault}): ${sentence}`,
    String(cells.length),
    `${number(sum(cells, 'failed'))} / ${number(sum(cells, 'requests'))}`,
    `${String(middle(cells))} s`,
    `${String(Math.max(...cells.map(({ wholeSeconds }) => wholeSeconds)))} s`,
    `${String(cells.filter(({ next, nextFailed }) => next === 'deployed' && nextFailed === 0).length)} of ${String(cells.length)}`,
    String(cells.filter(({ problems }) => problems.length > 0).length),
  ]);
  const head = ['fault', 'steps', 'failed / requests', 'whole after', 'at most'];
  return table([[...head, 'next deploy green', 'not as promised'], ...rows]);
}

function section({ fault, sentence, cells }: FaultResults): string {
  const rows = cells.map((cell) => [
    `\`${cell.step}\``,
    ...(cell.requests === 0 ? ['–', '–', '–', '–'] : numbers(cell)),
    ...(cells.some(({ problems }) => problems.length > 0)
      ? [cell.problems.map(inShort).join('; ')]
      : []),
  ]);
  const head = ['step', 'failed / requests', 'whole after', 'what stood', 'next deploy'];
  const more = cells.some(({ problems }) => problems.length > 0) ? ['not as promised'] : [];
  return `### ${fault}\n\nAt that step ${sentence}.\n\n${table([[...head, ...more], ...rows])}`;
}

function told(all: readonly FaultResults[]): string {
  const days = [...new Set(all.map(({ at }) => at.slice(0, 10)))].sort().join(', ');
  const engines = [...new Set(all.map(({ engine }) => engine))].join('; ');
  const [cpu] = cpus();
  const steps = [...new Set(all.flatMap(({ steps: of }) => of))];
  return (
    `Measured on ${days} with ${engines}, on a machine with ${String(cpus().length)} cores (${cpu?.model ?? 'unknown'}) that ` +
    `did other work beside it. Of ${String(steps.length)} steps that a deploy of this stack had and ${String(faults.length)} faults, ` +
    `${String(all.reduce((count, { cells }) => count + cells.length, 0))} pairs were tried. ${notTried(all)}`
  );
}

function numbers(cell: Cell): readonly string[] {
  return [
    `${number(cell.failed)} / ${number(cell.requests)}`,
    `${String(cell.wholeSeconds)} s`,
    cell.stands,
    `${cell.next}, ${number(cell.nextFailed)} failed`,
  ];
}

/** Its first line, as a cell of a table bears it. */
function inShort(problem: string): string {
  const [line = ''] = problem.split('\n');
  return line.replace(/\{.*/, '…').replaceAll('|', '/').slice(0, 200);
}

function notTried(all: readonly FaultResults[]): string {
  const names = faults.map(({ name }) => name);
  const left = names.filter((name) => all.every(({ fault }) => fault !== name));
  return left.length === 0
    ? 'Each fault was tried.'
    : `Not tried yet: ${left.map((name) => `\`${name}\``).join(', ')}.`;
}

function table(rows: Rows): string {
  return markdownTable(rows);
}

function sum(cells: readonly Cell[], of: 'failed' | 'requests'): number {
  return cells.reduce((all, cell) => all + cell[of], 0);
}

function middle(cells: readonly Cell[]): number {
  const sorted = cells.map(({ wholeSeconds }) => wholeSeconds).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});

import type { LoadResult } from '../e2e/load/tally.js';
import type { Measured } from './measure.js';

export type Rows = readonly (readonly string[])[];

const HEAD = [
  'deploy',
  'failed / requests',
  'longest gap',
  'p99',
  'new version after',
  'seconds in all',
];

/** The comparison: a head, and a row a way. */
export function comparison(measured: readonly Measured[]): Rows {
  return [HEAD, ...measured.map(row)];
}

/** How each way's requests failed, and what it said of itself. */
export function failures(measured: readonly Measured[]): Rows {
  const rows = measured.map(({ title, verdict, quick, slow }) => [
    title,
    verdict,
    reasonsIn([quick, slow]).join(', ') || 'none',
  ]);
  return [['deploy', 'it says', 'failures'], ...rows];
}

function reasonsIn(loads: readonly LoadResult[]): string[] {
  const counts = new Map<string, number>();
  for (const [reason, count] of loads.flatMap((load) => Object.entries(load.failures))) {
    counts.set(reason, (counts.get(reason) ?? 0) + count);
  }
  return [...counts].map(([reason, count]) => `${number(count)} × ${reason}`);
}

function row({ title, quick, slow, newReleaseMs, deployMs }: Measured): string[] {
  // A site that does not come back has a gap as long as it is watched.
  const bound = newReleaseMs === undefined ? '≥ ' : '';
  const p99Ms = Math.max(...Object.values(quick.streams).map((stream) => stream.p99Ms));
  return [
    title,
    `${number(quick.failed + slow.failed)} / ${number(quick.sent + slow.sent)}`,
    `${bound}${number(quick.longestGapMs)} ms`,
    `${number(Math.round(p99Ms))} ms`,
    newReleaseMs === undefined ? 'never' : seconds(newReleaseMs),
    seconds(deployMs),
  ];
}

/** As Prettier writes a table: every column as wide as its widest cell, all but the first to the right. */
export function markdownTable(rows: Rows): string {
  const [head = [], ...body] = rows;
  const widths = head.map((_, column) =>
    Math.max(3, ...rows.map((cells) => (cells[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join(' | ')} |`;
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [line(head), line(rule), ...body.map(line)].join('\n');
}

/** For a terminal: without the marks that make code and bold of Markdown. */
export function plain(rows: Rows): Rows {
  return rows.map((cells) => cells.map((cell) => cell.replaceAll(/[`*]/g, '')));
}

/**
 * Puts `text` between the markers of that region.
 *
 * @throws Error when a page does not have them.
 */
export function replaceRegion(page: string, text: string, region = 'bench'): string {
  const begin = `<!-- ${region}:begin -->`;
  const end = `<!-- ${region}:end -->`;
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from === -1 || to < from) throw new Error(`The markers ${begin} and ${end} are missing`);
  return `${page.slice(0, from + begin.length)}\n\n${text}\n\n${page.slice(to)}`;
}

/** With commas. */
export function number(value: number): string {
  return value.toLocaleString('en-US');
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

import type { LoadResult, StreamResult } from './tally.js';

/** A load's result for people: a row a stream, then failures by kind, then who answered when. */
export function loadTable(result: LoadResult): string {
  const rows = Object.entries(result.streams).map(([name, stream]) => row(name, stream));
  const total = [
    'all',
    String(result.sent),
    String(result.failed),
    String(result.closed),
    `${String(result.longestGapMs)} ms`,
    '',
    '',
    '',
  ];
  const head = ['stream', 'requests', 'failed', 'closed', 'longest gap', 'p50', 'p99', 'max'];
  return [
    textTable([head, ...rows, total]),
    ...Object.entries(result.failures).map(([reason, count]) => `  ✗ ${String(count)} × ${reason}`),
    ...result.timeline
      .slice(0, 10)
      .map(({ atMs, stream, reason }) => `    at ${seconds(atMs)} ${stream}: ${reason}`),
    ...result.releases.map(
      ({ release, answers, firstMs, lastMs }) =>
        `  ${release.slice(0, 12)} answered ${String(answers)} times, ${seconds(firstMs)} – ${seconds(lastMs)}`,
    ),
  ].join('\n');
}

/** Columns as wide as their widest cell; the first to the left, the others to the right. */
export function textTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const cells of rows) {
    cells.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('   ')
      .trimEnd();
  const [head = [], ...body] = rows;
  const rule = '─'.repeat(widths.reduce((sum, width) => sum + width + 3, -3));
  return [line(head), rule, ...body.map(line)].map((text) => `  ${text}`).join('\n');
}

function row(name: string, stream: StreamResult): string[] {
  return [
    name,
    String(stream.sent),
    String(stream.failed),
    String(stream.closed),
    `${String(stream.longestGapMs)} ms`,
    `${String(stream.p50Ms)} ms`,
    `${String(stream.p99Ms)} ms`,
    `${String(Math.round(stream.maxMs))} ms`,
  ];
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

import type { ActionRun } from '../harness/action.js';
import { phasesIn } from '../harness/report.js';
import { textTable } from '../load/table.js';
import type { LoadResult } from '../load/tally.js';

/** One deploy of the demo. */
export interface Shown {
  readonly title: string;
  readonly run: ActionRun;
  /** Undefined for the first deploy: there is no site yet to be asked. */
  readonly load: LoadResult | undefined;
}

/** What was promised, measured: a row a deploy. */
export function deployTable(shown: readonly Shown[]): string {
  const head = ['deploy', 'result', 'seconds', 'requests', 'failed', 'longest gap', 'p99'];
  const rows = shown.map(({ title, run, load }) => [
    title,
    run.outputs['result'] ?? '',
    seconds(run.durationMs),
    ...(load === undefined ? ['', '', '', ''] : loadCells(load)),
  ]);
  return textTable([head, ...rows]);
}

function loadCells(load: LoadResult): string[] {
  // The requests of 2 s in flight would hide how long the others took.
  const quick = Object.values(load.streams).filter((stream) => stream.p50Ms < 1_000);
  const slowest = Math.max(0, ...quick.map((stream) => stream.p99Ms));
  return [
    String(load.sent),
    String(load.failed),
    `${String(load.longestGapMs)} ms`,
    `${String(slowest)} ms`,
  ];
}

/** A step's title names its services; in a table steps of one kind are one row. */
const ROWS: readonly (readonly [RegExp, string])[] = [
  [/^connect/, 'connect'],
  [/^observe/, 'observe'],
  [/^lease/, 'lease'],
  [/^(build|pull) /, 'build'],
  [/^(copy|bring|remove) /, 'files'],
  [/^run in the new image/, 'pre-deploy'],
  [/^start /, 'start, until ready'],
  [/^(let|tell|wait until) the old/, 'old workers finish'],
  [/^stop /, 'replace what must not run twice'],
  [/^(cut over|reload)/, 'cut over'],
  [/^check the health/, 'health'],
  [/(keeps calling the old|calls the new) containers of /, 'callers'],
  [/^soak/, 'soak'],
  [/^drain the old/, 'drain, stop'],
  [/^(retire|record)/, 'retire, record'],
  [/^roll back/, 'roll back'],
];

/** Seconds that each phase took: a column a deploy. */
export function phaseTable(shown: readonly Shown[]): string {
  const timelines = shown.map(({ run }) => rowsOf(run.report));
  const known = ROWS.map(([, row]) => row);
  const others = timelines.flatMap((timeline) => [...timeline.keys()]);
  const names = [...new Set([...known, ...others])];
  const rows = names.map((name) => [
    name,
    ...timelines.map((timeline) => {
      const ms = timeline.get(name);
      return ms === undefined ? '' : seconds(ms);
    }),
  ]);
  return textTable([['phase', ...shown.map(({ title }) => title)], ...rows]);
}

/** Milliseconds by row, in the order in which the steps were. */
function rowsOf(report: string | undefined): Map<string, number> {
  const rows = new Map<string, number>();
  for (const { name, durationMs } of phasesIn(report)) {
    const row = ROWS.find(([pattern]) => pattern.test(name))?.[1] ?? name;
    rows.set(row, (rows.get(row) ?? 0) + durationMs);
  }
  return rows;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}

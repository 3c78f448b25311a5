import type { ActionRun } from '../harness/action.js';
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

/** Seconds that each phase took: a column a deploy. */
export function phaseTable(shown: readonly Shown[]): string {
  const timelines = shown.map(({ run }) => timelineOf(run.report ?? ''));
  const names = new Set(timelines.flatMap((timeline) => [...timeline.keys()]));
  const rows = [...names].map((name) => [
    name,
    ...timelines.map((timeline) => {
      const ms = timeline.get(name);
      return ms === undefined ? '' : seconds(ms);
    }),
  ]);
  return textTable([['phase', ...shown.map(({ title }) => title)], ...rows]);
}

/** The phases of a report, in their order, with the milliseconds that each took. */
function timelineOf(report: string): Map<string, number> {
  const timeline = new Map<string, number>();
  if (report === '') return timeline;
  const parsed: unknown = JSON.parse(report);
  const phases = fieldOf(parsed, 'timeline');
  for (const phase of Array.isArray(phases) ? phases : []) {
    const name = fieldOf(phase, 'name');
    const durationMs = fieldOf(phase, 'durationMs');
    if (typeof name === 'string' && typeof durationMs === 'number') {
      timeline.set(name, (timeline.get(name) ?? 0) + durationMs);
    }
  }
  return timeline;
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return new Map<string, unknown>(Object.entries(value)).get(name);
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}

import type { Latency } from '../health/latency.js';
import { inOrder, type Phase } from './outcome.js';

/** What is drawn of a run, as Mermaid, which GitHub renders in a summary. Readable as text where nothing does. */

const MOST_BARS = 24;
/** On a phone a longer one would stand beside the picture. */
const LONGEST_NAME = 22;
const TICKS_S = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_800] as const;
const MOST_TICKS = 8;
/** Shorter phases are in the table, and would be a line without width here. */
const LEAST_SHARE = 0.01;

/** The phases of a run on one line of time; '' where there is next to nothing to see. */
export function timelinePicture(phases: readonly Phase[]): string {
  const outer = outermost(phases);
  const endMs = Math.max(0, ...outer.map(({ startMs, durationMs }) => startMs + durationMs));
  const drawn = outer
    .filter(({ durationMs, failed }) => failed || durationMs >= endMs * LEAST_SHARE)
    .slice(0, MOST_BARS);
  if (drawn.length < 3) return '';
  const bars = drawn.map(({ name, startMs, durationMs, failed }) => {
    const tag = failed ? 'crit, ' : '';
    const from = Math.round(startMs);
    return `  ${plainName(name)} :${tag}${String(from)}, ${String(from + Math.max(1, Math.round(durationMs)))}`;
  });
  // `%s` are seconds since 1970: of the run, as it begins at 0 here.
  const tick = TICKS_S.find((each) => endMs / 1_000 / each <= MOST_TICKS) ?? 3_600;
  const axis = ['  axisFormat %s s', `  tickInterval ${String(tick)}second`];
  const head = ['gantt', '  dateFormat x', ...axis, '  todayMarker off'];
  return mermaid([...head, ...bars]);
}

/** The slowest answers of the probe over the run, with the cutover and the watch period as bars; '' where none. */
export function latencyPicture(
  latency: Latency | undefined,
  phases: readonly Phase[],
  clockAtStartMs: number,
): string {
  if (latency === undefined) return '';
  const { fromMs, partMs, slowestMs } = latency;
  const highest = Math.max(0, ...slowestMs);
  if (highest === 0) return '';
  const beganMs = fromMs - clockAtStartMs;
  const heightOf = (phase: Phase): number =>
    isCutover(phase.name) ? highest : isSoak(phase.name) ? highest / 4 : 0;
  const marks = slowestMs.map((_, part) => {
    const [from, until] = [beganMs + part * partMs, beganMs + (part + 1) * partMs];
    const here = phases.filter(
      ({ startMs, durationMs }) => startMs < until && startMs + durationMs > from,
    );
    return Math.round(Math.max(0, ...here.map(heightOf)));
  });
  const end = beganMs + slowestMs.length * partMs;
  const [axisFrom, axisTo] = [beganMs, end].map((ms) => (ms / 1_000).toFixed(1));
  const lines = [
    'xychart-beta',
    '  title "slowest answers; bars: cutover, then watched"',
    `  x-axis "seconds" ${String(axisFrom)} --> ${String(axisTo)}`,
    `  y-axis "ms" 0 --> ${String(Math.max(10, highest))}`,
    `  bar [${marks.join(', ')}]`,
    `  line [${slowestMs.join(', ')}]`,
  ];
  return mermaid(lines);
}

function isCutover(name: string): boolean {
  return /^(cut over|reload)\b/.test(name);
}

function isSoak(name: string): boolean {
  return /^(soak|watch)\b/.test(name);
}

/** Without those that lie within another one. */
function outermost(phases: readonly Phase[]): readonly Phase[] {
  let reachedMs = -1;
  return inOrder(phases).filter(({ startMs, durationMs }) => {
    const isInner = startMs + durationMs <= reachedMs;
    reachedMs = Math.max(reachedMs, startMs + durationMs);
    return !isInner;
  });
}

/** A name from elsewhere as a word of Mermaid: nothing in it ends the name, or the picture. */
function plainName(name: string): string {
  const plain = (name.split(':')[0] ?? '')
    .replace(/[^\p{L}\p{N} ,.()/_-]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return plain.length > LONGEST_NAME ? `${plain.slice(0, LONGEST_NAME - 1)}…` : plain;
}

function mermaid(lines: readonly string[]): string {
  return ['```mermaid', ...lines, '```'].join('\n');
}

import type { Point, Recording } from './hook.js';

/** The end of an entry's name while it is written: it is nothing yet. */
const HALF_WRITTEN = '.new';
/** Files of the lease are its own; of the journal what lies below an entry belongs to that entry. */
const ENTRY = /^(lease|journal)\/[^/]+$/;
/** They stand in every line, and change nothing. */
const WORDS = new Set(['together', 'tidy', 'run', 'run_whole', 'trap', 'set', 'unset', 'rm']);

/**
 * The points of a deploy that was recorded, in their order: the first call of the library after each new entry of the
 * lease and the journal, each line of a critical section and of the finish, and the end of the journal.
 */
export function pointsOf({ trace, critical }: Recording): readonly Point[] {
  const lines = new Set(critical.match(/[a-z_]+(?=\s|$)/gm)?.filter((word) => !WORDS.has(word)));
  const points: Point[] = [];
  const known = new Set<string>();
  let finishing = false;
  const add = (point: Point): void => {
    if (known.has(point.name)) return;
    known.add(point.name);
    points.push(point);
  };
  for (const line of trace.split('\n')) {
    const [call = '', ...all] = line.split('\t');
    const entries = all.map((entry) => entry.replace(/[0-9a-f]{64}|(?<=failed-)\d+/, '*'));
    finishing ||= entries.includes('journal/forward.sh');
    for (const entry of entries) {
      if (!ENTRY.test(entry) || entry.endsWith(HALF_WRITTEN)) continue;
      add({ name: entry, stop: `entry ${entry}` });
    }
    if (lines.has(call) && entries.includes('journal')) {
      const other = finishing ? 'journal/forward.sh' : 'journal';
      add({ name: finishing ? `finish: ${call}` : call, stop: `call ${call} ${other}` });
    }
    if (finishing && !entries.includes('journal') && entries.includes('lease')) {
      add({ name: 'the journal has ended', stop: 'without journal lease' });
    }
  }
  return points;
}

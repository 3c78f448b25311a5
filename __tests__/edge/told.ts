import type { Clock } from '../../src/clock.js';
import type { EdgeNote } from '../../src/edge/note.js';
import type { Log } from '../../src/log.js';

/** What a run said, and how long it would have waited. */
export interface Told {
  readonly log: Log;
  readonly lines: string[];
  readonly notes: EdgeNote[];
  readonly note: (note: EdgeNote) => void;
  /** A clock whose waits are over at once. */
  readonly clock: Clock;
  readonly waitsMs: number[];
  onWait: () => void;
}

export function told(): Told {
  const lines: string[] = [];
  const notes: EdgeNote[] = [];
  const waitsMs: number[] = [];
  const say = (line: string): void => {
    lines.push(line);
  };
  const all: Told = {
    lines,
    notes,
    waitsMs,
    onWait: () => undefined,
    note: (note) => notes.push(note),
    log: { info: say, warn: say, debug: say, remote: say, group: (_, work) => work() },
    clock: {
      now: () => performance.now(),
      sleep: (ms, signal) => {
        waitsMs.push(ms);
        all.onWait();
        return signal?.aborted === true ? Promise.reject(new Error('aborted')) : Promise.resolve();
      },
    },
  };
  return all;
}

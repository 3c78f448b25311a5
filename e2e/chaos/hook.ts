import { chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Host } from '../host/host.js';

/** Where a deploy is stopped: the text of the file `stop`, see traced.sh. */
export interface Point {
  /** What the table calls it. */
  readonly name: string;
  readonly stop: string;
}

/** What a deploy did while it was recorded. */
export interface Recording {
  /** A line each call: the function, and what stood in the state directory, with tabs between. */
  readonly trace: string;
  /** The texts of the critical sections, one after the other; of the finish what stood in the journal. */
  readonly critical: string;
}

/** The other side of traced.sh: files of the host's disk, seen from here. */
export interface Hook {
  record(): Promise<void>;
  /** Ends the recording. */
  recorded(): Promise<Recording>;
  arm(point: Point): Promise<void>;
  /**
   * The processes of the script that is stopped, as the host numbers them, with blanks between; undefined where the
   * deploy ended without coming there.
   */
  reached(ended: Promise<unknown>): Promise<string | undefined>;
  /** What is stopped goes on. */
  go(): Promise<void>;
  disarm(): Promise<void>;
}

export function hookInto(host: Pick<Host, 'privateKeyPath'>): Hook {
  const directory = join(dirname(host.privateKeyPath), 'srv', 'chaos');
  const file = (name: string): string => join(directory, name);
  const begin = async (name: string, text: string): Promise<void> => {
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory);
    await writeFile(file(name), text);
    // Whoever deploys writes here.
    await chmod(directory, 0o777);
  };
  const disarm = (): Promise<void> => rm(directory, { recursive: true, force: true });
  return {
    record: () => begin('record', ''),
    recorded: async () => {
      const trace = await readFile(file('trace'), 'utf8');
      const critical = await readFile(file('critical'), 'utf8');
      const finish = await readFile(file('forward.sh'), 'utf8');
      await disarm();
      return { trace, critical: `${critical}\n${finish}` };
    },
    arm: ({ stop }) => begin('stop', `${stop}\n`),
    reached: async (ended) => {
      const over = new AbortController();
      const mark = (): void => {
        over.abort();
      };
      ended.then(mark, mark);
      for (;;) {
        const wasOver = over.signal.aborted;
        const pids = await readFile(file('reached/pids'), 'utf8').catch(() => '');
        if (pids.endsWith('\n')) return pids.trim();
        if (wasOver) return undefined;
        await wait(10);
      }
    },
    go: () => writeFile(file('go'), ''),
    disarm,
  };
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

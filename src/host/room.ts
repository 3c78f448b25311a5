import type { Room } from '../plan/host-facts.js';
import { numberOf } from '../plan/compose/json.js';
import type { Problem } from './problem.js';
import { commandLine } from './quote.js';
import { linesOf, type Sections } from './sections.js';

/** The least that a run writes: its stage, records and journal; the files of the commit; what shells and Docker put aside. */
const LEAST: Readonly<Record<string, { readonly what: string; readonly kb: number }>> = {
  state: { what: 'the state directory lies', kb: 4_096 },
  stack: { what: 'the directory of the stack lies', kb: 1_024 },
  temporary: { what: 'temporary files lie', kb: 256 },
};
const LEAST_INODES = 50;

/** Why nothing can be written: then whatever else the host answered is not worth reading. */
export function roomProblem(sections: Sections): Problem | undefined {
  return unwritableState(sections) ?? fullDisk(sections) ?? noScratch(sections);
}

function unwritableState(sections: Sections): Problem | undefined {
  const [directory] = linesOf(sections.get('state-unwritable'));
  if (directory === undefined) return undefined;
  return {
    what: `the user may not write to ${directory}, and this action keeps its state below it`,
    next: `On the host: sudo chown "$USER" ${commandLine([directory])}, or log in as the user that it belongs to (the input username). Where the disk was mounted read-only after an error: sudo dmesg | tail`,
  };
}

function fullDisk(sections: Sections): Problem | undefined {
  for (const line of linesOf(sections.get('room'))) {
    const [place = '', ...words] = line.split(' ');
    const room = parseRoom(words.join(' '));
    const least = LEAST[place];
    if (room === undefined || least === undefined) continue;
    const short = shortage(room, least.kb);
    if (short === undefined) continue;
    const at = commandLine([room.path]);
    return {
      what: `the disk of ${room.path} is full, and ${least.what} there: ${short}`,
      next: `Make room on the host: df -h ${at}; df -i ${at}. What Docker could give back: docker system df; docker image prune; docker builder prune. Nothing was changed.`,
    };
  }
  return undefined;
}

function noScratch(sections: Sections): Problem | undefined {
  const said = sections.get('scratch.err')?.trim();
  return said === undefined
    ? undefined
    : {
        what: 'no file can be written on the host',
        next: 'On the host, look at the disk of the home directory: df -h ~; df -i ~; quota -s. Nothing was changed.',
        evidence: said,
      };
}

function shortage({ freeKb, freeInodes }: Room, leastKb: number): string | undefined {
  if (freeKb < leastKb) {
    return `${mebibytes(freeKb)} are free, and at least ${mebibytes(leastKb)} are needed`;
  }
  return freeInodes !== undefined && freeInodes < LEAST_INODES
    ? `${String(freeInodes)} inodes are free, and at least ${String(LEAST_INODES)} are needed`
    : undefined;
}

function mebibytes(kb: number): string {
  return `${(kb / 1024).toFixed(1)} MiB`;
}

/** @param text `KILOBYTES INODES PATH`, as room_in prints it */
export function parseRoom(text: string | undefined): Room | undefined {
  const [, kb, inodes, path] = /^(\d+) (\d+|-) (\/.*)$/.exec(text?.trim() ?? '') ?? [];
  const freeKb = numberOf(kb);
  if (freeKb === undefined || path === undefined) return undefined;
  return { path, freeKb, freeInodes: inodes === '-' ? undefined : numberOf(inodes) };
}

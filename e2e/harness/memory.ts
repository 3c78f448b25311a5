import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from '../host/host.js';

/** What the kernel lets a host have, and what it has now: what its processes hold, without caches. */
export interface HostMemory {
  readonly limitBytes: number;
  readonly heldBytes: number;
  /** Processes that the kernel ended for want of memory, as far as their control groups are still there. */
  readonly oomKills: number;
}

export async function memoryOf(host: Pick<Host, 'number'>): Promise<HostMemory> {
  const name = `stand-in-${String(host.number)}`;
  const one = join('/sys/fs/cgroup/memory', name);
  const two = join('/sys/fs/cgroup', name);
  const limitOfOne = await text(join(one, 'memory.limit_in_bytes'));
  return limitOfOne === undefined
    ? {
        limitBytes: Number(await text(join(two, 'memory.max'))),
        heldBytes: field(await text(join(two, 'memory.stat')), 'anon'),
        oomKills: field(await text(join(two, 'memory.events')), 'oom_kill'),
      }
    : {
        limitBytes: Number(limitOfOne),
        heldBytes: field(await text(join(one, 'memory.stat')), 'total_rss'),
        // Version 1 counts in the group that it happened in only.
        oomKills: await killsBelow(one),
      };
}

async function killsBelow(group: string): Promise<number> {
  let kills = field(await text(join(group, 'memory.oom_control')), 'oom_kill');
  for (const entry of await readdir(group, { withFileTypes: true })) {
    if (entry.isDirectory()) kills += await killsBelow(join(group, entry.name)).catch(gone);
  }
  return kills;
}

/** A container's group may go while it is looked at. */
function gone(error: unknown): number {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0;
  throw error;
}

/** Undefined where there is no such file. */
async function text(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    gone(error);
    return undefined;
  }
}

function field(lines: string | undefined, name: string): number {
  const line = (lines ?? '').split('\n').find((each) => each.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1) ?? 0);
}

/** Looks at the host's memory every 200 ms while `work` goes on. */
export async function memoryDuring<T>(
  host: Pick<Host, 'number'>,
  work: () => Promise<T>,
): Promise<{ readonly value: T; readonly before: HostMemory; readonly peak: HostMemory }> {
  const before = await memoryOf(host);
  let peak = before;
  let looking = Promise.resolve();
  const timer = setInterval(() => {
    looking = looking.then(async () => {
      const now = await memoryOf(host);
      peak = {
        limitBytes: now.limitBytes,
        heldBytes: Math.max(peak.heldBytes, now.heldBytes),
        oomKills: Math.max(peak.oomKills, now.oomKills),
      };
    });
    looking.catch(() => {
      clearInterval(timer);
    });
  }, 200);
  try {
    const value = await work();
    clearInterval(timer);
    await looking;
    return { value, before, peak };
  } finally {
    clearInterval(timer);
  }
}

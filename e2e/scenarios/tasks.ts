import { setTimeout as sleep } from 'node:timers/promises';
import { askSite } from '../harness/http.js';
import { idsByService } from '../harness/snapshot.js';
import { replacing, together } from '../stacks/stack.js';
import type { Bed } from './bed.js';
import type { Checks } from './checks.js';
import type { Scenario } from './scenario.js';
import type { LiveRelease } from './bed.js';
import { checkWhole, underLoad } from './whole.js';

const ORDER_EVERY_MS = 700;

/** From the end of the deploys until the last task is done. */
const DONE_WITHIN_MS = 120_000;

const HEADERS = { host: 'reseeall.com', 'content-type': 'application/json' } as const;

/** What the example tells of a task: each time that a worker began it, and when it was done. */
interface Export {
  readonly finished_at: string | null;
  readonly runs: readonly { readonly release: string; readonly finished_at: string | null }[];
}

export const taskInFlight: Scenario = {
  name: 'task-in-flight',
  home: 'resee',
  sentence: 'a task of 20 s is finished by the worker that began it; no task is lost or done twice',
  from: 'deployed',
  stacks: (stack) => stack.name === 'resee',
  run: async (bed, checks, standing) => {
    const release = bed.nextRelease();
    const sha = await bed.commit('Change the worker', bed.stack.changes.backend(release));
    const before = await bed.lookSettled();
    const run = await duringTask(bed, checks, standing, () => bed.deploy(sha));
    checks.equal(run.outputs['result'], 'deployed', 'result');
    await checkWhole(bed, checks, before, { sha, release });
  },
};

export const schedulerFails: Scenario = {
  name: 'scheduler-fails',
  home: 'resee',
  sentence:
    'a scheduler that does not start takes the release back while the old worker still finishes a task of 20 s; then it works again',
  from: 'deployed',
  stacks: (stack) => stack.name === 'resee',
  run: async (bed, checks, standing) => {
    const broken = replacing('docker-compose.yml', /DatabaseScheduler$/m, 'NoScheduler');
    const change = together(bed.stack.changes.backend(bed.nextRelease()), broken);
    const sha = await bed.commit('Break the scheduler', change);
    const before = await bed.lookSettled();
    const run = await duringTask(bed, checks, standing, () => bed.deploy(sha));
    checks.equal(run.outputs['result'], 'rolled-back', 'result');
    checks.equal(idsByService(await bed.lookSettled()), idsByService(before), 'the containers');
    await checkWhole(bed, checks, before, standing, { rolledBack: true });
  },
};

/** Does `work` under load, while a worker has a task of 20 s in hand; that worker finishes it, and no other. */
async function duringTask<T>(
  bed: Bed,
  checks: Checks,
  standing: LiveRelease,
  work: () => Promise<T>,
): Promise<T> {
  const long = await order(bed, 20);
  await untilExport(bed, long, 20_000, (seen) => seen.runs.length === 1);
  const { value } = await underLoad(bed, checks, () => whileOrdering(bed, checks, work));
  const finished = await untilExport(bed, long, 60_000, (seen) => seen.finished_at !== null);
  checks.equal(
    finished.runs.map((each) => each.release),
    [standing.release],
    'the releases that worked on the long task',
  );
  return value;
}

interface Ordered {
  readonly id: string;
  readonly atMs: number;
}

/**
 * Runs `work` while tasks of a second are ordered, so that workers have always some in hand; then
 * checks that each was accepted, and done exactly once.
 */
export async function whileOrdering<T>(
  bed: Bed,
  checks: Checks,
  work: () => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const beganAt = performance.now();
  const ordered: Ordered[] = [];
  const refused: string[] = [];
  const ordering = (async () => {
    while (!over.signal.aborted) {
      const atMs = Math.round(performance.now() - beganAt);
      await order(bed, 1).then(
        (id) => ordered.push({ id, atMs }),
        (error: unknown) => refused.push(`${String(atMs)} ms: ${String(error)}`),
      );
      // What two workers can do: the tasks must not pile up.
      await sleep(ORDER_EVERY_MS);
    }
  })();
  try {
    return await work();
  } finally {
    over.abort();
    await ordering;
    checks.equal(refused, [], 'the list of tasks that were not accepted');
    await checkEachOnce(bed, checks, ordered);
  }
}

async function checkEachOnce(bed: Bed, checks: Checks, all: readonly Ordered[]): Promise<void> {
  const deadline = performance.now() + DONE_WITHIN_MS;
  const others: string[] = [];
  for (const { id, atMs } of all) {
    const leftMs = Math.max(0, deadline - performance.now());
    const seen = await untilExport(
      bed,
      id,
      leftMs,
      ({ finished_at }) => finished_at !== null,
    ).catch((error: unknown) => String(error));
    if (typeof seen === 'string') others.push(`ordered after ${String(atMs)} ms: ${seen}`);
    else if (seen.runs.length !== 1) others.push(`${id}: done ${String(seen.runs.length)} times`);
  }
  bed.note(`${String(all.length)} tasks were ordered, ${String(others.length)} not done once`);
  checks.equal(others, [], 'the list of tasks that were not done exactly once');
  checks.that(all.length > 10, `more than the ${String(all.length)} tasks were ordered`);
}

/** Orders an export that takes `paceSeconds`, and answers its id. */
async function order(bed: Bed, paceSeconds: number): Promise<string> {
  const answer = await askSite(bed, {
    method: 'POST',
    path: '/api/exports/',
    headers: HEADERS,
    body: JSON.stringify({ pace: paceSeconds }),
  });
  const parsed: unknown = JSON.parse(answer.text);
  if (typeof parsed === 'object' && parsed !== null && 'id' in parsed) return String(parsed.id);
  throw new Error(`An export was not accepted: ${answer.status} ${answer.text}`);
}

async function untilExport(
  bed: Bed,
  id: string,
  timeoutMs: number,
  isSo: (seen: Export) => boolean,
): Promise<Export> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const path = `/api/exports/${id}/`;
    const { status, text } = await askSite(bed, { method: 'GET', path, headers: HEADERS });
    const seen: unknown = status === 200 ? JSON.parse(text) : undefined;
    if (isExport(seen) && isSo(seen)) return seen;
    if (performance.now() > deadline) throw new Error(`Export ${id} is still ${text}`);
    await sleep(100);
  }
}

function isExport(value: unknown): value is Export {
  return (
    typeof value === 'object' &&
    value !== null &&
    'finished_at' in value &&
    'runs' in value &&
    Array.isArray(value.runs)
  );
}

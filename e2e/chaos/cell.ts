import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { ActionRun } from '../harness/action.js';
import { leftovers, type Snapshot } from '../harness/snapshot.js';
import { startLoad } from '../load/load.js';
import { usualLoad } from '../load/spec.js';
import { loadTable } from '../load/table.js';
import type { LoadResult } from '../load/tally.js';
import type { Bed } from '../scenarios/bed.js';
import type { Checks } from '../scenarios/checks.js';
import type { LiveRelease } from '../scenarios/bed.js';
import { checkWhole } from '../scenarios/whole.js';
import type { Fault } from './faults.js';
import { exists, type Hook, type Point } from './hook.js';
import type { Cell } from './results.js';
import { startWriter } from './writer.js';

/** The lease, and what the watchdog may take after it. */
const WHOLE_WITHIN_MS = 70_000;
/** So much longer is looked, to tell how long it took. */
const LOOKED_MS = 150_000;
/** Some forty requests a second of every sort: several hosts share the machine. */
const SCALE = 0.3;

export interface Around {
  readonly hook: Hook;
  /** What is said of every deploy. */
  readonly inputs: Readonly<Record<string, string>>;
}

/** One deploy that meets the fault at the point, and the next one. Answers what came of it, and what runs then. */
export async function runCell(
  bed: Bed,
  checks: Checks,
  standing: LiveRelease,
  [point, fault]: readonly [Point, Fault],
  { hook, inputs }: Around,
): Promise<{ readonly cell: Cell; readonly standing: LiveRelease }> {
  const release = bed.nextRelease();
  const sha = await bed.commit(
    `${fault.name} at ${point.name}`,
    bed.stack.changes.backend(release),
  );
  const before = await bed.lookSettled();
  await hook.arm(point);
  const { value, load } = await used(bed, checks, async () => {
    const running = await bed.start(sha, { inputs });
    const pids = await hook.reached(running.done);
    if (pids === undefined) throw new Error(`the deploy did not come to ${point.name}`);
    const struck = await fault.strike({ host: bed.host, hook, running, pids });
    const [wholeAt, run] = await Promise.all([untilWhole(bed), struck.run]);
    return { run, wholeMs: wholeAt - struck.since };
  });
  await hook.disarm();
  const seen = await bed.look();
  const stands = seen.head === sha ? { sha, release } : standing;
  checks.equal(failuresOfDeploy(load, fault), {}, 'failed requests');
  checks.that(
    value.wholeMs <= WHOLE_WITHIN_MS,
    `whole after ${seconds(value.wholeMs)}, which is more than the lease and 10 s`,
  );
  checkTold(checks, value.run, stands.sha === sha);
  await checkWhole(bed, checks, before, stands, { rolledBack: true });
  const next = await checkNext(bed, checks, seen, inputs);
  return {
    standing: next.standing,
    cell: {
      step: point.name,
      fault: fault.name,
      failed: load.failed,
      requests: load.sent,
      wholeSeconds: Math.max(0, Math.round(value.wholeMs / 100) / 10),
      stands: stands.sha === sha ? 'new' : 'old',
      next: next.result,
      nextFailed: next.failed,
      problems: [],
    },
  };
}

/** The failures that the engine itself does not answer for. */
function failuresOfDeploy({ failures }: LoadResult, fault: Fault): LoadResult['failures'] {
  if (fault.stopsEngine === true) return {};
  const { ECONNREFUSED, ...others } = failures;
  return fault.closesPorts === true || ECONNREFUSED === undefined ? others : failures;
}

/** A run that says `deployed` and is green has left its release, one that says `rolled-back` the former one. */
function checkTold(checks: Checks, run: ActionRun | undefined, isNew: boolean): void {
  const told = run?.outputs['result'];
  if (told === 'deployed') checks.that(isNew, 'a run that says deployed has left its release');
  if (told === 'rolled-back')
    checks.that(!isNew, 'a run that says rolled-back has left the old one');
  if (run?.exitCode === 0) checks.equal(told, 'deployed', 'what a green run says');
}

async function checkNext(
  bed: Bed,
  checks: Checks,
  before: Snapshot,
  inputs: Readonly<Record<string, string>>,
): Promise<{ standing: LiveRelease; result: string; failed: number }> {
  const release = bed.nextRelease();
  const sha = await bed.commit('The next one', bed.stack.changes.backend(release));
  const { value: run, load } = await used(bed, checks, () => bed.deploy(sha, { inputs }));
  const result = run.outputs['result'] ?? 'nothing';
  checks.equal(result, 'deployed', 'result of the next deploy');
  checks.equal(run.exitCode, 0, 'the exit code of the next deploy');
  checks.equal(load.failures, {}, 'failed requests in the next deploy');
  await checkWhole(bed, checks, before, { sha, release });
  return { standing: { sha, release }, result, failed: load.failed };
}

/** Does it while the site is used, and while rows are written; every row that the store took must be there. */
async function used<T>(
  bed: Bed,
  checks: Checks,
  work: () => Promise<T>,
): Promise<{ value: T; load: LoadResult }> {
  const { paths, tellRelease, release } = bed.stack;
  const load = startLoad(usualLoad(bed.base, { ...paths, release: tellRelease }, release, SCALE));
  const writer = await startWriter(bed);
  try {
    await load.answered(1, 15_000);
    const value = await work();
    const result = await load.stop();
    bed.note(loadTable(result));
    const { taken, lost } = await writer.stop();
    bed.note(`${String(taken)} rows written`);
    checks.that(taken > 0, 'rows were written');
    checks.equal(lost, 0, 'rows that are lost');
    return { value, load: result };
  } finally {
    await load.stop();
  }
}

/**
 * When no lease and no journal is left, and the containers are those of one release: also where the run itself does not
 * know it yet. @throws Error when it does not come
 */
async function untilWhole(bed: Bed): Promise<number> {
  const home = join(dirname(bed.host.privateKeyPath), 'home', 'ec2-user');
  const state = join(home, '.local/state/resee-deploy', bed.place.project);
  const deadline = performance.now() + LOOKED_MS;
  for (;;) {
    if (!(await exists(join(state, 'lease'))) && !(await exists(join(state, 'journal')))) {
      const at = performance.now();
      const seen = await bed.look();
      const left = leftovers({ ...seen, danglingImages: [] }, bed.place, bed.stack.services);
      if (left.length === 0) return at;
      if (performance.now() > deadline) throw new Error(`not whole: ${left.join('; ')}`);
    }
    if (performance.now() > deadline) {
      const left = leftovers(await bed.look(), bed.place, bed.stack.services);
      throw new Error(`not whole: ${left.join('; ')}`);
    }
    await wait(100);
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

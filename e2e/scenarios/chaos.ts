import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCell } from '../chaos/cell.js';
import { type Fault, faults } from '../chaos/faults.js';
import { hookInto, type Point } from '../chaos/hook.js';
import { instrumentedCopy } from '../chaos/instrument.js';
import { pointsOf } from '../chaos/points.js';
import { type Cell, keepResult } from '../chaos/results.js';
import { cacheDirectory } from '../host/host.js';
import { type Bed, emptyHost, placeFiles } from './bed.js';
import { type Checks, collectChecks } from './checks.js';
import { installCron } from './power.js';
import type { Scenario } from './scenario.js';
import type { LiveRelease } from './bed.js';

/** Short, as what is waited for here is something else. */
const INPUTS = { soak: '1s', 'drain-timeout': '4s' };

/** Every fault by itself, so that several hosts share them. */
export const chaos: readonly Scenario[] = faults.map((fault, n) => ({
  name: `chaos-${fault.name}`,
  home: 'tiny',
  apart: true,
  sentence: `at every step of a deploy: ${fault.sentence}; the stack is whole afterwards, and the next deploy green`,
  from: 'empty',
  stacks: ({ name }) => name === 'tiny',
  run: async (bed, checks, { release }) => {
    await onTracedBed(bed, async (traced) => {
      await tryPoints(traced, checks, release, {
        prepare: async () => fault.prepare?.(bed.host),
        pairs: (all) => all.filter(isWanted(n)).map((point) => [point, fault]),
        tried: (points, cell) =>
          keepResult(cell, {
            fault: fault.name,
            sentence: fault.sentence,
            at: new Date().toISOString(),
            engine: `Engine ${bed.host.engineVersion}, Compose ${bed.host.composeVersion}`,
            steps: points.map(({ name }) => name),
          }),
      });
    });
  },
}));

/** After these nothing waits for a lease to end. */
const QUICK = faults.filter(({ name }) => name === 'cancelled' || name === 'script-killed');
const EACH = 4;

export const someSteps: Scenario = {
  name: 'some-steps-fail',
  home: 'tiny',
  sentence:
    'at each fourth step of a deploy the run is cancelled, or its script on the host killed; the stack is whole afterwards, and the next deploy green',
  from: 'empty',
  apart: true,
  stacks: ({ name }) => name === 'tiny',
  run: async (bed, checks, { release }) => {
    await onTracedBed(bed, async (traced) => {
      await tryPoints(traced, checks, release, {
        pairs: (all) =>
          all
            .filter((_, n) => n % EACH === EACH - 1)
            .flatMap((point, n) => QUICK.slice(n % 2, (n % 2) + 1).map((fault) => [point, fault])),
      });
    });
  },
};

async function onTracedBed(bed: Bed, work: (traced: Bed) => Promise<void>): Promise<void> {
  const { directory: action, remove } = await instrumentedCopy(bed.action);
  try {
    await work({
      ...bed,
      start: (sha, said) => bed.start(sha, { ...said, action }),
      deploy: (sha, said) => bed.deploy(sha, { ...said, action }),
    });
  } finally {
    await remove();
  }
}

interface Wanted {
  /** What the host needs before. */
  readonly prepare?: () => Promise<void>;
  readonly pairs: (points: readonly Point[]) => readonly (readonly [Point, Fault])[];
  readonly tried?: (points: readonly Point[], cell: Cell) => Promise<void>;
}

async function tryPoints(
  bed: Bed,
  checks: Checks,
  release: string,
  { prepare, pairs, tried }: Wanted,
): Promise<void> {
  await begin(bed, release);
  const points = await recordPoints(bed);
  await installCron(bed);
  await prepare?.();
  let stands = await begin(bed, release);
  for (const [point, fault] of pairs(points)) {
    const { cell, standing } = await tryPoint(bed, stands, point, fault);
    for (const problem of cell.problems) checks.that(false, `${point.name}: ${problem}`);
    checks.that(true, point.name);
    await tried?.(points, cell);
    stands = standing ?? (await begin(bed, release));
  }
}

/**
 * With `RESEE_CHAOS_STEPS`, only steps that match this expression; with `RESEE_CHAOS_EACH=3` each fault at each third
 * step, other ones for each fault.
 */
function isWanted(fault: number): (point: Point, step: number) => boolean {
  const named = new RegExp(process.env['RESEE_CHAOS_STEPS'] ?? '');
  const each = Number(process.env['RESEE_CHAOS_EACH'] ?? '1');
  return ({ name }, step) => named.test(name) && (step + fault) % each === 0;
}

/** An empty host, and on it a release whose store loses no row that it took, whatever ends it. */
async function begin(bed: Bed, release: string): Promise<LiveRelease> {
  await emptyHost(bed);
  await placeFiles(bed);
  const sha = await bed.commit('A release to begin with', async (fixture) => {
    const file = await fixture.read(COMPOSE_FILE);
    const kept = file.includes(KEPT) ? file : file.replace(/image: redis.*\n/, `$&${KEPT}`);
    return { [COMPOSE_FILE]: kept, ...(await bed.stack.changes.backend(release)(fixture)) };
  });
  const run = await bed.deploy(sha, { inputs: INPUTS });
  if (run.outputs['result'] !== 'deployed') {
    throw new Error(`The first deploy failed:\n${run.log.slice(-2_000)}`);
  }
  return { sha, release };
}

const COMPOSE_FILE = 'docker-compose.yml';
const KEPT = "    command: ['redis-server', '--appendonly', 'yes', '--appendfsync', 'always']\n";

async function recordPoints(bed: Bed): Promise<readonly Point[]> {
  const hook = hookInto(bed.host);
  const sha = await bed.commit('Recorded', bed.stack.changes.backend(bed.nextRelease()));
  await hook.record();
  const run = await bed.deploy(sha, { inputs: INPUTS });
  if (run.outputs['result'] !== 'deployed') throw new Error(run.log.slice(-2_000));
  const points = pointsOf(await hook.recorded());
  bed.note(['The steps:', ...points.map(({ name }) => name)].join('\n'));
  return points;
}

interface Tried {
  readonly cell: Cell;
  /** Undefined where nobody can tell what runs. */
  readonly standing: LiveRelease | undefined;
}

async function tryPoint(bed: Bed, stands: LiveRelease, point: Point, fault: Fault): Promise<Tried> {
  const checks = collectChecks();
  const began = performance.now();
  bed.takeLog();
  const around = { hook: hookInto(bed.host), inputs: INPUTS };
  const result = await runCell(bed, checks, stands, [point, fault], around).catch(
    (error: unknown) => {
      checks.that(false, error instanceof Error ? (error.stack ?? error.message) : String(error));
      return undefined;
    },
  );
  const problems = checks.failures;
  const cell = { ...(result?.cell ?? nothingOf(point, fault)), problems };
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  console.log(
    `${problems.length === 0 ? '·' : '✗'} ${fault.name} at ${point.name}: ${cell.stands}, whole after ${String(cell.wholeSeconds)} s, ${String(cell.failed)} of ${String(cell.requests)} failed (${seconds} s)`,
  );
  for (const problem of problems) console.log(`    - ${problem.slice(0, 2_000)}`);
  if (problems.length > 0) await keepLog(cell, [...problems, bed.takeLog()].join('\n'));
  // After something that was not as promised, what follows would show that once more.
  return { cell, standing: problems.length === 0 ? result?.standing : undefined };
}

function nothingOf({ name }: Point, fault: Fault): Omit<Cell, 'problems'> {
  const numbers = { failed: 0, requests: 0, wholeSeconds: 0, nextFailed: 0 };
  return { step: name, fault: fault.name, ...numbers, stands: 'old', next: 'nothing' };
}

async function keepLog({ fault, step }: Cell, text: string): Promise<void> {
  const directory = join(cacheDirectory(), 'logs', 'chaos', fault);
  await mkdir(directory, { recursive: true });
  const file = join(directory, `${step.replaceAll(/[^a-z0-9.-]+/g, '-')}.log`);
  await writeFile(file, text);
  console.log(`    the log: ${file}`);
}

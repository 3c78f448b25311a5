import { memoryDuring } from '../e2e/harness/memory.js';
import { measureOverhead } from '../e2e/harness/overhead.js';
import type { Bed } from '../e2e/scenarios/bed.js';
import { type Change, replacing } from '../e2e/stacks/stack.js';
import { type Rows, number, seconds } from './tables.js';

const SOAK_MS = 1_000;
const TRIES = 3;

/** What a deploy costs beyond the site's own time, to a host that is so far away. */
export async function overheads(bed: Bed): Promise<Rows> {
  const rows: string[][] = [];
  for (const roundTripMs of [0, 200]) {
    const measured = [];
    for (let n = 0; n < TRIES; n += 1) {
      measured.push(
        await measureOverhead(bed, await oneLine(bed), { roundTripMs, soakMs: SOAK_MS }),
      );
    }
    const best = measured.reduce((a, b) => (b.overheadMs < a.overheadMs ? b : a));
    // Apart, without the probe's requests, which nobody waits for.
    const options = { roundTripMs, soakMs: SOAK_MS, quiet: true };
    const counted =
      roundTripMs === 0 ? undefined : await measureOverhead(bed, await oneLine(bed), options);
    rows.push([
      `${String(roundTripMs)} ms`,
      seconds(best.overheadMs),
      seconds(best.totalMs),
      counted === undefined ? '' : String(counted.roundTrips),
    ]);
  }
  return [
    ['round trip to the host', 'beyond the site’s own', 'seconds in all', 'round trips'],
    ...rows,
  ];
}

/** The stack with so many workers of the backend's source, all of which a change of it rolls. */
const SIZES = [
  { workers: 0, replicas: 1 },
  { workers: 4, replicas: 1 },
  { workers: 19, replicas: 1 },
  { workers: 0, replicas: 3 },
] as const;

/** What a deploy costs when more has to roll: services, and replicas of the one that is routed. */
export async function growth(bed: Bed): Promise<Rows> {
  const rows: string[][] = [];
  for (const size of SIZES) {
    const grown = await bed.commit('Another size', sized(size.workers, size.replicas));
    await brought(bed, grown);
    const { value, before, peak } = await memoryDuring(bed.host, async () =>
      deployed(bed, await oneLine(bed)),
    );
    rows.push([
      `${String(size.workers + 1)} × ${String(size.replicas)}`,
      seconds(value),
      `${number(Math.round((peak.heldBytes - before.heldBytes) / 1024 ** 2))} MiB`,
    ]);
    // The next one begins where this one began.
    await brought(bed, await bed.commit('The size as it was', original));
  }
  return [['services × replicas that roll', 'seconds in all', 'most memory beside'], ...rows];
}

async function oneLine(bed: Bed): Promise<string> {
  return bed.commit('One line', bed.stack.changes.backend(bed.nextRelease()));
}

/** Deploys, and answers how long it took. */
async function deployed(bed: Bed, sha: string): Promise<number> {
  const { result, durationMs } = await brought(bed, sha);
  if (result !== 'deployed') throw new Error(`The result of ${sha} is ${result}`);
  return durationMs;
}

/** The same for a size that may be the one that runs. */
async function brought(
  bed: Bed,
  sha: string,
): Promise<{ readonly result: 'deployed' | 'unchanged'; readonly durationMs: number }> {
  const run = await bed.deploy(sha, {
    inputs: { soak: `${String(SOAK_MS)}ms`, 'ready-timeout': '120s' },
  });
  const { result } = run.outputs;
  if (result !== 'deployed' && result !== 'unchanged') throw new Error(run.log.slice(-3_000));
  return { result, durationMs: run.durationMs };
}

const COMPOSE = 'docker-compose.yml';
const MARK = '# The size of the stack: ';

function sized(workers: number, replicas: number): Change {
  const more = Array.from(
    { length: workers },
    (_, n) => `  worker${String(n)}:
    build: ./api
    command: ['python', 'worker.py']
    init: true
`,
  ).join('');
  return replacing(
    COMPOSE,
    'services:\n  api:\n',
    `services:\n${MARK}begin\n${more}${MARK}end\n  api:\n    deploy: { replicas: ${String(replicas)} }\n`,
  );
}

const original = replacing(
  COMPOSE,
  new RegExp(`${MARK}begin\\n[^]*${MARK}end\\n {2}api:\\n {4}deploy: .*\\n`),
  '  api:\n',
);

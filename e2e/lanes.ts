import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CleanUp } from './harness/signals.js';
import { cacheDirectory, type Host, type Suite, up } from './host/host.js';
import { type Bed, emptyHost, makeBed } from './scenarios/bed.js';
import { collectChecks } from './scenarios/checks.js';
import type { Trial } from './scenarios/scenario.js';
import { makeStage, type Stage } from './scenarios/stage.js';
import type { Stack } from './stacks/stack.js';

/** What runs on one host in one go: scenarios on a stack, each beginning where the last one ended. */
export interface Group {
  readonly stack: string;
  readonly scenarios: readonly { readonly name: string; readonly sentence: string }[];
  /** It measures time, and wants the machine for itself. */
  readonly alone: boolean;
  /** Runs them on the host, and leaves it empty. Answers the names of the ones that failed. */
  run(host: Host, action: string): Promise<string[]>;
}

export function group<S extends Stack>(
  stack: S,
  scenarios: readonly Trial<S>[],
  alone = false,
): Group {
  return {
    stack: stack.name,
    scenarios,
    alone,
    run: async (host, action) => {
      const { bed, first } = await makeBed({ host, stack, action });
      const stage = makeStage(bed, first);
      const failed: string[] = [];
      try {
        for (const scenario of scenarios) {
          if (!(await runOne(bed, stage, scenario))) failed.push(`${stack.name}/${scenario.name}`);
        }
        await emptyHost(bed);
      } finally {
        await bed.fixture.remove();
      }
      return failed;
    },
  };
}

export interface LaneOptions {
  /** How many hosts stand side by side at most. */
  readonly lanes: number;
  readonly suite: Suite;
  /** The directory of action.yml and dist/. */
  readonly action: string;
  /** What every host has from the start: see prepareDockerData. */
  readonly dockerData: string;
  /** Grows as hosts come up; whoever owns it takes them down. */
  readonly cleanUps: CleanUp[];
}

/**
 * Runs all groups: a lane is a host that takes the next group as soon as it is done with one, so put
 * the longest first. Those that want to be alone come last. Answers the names of what failed.
 */
export async function runInLanes(
  groups: readonly Group[],
  options: LaneOptions,
): Promise<string[]> {
  const together = groups.filter(({ alone }) => !alone);
  const alone = groups.filter((each) => each.alone);
  const failed: string[] = [];
  const lane = async (number: number, queue: Group[]): Promise<void> => {
    const host = await open(number, options);
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      failed.push(...(await next.run(host, options.action)));
    }
  };
  const queue = [...together];
  const numbers = Array.from({ length: Math.min(options.lanes, queue.length) }, (_, n) => n + 1);
  await Promise.all(numbers.map((number) => lane(number, queue)));
  if (alone.length > 0) await lane(numbers.length + 1, [...alone]);
  return failed;
}

async function open(number: number, { suite, dockerData, cleanUps }: LaneOptions): Promise<Host> {
  const name = `e2e-${String(number)}-${String(process.pid)}`;
  const host = await up({ name, suite, dockerData });
  cleanUps.push(() => host.down());
  console.log(
    `host ${String(number)}: Engine ${host.engineVersion}, Compose ${host.composeVersion}`,
  );
  return host;
}

async function runOne<S extends Stack>(
  bed: Bed<S>,
  stage: Stage,
  scenario: Trial<S>,
): Promise<boolean> {
  const checks = collectChecks();
  const failures: string[] = [];
  let startedAt = performance.now();
  bed.takeLog();
  try {
    const standing = await stage.prepare(scenario);
    startedAt = performance.now();
    await scenario.run(bed, checks, standing);
    if (checks.failures.length === 0 && scenario.reusable !== false) await stage.keep();
  } catch (error) {
    failures.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  failures.unshift(...checks.failures);

  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const log = await keepLog(bed, scenario.name);
  if (failures.length === 0) {
    console.log(
      `✓ ${bed.stack.name}/${scenario.name} (${seconds} s, ${checks.made} checks): ${scenario.sentence}`,
    );
    return true;
  }
  console.log(`✗ ${bed.stack.name}/${scenario.name} (${seconds} s): ${scenario.sentence}`);
  for (const failure of failures) console.log(`    - ${failure.replaceAll('\n', '\n      ')}`);
  console.log(`    the log of its runs: ${log}`);
  return false;
}

async function keepLog(bed: Bed<Stack>, name: string): Promise<string> {
  const directory = join(cacheDirectory(), 'logs', bed.stack.name);
  await mkdir(directory, { recursive: true });
  const file = join(directory, `${name}.log`);
  await writeFile(file, bed.takeLog());
  return file;
}

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { takeBundle } from './harness/bundle.js';
import { type CleanUp, cleanUpOnSignal } from './harness/signals.js';
import { cacheDirectory, type Host, type Suite, up } from './host/host.js';
import { baseImages } from './images/images.js';
import { type Bed, makeBed } from './scenarios/bed.js';
import { collectChecks } from './scenarios/checks.js';
import { scenarios } from './scenarios/index.js';
import type { Scenario } from './scenarios/scenario.js';
import { makeStage, type Stage } from './scenarios/stage.js';
import { stacks } from './stacks/index.js';
import type { StackDefinition } from './stacks/stack.js';

const USAGE = `npm run e2e -- [--stack resee|tiny] [--suite trixie|forky] [--list] [SCENARIO…]
A name stands for that scenario, or for all that begin with it; without one all of them run.
Without a stack each runs on its own one, both stacks side by side.`;

/** Scenarios that run one after the other, on one host. */
interface Lane {
  readonly stack: StackDefinition;
  readonly chosen: readonly Scenario[];
}

interface Wish {
  readonly lanes: readonly Lane[];
  readonly suite: Suite;
  readonly listOnly: boolean;
}

function parse(argv: readonly string[]): Wish {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      stack: { type: 'string' },
      suite: { type: 'string', default: 'trixie' },
      list: { type: 'boolean', default: false },
    },
  });
  if (values.suite !== 'trixie' && values.suite !== 'forky') {
    throw new Error(`No suite "${values.suite}"\n${USAGE}`);
  }
  if (values.stack !== undefined && !stacks.some(({ name }) => name === values.stack)) {
    throw new Error(`No stack "${values.stack}"\n${USAGE}`);
  }
  const wanted = positionals.flatMap(named);
  const lanes = stacks.map((stack) => ({
    stack,
    chosen: scenarios.filter(
      (scenario) =>
        (values.stack ?? scenario.home) === stack.name &&
        (scenario.stacks?.(stack) ?? true) &&
        (positionals.length === 0 ? scenario.alone !== true : wanted.includes(scenario)),
    ),
  }));
  return {
    lanes: lanes.filter(({ chosen }) => chosen.length > 0),
    suite: values.suite,
    listOnly: values.list,
  };
}

/** The scenario of that name, or all whose names begin with it. */
function named(name: string): readonly Scenario[] {
  const exact = scenarios.filter((scenario) => scenario.name === name);
  const found =
    exact.length > 0 ? exact : scenarios.filter((scenario) => scenario.name.startsWith(name));
  if (found.length === 0) throw new Error(`No scenario "${name}"\n${USAGE}`);
  return found;
}

async function main(): Promise<void> {
  const { lanes, suite, listOnly } = parse(process.argv.slice(2));
  if (listOnly) {
    for (const { stack, chosen } of lanes) {
      for (const { name, sentence } of chosen) {
        console.log(`${`${stack.name}/${name}`.padEnd(34)}${sentence}`);
      }
    }
    return;
  }
  // Grows as things come up; a signal finds all that is there.
  const cleanUps: CleanUp[] = [];
  const release = cleanUpOnSignal(cleanUps);
  try {
    const bundle = await takeBundle();
    cleanUps.push(bundle.remove);
    const archives = await baseImages();
    const opened: OpenLane[] = [];
    for (const lane of lanes) {
      const host = await up({ name: `e2e-${lane.stack.name}-${process.pid}`, suite });
      cleanUps.push(() => host.down());
      await host.loadImages(archives);
      const open = await openLane(host, bundle.directory, lane);
      cleanUps.push(open.close);
      opened.push(open);
    }
    const together = await Promise.all(
      opened.map((lane) => lane.run(({ alone = false }) => !alone)),
    );
    const failed = together.flat();
    for (const lane of opened) failed.push(...(await lane.run(({ alone = false }) => alone)));
    await conclude(lanes, failed);
  } finally {
    release();
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
  }
}

async function conclude(lanes: readonly Lane[], failed: readonly string[]): Promise<void> {
  const all = lanes.reduce((sum, { chosen }) => sum + chosen.length, 0);
  const counts = { passed: all - failed.length, failed: failed.length };
  for (const name of failed) console.log(`✗ ${name}`);
  console.log(`\n${counts.passed} passed, ${counts.failed} failed`);
  const file = process.env['RESEE_E2E_REPORT'];
  if (file !== undefined) await writeFile(file, `${JSON.stringify(counts)}\n`);
  process.exitCode = failed.length === 0 && all > 0 ? 0 : 1;
}

interface OpenLane {
  /** Runs those of its scenarios; answers the names of the ones that failed. */
  run(these: (scenario: Scenario) => boolean): Promise<string[]>;
  readonly close: CleanUp;
}

async function openLane(host: Host, action: string, { stack, chosen }: Lane): Promise<OpenLane> {
  console.log(`${stack.name}: Engine ${host.engineVersion}, Compose ${host.composeVersion}`);
  const { bed, first } = await makeBed({ host, stack, action });
  const stage = makeStage(bed, first);
  return {
    run: async (these) => {
      const failed: string[] = [];
      for (const scenario of chosen.filter(these)) {
        if (!(await runOne(bed, stage, scenario))) failed.push(`${stack.name}/${scenario.name}`);
      }
      return failed;
    },
    close: () => bed.fixture.remove(),
  };
}

async function runOne(bed: Bed, stage: Stage, scenario: Scenario): Promise<boolean> {
  const checks = collectChecks();
  const failures: string[] = [];
  let startedAt = performance.now();
  bed.takeLog();
  try {
    const standing = await stage.prepare(scenario);
    startedAt = performance.now();
    await scenario.run(bed, checks, standing);
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
    await stage.keep();
    return true;
  }
  console.log(`✗ ${bed.stack.name}/${scenario.name} (${seconds} s): ${scenario.sentence}`);
  for (const failure of failures) console.log(`    - ${failure.replaceAll('\n', '\n      ')}`);
  console.log(`    the log of its runs: ${log}`);
  return false;
}

async function keepLog(bed: Bed, name: string): Promise<string> {
  const directory = join(cacheDirectory(), 'logs', bed.stack.name);
  await mkdir(directory, { recursive: true });
  const file = join(directory, `${name}.log`);
  await writeFile(file, bed.takeLog());
  return file;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? (error.stack ?? error.message) : error);
  process.exitCode = 1;
});

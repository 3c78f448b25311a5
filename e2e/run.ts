import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { takeBundle } from './harness/bundle.js';
import { downOnSignal } from './harness/signals.js';
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
A name stands for that scenario, or for all that begin with it; without one all of them run.`;

interface Wish {
  readonly stack: StackDefinition;
  readonly suite: Suite;
  readonly chosen: readonly Scenario[];
  readonly listOnly: boolean;
}

function parse(argv: readonly string[]): Wish {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      stack: { type: 'string', default: 'resee' },
      suite: { type: 'string', default: 'trixie' },
      list: { type: 'boolean', default: false },
    },
  });
  const stack = stacks.find(({ name }) => name === values.stack);
  if (stack === undefined) throw new Error(`No stack "${values.stack}"\n${USAGE}`);
  if (values.suite !== 'trixie' && values.suite !== 'forky') {
    throw new Error(`No suite "${values.suite}"\n${USAGE}`);
  }
  const possible = scenarios.filter((scenario) => scenario.stacks?.(stack) ?? true);
  const wanted = positionals.flatMap((name) => named(possible, name));
  const chosen = possible.filter(
    (scenario) => positionals.length === 0 || wanted.includes(scenario),
  );
  return { stack, suite: values.suite, chosen, listOnly: values.list };
}

/** The scenario of that name, or all whose names begin with it. */
function named(possible: readonly Scenario[], name: string): readonly Scenario[] {
  const exact = possible.filter((scenario) => scenario.name === name);
  const found =
    exact.length > 0 ? exact : possible.filter((scenario) => scenario.name.startsWith(name));
  if (found.length === 0) throw new Error(`No scenario "${name}" for this stack\n${USAGE}`);
  return found;
}

async function main(): Promise<void> {
  const wish = parse(process.argv.slice(2));
  if (wish.listOnly) {
    for (const { name, sentence } of wish.chosen) console.log(`${name.padEnd(32)}${sentence}`);
    return;
  }
  const bundle = await takeBundle();
  const archives = await baseImages();
  const host = await up({ name: `e2e-${wish.stack.name}-${process.pid}`, suite: wish.suite });
  const release = downOnSignal(host);
  try {
    await host.loadImages(archives);
    console.log(
      `${wish.stack.name} on Engine ${host.engineVersion}, Compose ${host.composeVersion}\n`,
    );
    const failed = await runAll(host, bundle.directory, wish);
    const passed = wish.chosen.length - failed.length;
    console.log(`\n${passed} passed, ${failed.length} failed`);
    for (const name of failed) console.log(`  ✗ ${name}`);
    await report({ passed, failed: failed.length });
    process.exitCode = failed.length === 0 ? 0 : 1;
  } finally {
    release();
    await host.down();
    await bundle.remove();
  }
}

async function runAll(host: Host, action: string, { stack, chosen }: Wish): Promise<string[]> {
  const { bed, first } = await makeBed({ host, stack, action });
  const stage = makeStage(bed, first);
  const failed: string[] = [];
  try {
    for (const scenario of chosen) {
      if (!(await runOne(bed, stage, scenario))) failed.push(scenario.name);
    }
  } finally {
    await bed.fixture.remove();
  }
  return failed;
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
    console.log(`✓ ${scenario.name} (${seconds} s, ${checks.made} checks): ${scenario.sentence}`);
    await stage.keep();
    return true;
  }
  console.log(`✗ ${scenario.name} (${seconds} s): ${scenario.sentence}`);
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

async function report(counts: { passed: number; failed: number }): Promise<void> {
  const file = process.env['RESEE_E2E_REPORT'];
  if (file !== undefined) await writeFile(file, `${JSON.stringify(counts)}\n`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? (error.stack ?? error.message) : error);
  process.exitCode = 1;
});

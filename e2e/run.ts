import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { CORE } from './core.js';
import { takeBundle } from './harness/bundle.js';
import { type CleanUp, cleanUpOnSignal } from './harness/signals.js';
import { type Suite, SUITES } from './host/host.js';
import { loadedImages } from './images/loaded.js';
import { type Group, group, runInLanes } from './lanes.js';
import { scenarios, trials } from './scenarios/index.js';
import { others, stacks } from './stacks/index.js';

const ALL_STACKS = [...stacks, ...others];
const USAGE = `npm run e2e -- [--stack NAME] [--suite ${SUITES.join('|')}] [--lanes NUMBER] [--all] [--list] [SCENARIO…]
A name stands for that scenario, or for all that begin with it. Without one and without a stack the core of them runs
(core.ts), or, with --all, each that does not have to be named.
Without a stack each runs on its own one. The stacks: ${ALL_STACKS.map(({ name }) => name).join(', ')}.`;

/** Two cores stand two hosts: with a third one, requests wait longer for a core than they may. */
const LANES = 2;

interface Wish {
  readonly groups: readonly Group[];
  readonly suite: Suite;
  readonly listOnly: boolean;
  readonly lanes: number;
}

function parse(argv: readonly string[]): Wish {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      stack: { type: 'string' },
      suite: { type: 'string', default: 'trixie' },
      all: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      lanes: { type: 'string', default: String(LANES) },
    },
  });
  const suite = SUITES.find((each) => each === values.suite);
  if (suite === undefined) throw new Error(`No suite "${values.suite}"\n${USAGE}`);
  if (values.stack !== undefined && !ALL_STACKS.some(({ name }) => name === values.stack)) {
    throw new Error(`No stack "${values.stack}"\n${USAGE}`);
  }
  return {
    groups: groupsOf(values, positionals),
    suite,
    listOnly: values.list,
    lanes: lanesIn(values.lanes),
  };
}

function lanesIn(text: string): number {
  const lanes = Number(text);
  if (Number.isInteger(lanes) && lanes >= 1 && lanes <= 8) return lanes;
  throw new Error(`--lanes is a number from 1 to 8\n${USAGE}`);
}

interface Choice {
  readonly stack?: string | undefined;
  readonly all: boolean;
}

/** What is wished for, the longest first. */
function groupsOf({ stack: onStack, all }: Choice, names: readonly string[]): readonly Group[] {
  const wanted = names.flatMap(named);
  const isChosen = (stack: string, name: string, mustBeNamed: boolean): boolean => {
    if (names.length > 0) return wanted.includes(name);
    if (mustBeNamed) return false;
    return all || onStack !== undefined || CORE.has(`${stack}/${name}`);
  };
  const groups: Group[] = [];
  for (const stack of stacks) {
    const chosen = scenarios.filter(
      ({ name, home, stacks: bears, alone = false, apart = false }) =>
        (onStack ?? home) === stack.name &&
        (bears?.(stack) ?? true) &&
        isChosen(stack.name, name, alone || apart),
    );
    const together = chosen.filter(({ alone = false, apart = false }) => !alone && !apart);
    groups.push(
      ...chosen.filter(({ apart = false }) => apart).map((scenario) => group(stack, [scenario])),
      group(
        stack,
        together.filter(({ waits = false }) => !waits),
      ),
      group(
        stack,
        together.filter(({ waits = false }) => waits),
      ),
      group(
        stack,
        chosen.filter(({ alone = false }) => alone),
        true,
      ),
    );
  }
  const asked = others.filter(({ name, onlyNamed = false }) =>
    onStack === undefined ? !onlyNamed : onStack === name,
  );
  for (const stack of asked) {
    const chosen = trials.filter(
      ({ name, stacks: bears, onlyNamed = false }) =>
        (bears?.(stack) ?? true) && isChosen(stack.name, name, onlyNamed),
    );
    groups.push(group(stack, chosen));
  }
  return groups.filter((each) => each.scenarios.length > 0);
}

/** The scenario of that name, or all whose names begin with it. */
function named(name: string): readonly string[] {
  const known = [...scenarios, ...trials].map((each) => each.name);
  const found = known.includes(name) ? [name] : known.filter((each) => each.startsWith(name));
  if (found.length === 0) throw new Error(`No scenario "${name}"\n${USAGE}`);
  return found;
}

async function main(): Promise<void> {
  const { groups, suite, listOnly, lanes } = parse(process.argv.slice(2));
  if (listOnly) {
    for (const { stack, scenarios: chosen } of groups) {
      for (const { name, sentence } of chosen) {
        console.log(`${`${stack}/${name}`.padEnd(34)}${sentence}`);
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
    const dockerData = await loadedImages(suite);
    const failed = await runInLanes(groups, {
      lanes,
      suite,
      action: bundle.directory,
      dockerData,
      cleanUps,
    });
    await conclude(groups, failed);
  } finally {
    release();
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
  }
}

async function conclude(groups: readonly Group[], failed: readonly string[]): Promise<void> {
  const all = groups.reduce((sum, { scenarios: chosen }) => sum + chosen.length, 0);
  const counts = { passed: all - failed.length, failed: failed.length };
  for (const name of failed) console.log(`✗ ${name}`);
  console.log(`\n${counts.passed} passed, ${counts.failed} failed`);
  const file = process.env['RESEE_E2E_REPORT'];
  if (file !== undefined) await writeFile(file, `${JSON.stringify(counts)}\n`);
  process.exitCode = failed.length === 0 && all > 0 ? 0 : 1;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? (error.stack ?? error.message) : error);
  process.exitCode = 1;
});

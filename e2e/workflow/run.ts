import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { takeBundle } from '../harness/bundle.js';
import { cleanUpOnSignal } from '../harness/signals.js';
import { cacheDirectory, down, type Host, up } from '../host/host.js';
import { loadedImages } from '../images/loaded.js';
import { makeBed } from '../scenarios/bed.js';
import { type Checks, collectChecks } from '../scenarios/checks.js';
import { resee } from '../stacks/resee.js';
import type { WorkflowRun } from './events.js';
import { lint } from './lint.js';
import { makeRunner, type Secrets } from './runner.js';
import { scenarios, type Site } from './scenarios.js';
import { type Tools, workflowTools } from './tools.js';

/** What the example's workflow calls this action. */
const USES = 'org/resee-deploy-action@v1';
const RUN_TIMEOUT_MS = 10 * 60_000;

interface Counts {
  passed: number;
  failed: number;
}

async function main(): Promise<void> {
  const counts: Counts = { passed: 0, failed: 0 };
  const tools = await workflowTools();
  await judge(counts, 'workflow-lint', 'actionlint finds nothing in any workflow', {
    work: (checks) => lint(tools.actionlint, checks),
  });
  await onSite(tools, async ({ site, takeLog, isOver }) => {
    for (const scenario of scenarios) {
      await judge(counts, scenario.name, scenario.sentence, {
        work: (checks) => scenario.run(site, checks),
        takeLog,
      });
      if (isOver()) throw new Error('A signal came: the scenarios are not finished');
    }
  });
  console.log(`\n${counts.passed} passed, ${counts.failed} failed`);
  const file = process.env['RESEE_E2E_REPORT'];
  if (file !== undefined) await writeFile(file, `${JSON.stringify(counts)}\n`);
  process.exitCode = counts.failed === 0 ? 0 : 1;
}

/** What `onSite` gives to its work. */
interface Setup {
  readonly site: Site;
  /** The log of the last workflow run. */
  readonly takeLog: () => string;
  /** A signal has ended it all. */
  readonly isOver: () => boolean;
}

/** Sets up the host that is deployed to, and a runner with an engine of its own. */
async function onSite(tools: Tools, work: (setup: Setup) => Promise<void>): Promise<void> {
  const dockerData = await loadedImages('trixie');
  const bundle = await takeBundle();
  const undos = [() => bundle.remove()];
  const undoAll = async (): Promise<void> => {
    for (let undo = undos.pop(); undo !== undefined; undo = undos.pop()) await undo();
  };
  // A signal and the end of the work may both ask for it: whoever asks waits for all of it.
  let ending: Promise<void> | undefined;
  const takeDown = (): Promise<void> => (ending ??= undoAll());
  const release = cleanUpOnSignal([takeDown]);
  try {
    const names = [`workflow-site-${process.pid}`, `workflow-runner-${process.pid}`] as const;
    undos.push(async () => {
      await Promise.all(names.map((name) => down(name)));
    });
    const [site, runs] = names;
    const [host, engine] = await Promise.all([
      up({ name: site, dockerData }),
      up({ name: runs, dockerData }),
    ]);
    const action = bundle.directory;
    const runner = await makeRunner({ act: tools.act, uses: USES, action, engine });
    undos.push(() => runner.remove());
    const { bed, first } = await makeBed({ host, stack: resee, action });
    undos.push(() => bed.fixture.remove());
    let last: WorkflowRun | undefined;
    const push = async (): Promise<WorkflowRun> =>
      (last = await runner.push(bed.fixture, secretsOf(host), RUN_TIMEOUT_MS));
    await work({
      site: { bed, first, push },
      takeLog: () => last?.log ?? '',
      isOver: () => ending !== undefined,
    });
  } finally {
    release();
    await takeDown();
  }
}

/** What the example's README tells to set in the repository, and what GitHub sets itself. */
function secretsOf(host: Host): Secrets {
  return {
    EC2_HOST: host.address,
    EC2_HOST_FINGERPRINT: host.fingerprint,
    EC2_SSH_KEY: host.privateKey,
    GITHUB_TOKEN: 'a-token-that-opens-nothing',
  };
}

async function judge(
  counts: Counts,
  name: string,
  sentence: string,
  { work, takeLog = () => '' }: { work: (checks: Checks) => Promise<void>; takeLog?: () => string },
): Promise<void> {
  const checks = collectChecks();
  const failures: string[] = [];
  const startedAt = performance.now();
  try {
    await work(checks);
  } catch (error) {
    failures.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  failures.unshift(...checks.failures);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const log = await keepLog(name, takeLog());
  counts[failures.length === 0 ? 'passed' : 'failed'] += 1;
  if (failures.length === 0) {
    console.log(`✓ ${name} (${seconds} s, ${checks.made} checks): ${sentence}`);
    return;
  }
  console.log(`✗ ${name} (${seconds} s): ${sentence}`);
  for (const failure of failures) console.log(`    - ${failure.replaceAll('\n', '\n      ')}`);
  console.log(`    the log of its run: ${log}`);
}

async function keepLog(name: string, text: string): Promise<string> {
  const directory = join(cacheDirectory(), 'logs', 'workflow');
  await mkdir(directory, { recursive: true });
  const file = join(directory, `${name}.log`);
  await writeFile(file, text);
  return file;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? (error.stack ?? error.message) : error);
  process.exitCode = 1;
});

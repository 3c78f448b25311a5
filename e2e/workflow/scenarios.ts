import { idsByService } from '../harness/snapshot.js';
import type { Bed } from '../scenarios/bed.js';
import { placeFiles } from '../scenarios/bed.js';
import type { Checks } from '../scenarios/checks.js';
import type { LiveRelease } from '../scenarios/bed.js';
import { answeringRelease, checkWhole, underLoad } from '../scenarios/whole.js';
import { together } from '../stacks/stack.js';
import { outputOf, resultOf, type WorkflowRun } from './events.js';

/** A host that a repository's workflow deploys to, and the runner that runs it. */
export interface Site {
  readonly bed: Bed;
  readonly first: LiveRelease;
  /** Runs the workflow for what is checked out. */
  push(): Promise<WorkflowRun>;
}

export interface WorkflowScenario {
  readonly name: string;
  /** What is true when it passes. */
  readonly sentence: string;
  run(site: Site, checks: Checks): Promise<void>;
}

const WORKFLOW = '.github/workflows/deploy.yml';

/** The steps of the workflow, by how their names begin. */
const STEP = { backend: 'Test the backend', frontend: 'Lint, check and build', deploy: 'org/' };

const green: WorkflowScenario = {
  name: 'workflow-green',
  sentence: 'a push is tested, passes the gate, and runs on a host where only the .env was placed',
  run: async ({ bed, first, push }, checks) => {
    await placeFiles(bed);
    const run = await push();
    checkGreen(run, checks);
    checks.equal(outputOf(run, 'deploy', 'sha'), first.sha, 'the output sha');
    checks.that(
      run.summaries.some((summary) => summary.includes(first.sha.slice(0, 7))),
      `the job summary names the commit: ${run.summaries.join('\n')}`,
    );
    await checkWhole(bed, checks, undefined, first);
  },
};

const nextPush: WorkflowScenario = {
  name: 'workflow-next-push',
  sentence: 'a second push replaces the backend, and nobody who uses the site meanwhile notices',
  run: async ({ bed, push }, checks) => {
    const before = await bed.lookSettled();
    const release = bed.nextRelease();
    const sha = await bed.commit('Change the backend', bed.stack.changes.backend(release));
    const { value: run } = await underLoad(bed, checks, push);
    checkGreen(run, checks);
    await checkWhole(bed, checks, before, { sha, release });
  },
};

const builtOnRunner: WorkflowScenario = {
  name: 'workflow-build-on-runner',
  sentence:
    'with the lines that the workflow offers, images are built on the runner, and the host builds nothing',
  run: async ({ bed, push }, checks) => {
    const before = await bed.lookSettled();
    const release = bed.nextRelease();
    const text = await bed.fixture.read(WORKFLOW);
    const offered = text.replace(/^( +)# (- uses: actions\/checkout|build: runner)/gm, '$1$2');
    checks.equal(offered.length, text.length - 2 * '# '.length, 'the length with the two lines');
    const sha = await bed.commit(
      'Build on the runner',
      together(bed.stack.changes.backend(release), () => Promise.resolve({ [WORKFLOW]: offered })),
    );
    const { value: run } = await underLoad(bed, checks, push);
    checkGreen(run, checks);
    checks.matches(run.log, /shipped \(/, 'the log of the run');
    await checkWhole(bed, checks, before, { sha, release });
  },
};

const failingTest: WorkflowScenario = {
  name: 'workflow-failing-test',
  sentence: 'where a test fails, the deploy job never starts',
  run: async (site, checks) => {
    const run = await pushUntouched(site, checks, brokenBy(site.bed));
    checkFailedTest(run, checks);
    checks.equal(Object.keys(run.jobs), ['test'], 'the jobs that were started');
  },
};

const gateAlone: WorkflowScenario = {
  name: 'workflow-gate-alone',
  sentence: 'where a test fails and the deploy job runs nevertheless, the gate stops it',
  run: async (site, checks) => {
    const { bed } = site;
    const text = await bed.fixture.read(WORKFLOW);
    const always = text.replace(/^( +)needs: test$/m, '$&\n$1if: always()');
    checks.that(always !== text, `${WORKFLOW} has a job that needs test`);
    const run = await pushUntouched(
      site,
      checks,
      together(brokenBy(bed), () => Promise.resolve({ [WORKFLOW]: always })),
    );
    checkFailedTest(run, checks);
    checks.equal(run.jobs, { test: 'failure', deploy: 'failure' }, 'the jobs');
    checks.equal(outputOf(run, 'deploy', 'result'), 'refused', 'the output result');
    checks.equal(run.errors.length, 1, 'the number of error annotations');
    const message = run.errors[0] ?? '';
    checks.matches(message, /The gate is closed/, 'the annotation');
    checks.matches(message, /The job `test` failed/, 'the annotation');
    checks.matches(
      message,
      /`test.failed = 0` does not hold: `test.failed` is `1`/,
      'the annotation',
    );
    checks.equal(resultOf(run, 'deploy', STEP.deploy, 'Post'), 'success', 'the post step');
  },
};

/** In this order: each starts from what the one before it left. */
export const scenarios: readonly WorkflowScenario[] = [
  green,
  nextPush,
  builtOnRunner,
  failingTest,
  gateAlone,
];

function checkGreen(run: WorkflowRun, checks: Checks): void {
  checks.equal(run.exitCode, 0, 'the exit code of the workflow run');
  checks.equal(run.jobs, { test: 'success', deploy: 'success' }, 'the jobs');
  checks.equal(run.errors, [], 'the error annotations');
  checks.equal(resultOf(run, 'test', STEP.backend), 'success', 'the tests of the backend');
  checks.equal(resultOf(run, 'test', STEP.frontend), 'success', 'the checks of the frontend');
  checks.equal(outputOf(run, 'test', 'failed'), '0', 'how many tests failed');
  checks.that(Number(outputOf(run, 'test', 'passed')) > 0, 'the number of tests passed is told');
  checks.equal(resultOf(run, 'deploy', STEP.deploy), 'success', 'the deploy step');
  checks.equal(resultOf(run, 'deploy', STEP.deploy, 'Post'), 'success', 'the post step');
  checks.equal(outputOf(run, 'deploy', 'result'), 'deployed', 'the output result');
}

function checkFailedTest(run: WorkflowRun, checks: Checks): void {
  checks.that(run.exitCode !== 0, 'the workflow run is red');
  checks.equal(run.jobs['test'], 'failure', 'the job test');
  checks.equal(resultOf(run, 'test', STEP.backend), 'failure', 'the tests of the backend');
  checks.equal(outputOf(run, 'test', 'failed'), '1', 'how many tests failed');
  checks.that(Number(outputOf(run, 'test', 'passed')) > 0, 'the other tests passed');
}

/** A release that would be another one, and a test that fails. */
function brokenBy(bed: Bed): ReturnType<typeof together> {
  return together(bed.stack.changes.backend(bed.nextRelease()), () =>
    Promise.resolve({
      'backend/tests/test_broken.py': 'def test_that_fails():\n    assert 1 + 1 == 3\n',
    }),
  );
}

/** Pushes a change that must not reach the host, and checks that nothing of it did. */
async function pushUntouched(
  { bed, push }: Site,
  checks: Checks,
  change: Parameters<Bed['commit']>[1],
): Promise<WorkflowRun> {
  const [before, release] = [await bed.lookSettled(), await answeringRelease(bed)];
  const head = await bed.fixture.git('rev-parse', 'HEAD');
  await bed.commit('Break a test', change);
  try {
    const run = await push();
    const after = await bed.lookSettled();
    checks.equal(idsByService(after), idsByService(before), 'the containers on the host');
    checks.equal(after, before, 'the host');
    checks.equal(await answeringRelease(bed), release, 'the release that answers');
    return run;
  } finally {
    await bed.fixture.git('reset', '--quiet', '--hard', head);
    await bed.fixture.push({ force: true });
  }
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask } from '../harness/shell.js';
import { type Host, up } from '../host/host.js';
import { baseImages } from '../images/images.js';
import { dockerClient } from '../workflow/engine.js';
import { together } from '../stacks/stack.js';
import { type Bed, placeFiles, type WorkflowOverrides } from './bed.js';
import type { Checks } from './checks.js';
import { checkVariables, TAKES_VARIABLES } from './given.js';
import type { Scenario } from './scenario.js';
import { checkWhole, underLoad } from './whole.js';

/** What a one-line change may cost on the way: its layer, the image's configuration, the archive's own words. */
const MOST_BYTES = 100_000;

export const runnerBuild: Scenario = {
  name: 'runner-build',
  home: 'tiny',
  sentence:
    'images are built on the runner, with the variables of the workflow, and of a one-line change only its own layers come to the host',
  from: 'empty',
  // What it leaves needs variables.
  reusable: false,
  run: async (bed, checks) => {
    await withRunner(bed, async (runner, said) => {
      await placeFiles(bed);
      const release = bed.nextRelease();
      const first = await bed.commit('First', bed.stack.changes.backend(release));
      const deployed = await bed.deploy(first, said);
      checks.equal(deployed.outputs['result'], 'deployed', 'result of the first deploy');
      await changeUnderLoad(bed, checks, { runner, said });
      await dirtyIsRefused(bed, checks, said);
      await withVariables(bed, checks, said);
    });
  },
};

interface Runner {
  readonly runner: Host;
  readonly said: WorkflowOverrides;
}

async function changeUnderLoad(bed: Bed, checks: Checks, { runner, said }: Runner): Promise<void> {
  const before = await bed.lookSettled();
  const cacheBefore = await buildCacheOf(bed.host);
  const release = bed.nextRelease();
  const sha = await bed.commit('One line', bed.stack.changes.backend(release));
  const { value: run } = await underLoad(bed, checks, () => bed.deploy(sha, said));
  checks.equal(run.outputs['result'], 'deployed', 'result');
  const [, shipped = '', unit = ''] = /shipped \(([\d.]+) (kB|MB)\)/.exec(run.log) ?? [];
  const bytes = Number(shipped) * (unit === 'MB' ? 1_000_000 : 1_000);
  bed.note(`a one-line change shipped ${String(bytes)} bytes`);
  checks.that(bytes > 0 && bytes < MOST_BYTES, `${String(bytes)} bytes were shipped`);
  const built = await ask(runner, "docker image inspect -f '{{json .RootFS.Layers}}' tiny-api", {
    args: [],
  });
  const loaded = await ask(bed.host, "docker image inspect -f '{{json .RootFS.Layers}}' tiny-api", {
    args: [],
  });
  checks.equal(loaded, built, 'the layers of the image on the host');
  const added = (await buildCacheOf(bed.host)).filter((entry) => !cacheBefore.includes(entry));
  checks.equal(added, [], 'what came to the build cache of the host');
  await checkWhole(bed, checks, before, { sha, release });
}

/** The runner builds what they say, the host runs it, and goes back without a runner. */
async function withVariables(bed: Bed, checks: Checks, said: WorkflowOverrides): Promise<void> {
  const release = bed.nextRelease();
  const sha = await bed.commit(
    'Take variables',
    together(TAKES_VARIABLES, bed.stack.changes.backend(release)),
  );
  const before = await bed.lookSettled();
  for (const tag of ['one', 'two']) {
    const variables = `TAG=${tag}\nVERSION=version ${tag}`;
    const inputs = { ...said.inputs, variables };
    const { value: run } = await underLoad(bed, checks, () => bed.deploy(sha, { ...said, inputs }));
    checks.equal(run.outputs['result'], 'deployed', `result with the tag ${tag}`);
    await checkVariables(bed, checks, tag);
  }
  const inputs = { operation: 'rollback' };
  const { value: back } = await underLoad(bed, checks, () => bed.deploy(sha, { inputs }));
  checks.equal(back.outputs['result'], 'deployed', 'result of the rollback');
  await checkVariables(bed, checks, 'one');
  await checkWhole(bed, checks, before, { sha, release });
}

/** Ids of its entries; builds of scenarios before this one have left some on the host. */
async function buildCacheOf(host: Host): Promise<readonly string[]> {
  const ids = await ask(host, "docker buildx du --verbose | sed -n 's/^ID:[[:space:]]*//p'", {
    args: [],
  });
  return ids.split('\n').filter((id) => id !== '');
}

async function dirtyIsRefused(bed: Bed, checks: Checks, said: WorkflowOverrides): Promise<void> {
  const before = await bed.lookSettled();
  const sha = await bed.commit('Another', bed.stack.changes.backend(bed.nextRelease()));
  const head = await bed.fixture.git('rev-parse', 'HEAD^');
  await bed.fixture.git('checkout', '-q', '--detach', head);
  const run = await bed.deploy(sha, said);
  await bed.fixture.git('checkout', '-q', 'main');
  checks.equal(run.outputs['result'], 'refused', 'result with another checkout on the runner');
  checks.matches(run.log, /the checkout on the runner is/, 'the log');
  checks.equal((await bed.lookSettled()).head, before.head, 'the commit on the host');
}

/** A second machine with Docker stands for the runner's engine; the checkout is the fixture's work tree. */
async function withRunner(
  bed: Bed,
  work: (runner: Host, said: WorkflowOverrides) => Promise<void>,
): Promise<void> {
  const runner = await up({ name: `runner-${String(process.pid)}` });
  const directory = await mkdtemp(join(tmpdir(), 'resee-e2e-runner-'));
  try {
    await runner.loadImages(await baseImages());
    const { binaries, environment } = await dockerClient(runner, directory);
    await work(runner, {
      inputs: { build: 'runner' },
      environment: {
        ...environment,
        PATH: `${binaries}:${process.env['PATH'] ?? ''}`,
        GITHUB_WORKSPACE: bed.fixture.workTree,
      },
    });
  } finally {
    await runner.down();
    await rm(directory, { recursive: true, force: true });
  }
}

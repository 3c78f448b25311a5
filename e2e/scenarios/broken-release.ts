import { askSite } from '../harness/http.js';
import type { Stack } from '../stacks/stack.js';
import type { Bed } from './bed.js';
import { checkDeployed } from './changes.js';
import type { Trial } from './scenario.js';
import { checkWhole, underLoad } from './whole.js';

export const brokenRelease: Trial<Stack> = {
  name: 'broken-release',
  sentence:
    'a release whose app never answers is taken back without a failed request; the next good one takes over, and is taken back by hand',
  from: 'deployed',
  onlyNamed: true,
  stacks: ({ broken }) => broken !== undefined,
  run: async (bed, checks, standing) => {
    const { broken, changes } = bed.stack;
    if (broken === undefined) throw new Error(`${bed.stack.name} has no broken release`);
    const before = await bed.lookSettled();
    const published = await publishedPage(bed);
    const bad = await bed.commit('Broken', broken);
    const inputs = { 'ready-timeout': '8s', 'health-timeout': '5s' };
    const { value: run } = await underLoad(bed, checks, () => bed.deploy(bad, { inputs }));
    checks.equal(run.exitCode, 1, 'the exit code');
    checks.equal(run.outputs['result'], 'rolled-back', 'result of a broken release');
    checks.equal(await publishedPage(bed), published, 'the page that a job has published');
    await checkWhole(bed, checks, before, standing, { rolledBack: true });

    await bed.fixture.git('revert', '--no-edit', 'HEAD');
    const release = bed.nextRelease();
    const good = { sha: await bed.commit('Good again', changes.backend(release)), release };
    await checkDeployed(bed, checks, standing, good);

    const back = await underLoad(bed, checks, () =>
      bed.deploy(good.sha, { inputs: { operation: 'rollback' } }),
    );
    checks.equal(back.value.exitCode, 0, 'the exit code of the rollback by hand');
    checks.equal(await publishedPage(bed), published, 'the page, after the rollback by hand');
    await checkWhole(bed, checks, undefined, standing, { rolledBack: true });
  },
};

/** Files that a job writes and the proxy serves; undefined where a stack has none. */
async function publishedPage({ stack, ...bed }: Bed<Stack>): Promise<string | undefined> {
  const { page } = stack.paths;
  return page === undefined ? undefined : (await askSite(bed, page)).text;
}

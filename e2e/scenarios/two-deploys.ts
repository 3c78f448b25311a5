import { askSite } from '../harness/http.js';
import { idsByService, idsOf } from '../harness/snapshot.js';
import type { Change, Stack } from '../stacks/stack.js';
import type { Bed } from './bed.js';
import { placeFiles } from './bed.js';
import { checkDeployed } from './changes.js';
import type { Checks } from './checks.js';
import type { Trial } from './scenario.js';
import type { LiveRelease } from './bed.js';
import { checkWhole } from './whole.js';

export const twoDeploys: Trial<Stack> = {
  name: 'two-deploys',
  sentence: 'comes up on an empty host, then takes two new releases without a failed request',
  from: 'empty',
  stacks: ({ hasGap = false, dialsOut = false }) => !hasGap && !dialsOut,
  run: async (bed, checks, standing) => {
    await placeFiles(bed);
    await bed.stack.arrange?.(bed.host, standing.release);
    const run = await bed.deploy(standing.sha);
    checks.equal(run.outputs['result'], 'deployed', 'result of the first deploy');
    await checkWhole(bed, checks, undefined, standing);
    let last = standing;
    for (let n = 1; n <= 2; n += 1) {
      const release = bed.nextRelease();
      await bed.stack.arrange?.(bed.host, release);
      const sha = await bed.commit(`Change ${String(n)}`, bed.stack.changes.backend(release));
      await checkDeployed(bed, checks, last, { sha, release });
      last = { sha, release };
    }
    last = await changeReadme(bed, checks, last);
    if (bed.stack.closesIdle !== true) last = await changeProxy(bed, checks, last);
    if (bed.stack.jobs !== undefined) await takeBack(bed, checks, last);
  },
};

/** By itself: whether a request meets the close depends on how busy the machine is. */
export const proxyReload: Trial<Stack> = {
  name: 'proxy-reload',
  sentence:
    'a proxy whose reload closes idle connections takes a change of its own configuration without a failed request',
  from: 'deployed',
  stacks: ({ closesIdle = false }) => closesIdle,
  run: async (bed, checks, standing) => {
    await changeProxy(bed, checks, standing);
  },
};

/** What no image holds and no container mounts restarts nothing, however the images are built. */
async function changeReadme(
  bed: Bed<Stack>,
  checks: Checks,
  standing: LiveRelease,
): Promise<LiveRelease> {
  const before = idsByService(await bed.lookSettled());
  const change: Change = () => Promise.resolve({ 'NOTES.md': `After ${standing.release}.\n` });
  const sha = await bed.commit('Notes', change);
  if (bed.stack.readmeReplaces === true) {
    await checkDeployed(bed, checks, standing, { ...standing, sha });
    return { ...standing, sha };
  }
  const run = await bed.deploy(sha);
  checks.equal(run.outputs['result'], 'unchanged', 'result of a commit that changes notes alone');
  checks.equal(idsByService(await bed.lookSettled()), before, 'the containers after it');
  return { ...standing, sha };
}

/** The container of the proxy stays (`checkDeployed`), and what it answers shows its new configuration. */
async function changeProxy(
  bed: Bed<Stack>,
  checks: Checks,
  standing: LiveRelease,
): Promise<LiveRelease> {
  const { tellsHeader, tellRelease } = bed.stack;
  if (tellsHeader === undefined) return standing;
  const { name, value, change } = tellsHeader;
  const sha = await bed.commit('Change the configuration of the proxy', change);
  const { release } = standing;
  const { closesIdle: staleCheck = false } = bed.stack;
  await checkDeployed(bed, checks, standing, { sha, release }, { staleCheck });
  const { message } = await askSite(bed, tellRelease);
  checks.equal(message.headers[name], value, `the header ${name} that the proxy sends`);
  return { sha, release };
}

/** A release that is not well leaves what its jobs' last runs left. */
async function takeBack(bed: Bed<Stack>, checks: Checks, standing: LiveRelease): Promise<void> {
  const before = await bed.lookSettled();
  const change = bed.stack.changes.backend(bed.nextRelease());
  const sha = await bed.commit('Not what is wanted', change);
  const inputs = { 'health-status': '299', 'health-timeout': '1s' };
  const run = await bed.deploy(sha, { inputs });
  checks.equal(run.outputs['result'], 'rolled-back', 'result of a release that is not well');
  const after = await bed.lookSettled();
  for (const job of bed.stack.jobs ?? []) {
    checks.equal(idsOf(after, job), idsOf(before, job), `the container of the job ${job}`);
  }
  await checkWhole(bed, checks, before, standing, { rolledBack: true });
}

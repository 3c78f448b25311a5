import { askSite } from '../harness/http.js';
import type { Stack } from '../stacks/stack.js';
import type { Bed } from './bed.js';
import { placeFiles } from './bed.js';
import { checkDeployed } from './changes.js';
import type { Checks } from './checks.js';
import type { Standing, Trial } from './scenario.js';
import { checkWhole } from './whole.js';

export const twoDeploys: Trial<Stack> = {
  name: 'two-deploys',
  sentence: 'comes up on an empty host, then takes two new releases without a failed request',
  from: 'empty',
  stacks: ({ hasGap = false }) => !hasGap,
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
    await changeProxy(bed, checks, last);
  },
};

/** The container of the proxy stays (`checkDeployed`), and what it answers shows its new configuration. */
async function changeProxy(bed: Bed<Stack>, checks: Checks, standing: Standing): Promise<void> {
  const { tellsHeader, tellRelease } = bed.stack;
  if (tellsHeader === undefined) return;
  const { name, value, change } = tellsHeader;
  const sha = await bed.commit('Change the configuration of the proxy', change);
  const { release } = standing;
  const { closesIdle: staleCheck = false } = bed.stack;
  await checkDeployed(bed, checks, standing, { sha, release }, { staleCheck });
  const { message } = await askSite(bed, tellRelease);
  checks.equal(message.headers[name], value, `the header ${name} that the proxy sends`);
}

import { takeBundle } from '../harness/bundle.js';
import { memoryDuring } from '../harness/memory.js';
import { ask } from '../harness/shell.js';
import { up } from '../host/host.js';
import { baseImages } from '../images/images.js';
import { makeBed, placeFiles } from './bed.js';
import type { Checks } from './checks.js';
import type { Bed } from './bed.js';
import type { Scenario } from './scenario.js';
import { checkWhole, underLoad } from './whole.js';

const GIB = 1024 ** 3;
/** What one CPU serves beside a build, and stays below its limit. */
const LOAD = 0.2;
const PATIENCE = { 'ready-timeout': '120s', 'health-timeout': '60s', 'drain-timeout': '30s' };

export const smallHost: Scenario = {
  name: 'small-host',
  home: 'resee',
  alone: true,
  sentence:
    'on one CPU and 1 GiB the whole stack is deployed start-first: nothing is killed for want of memory, no request fails',
  from: 'empty',
  run: async ({ stack, note }, checks) => {
    const bundle = await takeBundle();
    const host = await up({ name: `small-${String(process.pid)}`, size: 't2.micro' });
    try {
      await host.loadImages(await baseImages());
      const { bed, first } = await makeBed({ host, stack, action: bundle.directory, onLine: note });
      try {
        await placeFiles(bed);
        const before = await bed.deploy(first.sha, { inputs: PATIENCE });
        checks.equal(before.outputs['result'], 'deployed', 'result of the first deploy');
        await deployUnderLoad(bed, checks, note);
      } finally {
        await bed.fixture.remove();
      }
    } finally {
      await host.down();
      await bundle.remove();
    }
  },
};

async function deployUnderLoad(
  bed: Bed,
  checks: Checks,
  note: (text: string) => void,
): Promise<void> {
  const before = await bed.lookSettled();
  const release = bed.nextRelease();
  const sha = await bed.commit('One line', bed.stack.changes.backend(release));
  const { value, ...memory } = await memoryDuring(bed.host, () =>
    underLoad(bed, checks, () => bed.deploy(sha, { inputs: PATIENCE }), { scale: LOAD }),
  );
  const megabytes = (bytes: number): string => `${String(Math.round(bytes / 1024 ** 2))} MiB`;
  note(
    `held ${megabytes(memory.before.heldBytes)} before, at most ${megabytes(memory.peak.heldBytes)} during ` +
      `the deploy, which took ${String(value.value.durationMs)} ms`,
  );
  checks.equal(value.value.outputs['result'], 'deployed', 'result');
  checks.equal(memory.before.limitBytes, GIB, 'the limit of the host');
  checks.equal(memory.peak.oomKills, 0, 'processes that were killed for want of memory');
  const killed = await ask(
    bed.host,
    "docker ps -aq | xargs docker inspect -f '{{.Name}} {{.State.OOMKilled}} {{.RestartCount}}' | grep -v ' false 0$' || [ $? = 1 ]",
    { args: [] },
  );
  checks.equal(killed, '', 'containers that were killed or restarted');
  await checkWhole(bed, checks, before, { sha, release });
}

import { idsByService } from '../harness/snapshot.js';
import { WORKER_RELEASE } from '../stacks/direct.js';
import type { Stack } from '../stacks/stack.js';
import { placeFiles } from './bed.js';
import { checkDeployed } from './changes.js';
import type { Trial } from './scenario.js';
import type { LiveRelease } from './bed.js';
import { checkWhole, underLoad } from './whole.js';

/** Stop and start of a container whose app boots in no time, on a machine that is busy. */
const GAP_MS = 15_000;

export const acceptedGap: Trial<Stack> = {
  name: 'accepted-gap',
  sentence:
    'an app that holds the port itself is not replaced unless a gap is accepted; then it is measured, and short',
  from: 'empty',
  stacks: ({ hasGap = false }) => hasGap,
  run: async (bed, checks, standing) => {
    await placeFiles(bed);
    const first = await bed.deploy(standing.sha);
    checks.equal(first.outputs['result'], 'deployed', 'result of the first deploy');

    const worker = await bed.commit('Another worker', () =>
      Promise.resolve({ [WORKER_RELEASE]: 'two\n' }),
    );
    const before = idsByService(await bed.lookSettled());
    let last: LiveRelease = { sha: worker, release: standing.release };
    await checkDeployed(bed, checks, standing, last);
    const after = idsByService(await bed.lookSettled());
    checks.equal(after['app'], before['app'], 'the container of the app');
    checks.that(after['worker']?.[0] !== before['worker']?.[0], 'the worker is another container');

    const release = bed.nextRelease();
    const sha = await bed.commit('Another app', bed.stack.changes.backend(release));
    const { value: refused } = await underLoad(bed, checks, () => bed.deploy(sha));
    checks.equal(refused.outputs['result'], 'refused', 'result without allow-downtime');
    checks.matches(refused.log, /allow-downtime: true/, 'what the refusal says');
    checks.equal(idsByService(await bed.lookSettled()), after, 'the containers after the refusal');
    await checkWhole(bed, checks, undefined, last);

    const run = await bed.deploy(sha, { inputs: { 'allow-downtime': 'true' } });
    checks.equal(run.outputs['result'], 'deployed', 'result with allow-downtime');
    const gapMs = Number(run.outputs['longest-gap-ms']);
    bed.note(`the gap: ${String(gapMs)} ms, ${run.outputs['failed-probes'] ?? '?'} failed probes`);
    checks.that(Number(run.outputs['failed-probes']) > 0, 'the gap is not hidden');
    checks.that(gapMs > 0 && gapMs < GAP_MS, `the gap was ${String(gapMs)} ms`);
    last = { sha, release };
    await checkWhole(bed, checks, undefined, last);
  },
};

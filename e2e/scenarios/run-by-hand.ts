import { ask } from '../harness/shell.js';
import { idsByService } from '../harness/snapshot.js';
import type { Scenario } from './scenario.js';
import { checkWhole, underLoad } from './whole.js';

/** The image that Compose has built has the labels of the project and the service, and so has the container. */
const RUN = `docker run -d --name by-hand --entrypoint sleep "$(docker inspect -f '{{.Image}}' "$1")" 600`;

export const runByHand: Scenario = {
  name: 'run-by-hand',
  home: 'tiny',
  sentence:
    'a container that somebody has run by hand from an image of the stack is none of its containers, and goes on',
  from: 'deployed',
  run: async (bed, checks, standing) => {
    const before = await bed.lookSettled();
    const [incumbent = ''] = idsByService(before)[bed.stack.backend] ?? [];
    await ask(bed.host, RUN, { args: [incumbent] });
    try {
      const release = bed.nextRelease();
      const sha = await bed.commit('Change the backend', bed.stack.changes.backend(release));
      const { value: run } = await underLoad(bed, checks, () => bed.deploy(sha));
      checks.equal(run.exitCode, 0, 'the exit code');
      const running = await ask(bed.host, "docker inspect -f '{{.State.Running}}' by-hand || :");
      checks.equal(running.trim(), 'true', 'the container that was run by hand');
      await ask(bed.host, 'docker rm -f by-hand');
      await checkWhole(bed, checks, before, { sha, release });
      const back = await bed.deploy(sha, { inputs: { operation: 'rollback' } });
      checks.equal(back.outputs['result'], 'deployed', 'result of the rollback');
      await checkWhole(bed, checks, before, standing);
    } finally {
      await ask(bed.host, 'docker rm -f by-hand >/dev/null 2>&1 || :');
    }
  },
};

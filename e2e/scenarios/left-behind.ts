import { ask } from '../harness/shell.js';
import type { Bed } from './bed.js';
import type { Scenario } from './scenario.js';
import { untilHostSays } from './interruptions.js';
import { checkWhole } from './whole.js';

const SECRET = 'left-behind-by-nobody-7f3a';
/** After the stage was seen. */
const MOMENTS_MS = [0, 150, 400, 800, 1_500];

export const cancelledWhileObserving: Scenario = {
  name: 'cancelled-while-observing',
  home: 'tiny',
  sentence:
    'a run cancelled while it looks at the host leaves no process, no staged tree and no copy of a secret on its disk',
  from: 'deployed',
  run: async (bed, checks, standing) => {
    const before = await bed.lookSettled();
    const sha = await bed.commit('Cancelled', bed.stack.changes.backend(bed.nextRelease()));
    // A look takes a second; what is asked of Docker is made to take longer.
    await ask(bed.host, SLOW_DOCKER, { user: 'root' });
    try {
      for (const ms of MOMENTS_MS) {
        const running = await bed.start(sha, {
          inputs: { 'env-file': `PASSWORD='${SECRET}'\n` },
        });
        await untilHostSays(bed, 30_000, (seen) => seen.stage.length > 0, running.done);
        await new Promise((resolve) => setTimeout(resolve, ms));
        const run = await running.cancel();
        checks.that(run.exitCode !== 0, 'a cancelled run is not green');
        await running.post(run);
        checks.equal(
          await filesWith(bed, SECRET),
          '',
          `files with the secret, cancelled after ${String(ms)} ms`,
        );
        const seen = await bed.lookSettled();
        checks.equal(seen.stage, [], `the stage, cancelled after ${String(ms)} ms`);
        checks.equal(seen.processes, [], `processes, cancelled after ${String(ms)} ms`);
      }
    } finally {
      await ask(bed.host, 'rm -f /usr/local/bin/docker', { user: 'root' });
    }
    await checkWhole(bed, checks, before, standing, { rolledBack: true });
  },
};

const SLOW_DOCKER = `
printf '#!/bin/sh\\nsleep 0.2\\nexec /usr/bin/docker "$@"\\n' >/usr/local/bin/docker
chmod 755 /usr/local/bin/docker
`;

/** Of root on the host: what a scenario itself looks for. */
export const LOOKED_FOR = 'looked-for';

/** Files of the host that hold the text, layers of images and LOOKED_FOR excepted; a line each. */
export function filesWith(bed: Bed, text: string): Promise<string> {
  return ask(
    bed.host,
    `grep -rlsIF --exclude-dir=proc --exclude-dir=sys --exclude-dir=overlay2 --exclude-dir=${LOOKED_FOR} -f - / || [ $? -le 2 ]`,
    { user: 'root', stdin: text },
  );
}

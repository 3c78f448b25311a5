import { ask } from '../harness/shell.js';
import type { Scenario } from './scenario.js';
import { checkWhole, underLoad } from './whole.js';

const FORBIDDEN = '/etc/ssh/sshd_config.d/00-no-forwarding.conf';
/** The oldest is the listener; it reads its configuration again. */
const RELOAD = 'kill -HUP "$(pgrep -o -x sshd)"';

export const forwardingForbidden: Scenario = {
  name: 'forwarding-forbidden',
  home: 'tiny',
  sentence: 'where sshd forwards nothing, the site is asked and measured on the host itself',
  from: 'deployed',
  run: async (bed, checks, standing) => {
    const before = await bed.lookSettled();
    const release = bed.nextRelease();
    const sha = await bed.commit('Change the backend', bed.stack.changes.backend(release));
    await ask(bed.host, `echo 'AllowTcpForwarding no' >"$1"; ${RELOAD}`, {
      user: 'root',
      args: [FORBIDDEN],
    });
    try {
      const { value: run } = await underLoad(bed, checks, () =>
        bed.deploy(sha, { inputs: { url: `${bed.base}/` } }),
      );
      checks.equal(run.exitCode, 0, 'the exit code');
      checks.equal(run.outputs['result'], 'deployed', 'result');
      checks.equal(run.outputs['failed-probes'], '0', 'failed-probes');
      checks.that(Number(run.outputs['probes']) > 5, 'the entrance was measured');
      checks.matches(
        run.log,
        /sshd forwards no connections: .* is asked on the host, with/,
        'the log',
      );
    } finally {
      await ask(bed.host, `rm -f "$1"; ${RELOAD}`, { user: 'root', args: [FORBIDDEN] });
    }
    await checkWhole(bed, checks, before, { ...standing, sha, release });
  },
};

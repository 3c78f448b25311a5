import { ask } from '../harness/shell.js';
import type { Bed } from './bed.js';
import type { Scenario } from './scenario.js';
import { checkWhole, underLoad } from './whole.js';

/** What a deploy must not follow, and must not be stopped by. Debian's sshd lets bash read it for each command. */
const PROFILE = `
# The test's own looks at the host do not come by SSH.
[ -n "$SSH_CONNECTION" ] || return
echo 'Welcome back.'
echo 'mesg: ttyname failed: Inappropriate ioctl for device' >&2
umask 077
export LANG=ko_KR.UTF-8 LC_ALL=ko_KR.UTF-8 TZ=Asia/Seoul
export TMPDIR=/nonexistent CDPATH=/srv:/ ENV=/nonexistent IFS=:
export COMPOSE_IGNORE_ORPHANS=true COMPOSE_REMOVE_ORPHANS=true BUILDKIT_PROGRESS=rawjson
export GIT_DIR=/nonexistent GIT_WORK_TREE=/nonexistent GIT_INDEX_FILE=/nonexistent
export TOKEN=of-the-host STATE=of-the-host RUN=of-the-host FENCE=of-the-host HOST=of-the-host PORT=9 TAG=of-the-host
`;

/** It colours what git prints, and lets an index point to another file. */
const GIT_CONFIGURATION = `
[color]
	ui = always
[core]
	splitIndex = true
[diff]
	ignoreSubmodules = all
[init]
	defaultObjectFormat = sha256
`;

export const strangeLogin: Scenario = {
  name: 'strange-login',
  home: 'tiny',
  sentence:
    'a login that prints, sets a mask, a language, and variables of git, of the tools and of our own names, and a git that is configured in its own way, change nothing',
  from: 'deployed',
  run: async (bed, checks, standing) => {
    const before = await bed.lookSettled();
    const release = bed.nextRelease();
    // The repository is on the host as well, and git pushes to it by SSH.
    const sha = await bed.commit('Change the backend', bed.stack.changes.backend(release));
    await arrange(bed);
    try {
      const { value: run } = await underLoad(bed, checks, () => bed.deploy(sha));
      checks.equal(run.exitCode, 0, 'the exit code');
      checks.equal(run.outputs['result'], 'deployed', 'result');
      await checkWhole(bed, checks, before, { sha, release });

      const back = await bed.deploy(sha, { inputs: { operation: 'rollback' } });
      checks.equal(back.outputs['result'], 'deployed', 'result of the rollback');
      await checkWhole(bed, checks, before, standing);
    } finally {
      await bed.host.ask('mv .bashrc.kept .bashrc && rm .gitconfig');
    }
  },
};

async function arrange(bed: Bed): Promise<void> {
  await ask(bed.host, 'touch .bashrc && mv .bashrc .bashrc.kept && cat >.bashrc', {
    stdin: PROFILE,
  });
  await ask(bed.host, 'cat >.gitconfig', { stdin: GIT_CONFIGURATION });
}

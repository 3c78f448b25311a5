import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runOrThrow } from '../host/process.js';
import { ask } from '../harness/shell.js';
import type { Bed, WorkflowOverrides } from './bed.js';
import type { Checks } from './checks.js';
import type { Scenario } from './scenario.js';
import { checkRelease, underLoad } from './whole.js';

const USER = 'deployer';
const PORT = '2222';
const DIRECTORY = "/srv/my shop's/app";
const BRANCH = 'release/2';
const PASSPHRASE = 'a pass phrase, "quoted"';

/** A second user with a shell of its own, a second sshd, and a directory that only that user may write to. */
const ARRANGE = `
id ${USER} >/dev/null 2>&1 || useradd --create-home --shell /bin/bash --groups docker ${USER}
usermod --password '*' ${USER}
install -d -m 700 -o ${USER} -g ${USER} /home/${USER}/.ssh
printf '%s\\n' "$1" >/home/${USER}/.ssh/authorized_keys
chown ${USER}: /home/${USER}/.ssh/authorized_keys
install -d -o ${USER} -g ${USER} "$2" "$(dirname "$2")"
cat >"$2/.env"
chown ${USER}: "$2/.env"
/usr/sbin/sshd -p ${PORT} -o PidFile=/run/sshd-${PORT}.pid
`;

/** By force: a login that is just ending may still be a process of the user. */
const REMOVE = `
kill "$(cat /run/sshd-${PORT}.pid)"
docker ps -aq --filter "label=com.docker.compose.project.working_dir=$1" | xargs -r docker rm -f >/dev/null
rm -rf "$(dirname "$1")"
userdel --force --remove ${USER}
`;

type Inputs = NonNullable<WorkflowOverrides['inputs']>;

const LEFT = `
cd "/home/${USER}/.local/state/resee-deploy"
find . -name lease -o -name journal -o -path '*/stage/*' -prune -o -path '*/scratch/*' -prune
`;

/** Every way to log in, and every place, that differs from what the other scenarios say. */
function inputsOf(bed: Bed, key: string): Inputs {
  const { host } = bed;
  const [, type = '', publicKey = ''] = host.knownHosts.trim().split(' ');
  return {
    username: USER,
    port: PORT,
    host: '127.0.0.1',
    key,
    passphrase: PASSPHRASE,
    'host-fingerprint': undefined,
    'known-hosts': `# by hand\n[127.0.0.1]:${PORT},[${host.address}]:${PORT} ${type} ${publicKey}`,
    'jump-host': `${host.username}@${host.address}`,
    'jump-key': host.privateKey,
    'jump-known-hosts': host.knownHosts,
    'connect-timeout': '20s',
    path: DIRECTORY,
    repository: `https://github.com/${bed.stack.repository}.git`,
    branch: BRANCH,
    'health-successes': '1',
    'probe-interval': '100ms',
    'keep-releases': '2',
    environment: 'production',
    url: 'https://shop.example/',
  };
}

export const anotherLogin: Scenario = {
  name: 'another-login',
  home: 'tiny',
  stacks: ({ name }) => name === 'tiny',
  sentence:
    'another user, port, branch and directory with blanks and quotes, an encrypted key, known_hosts and a jump host with its own key: deploys, and rolls back to a named release, without a failed request',
  from: 'empty',
  reusable: false,
  run: async (bed, checks) => {
    const work = await mkdtemp(join(tmpdir(), 'resee-e2e-login-'));
    try {
      const file = join(work, 'key');
      await runOrThrow([
        'ssh-keygen',
        '-q',
        '-t',
        'rsa',
        '-b',
        '3072',
        '-N',
        PASSPHRASE,
        '-f',
        file,
      ]);
      await ask(bed.host, ARRANGE, {
        user: 'root',
        args: [(await readFile(`${file}.pub`, 'utf8')).trim(), DIRECTORY],
        stdin: bed.stack.placed['.env'] ?? '',
      });
      await releases(bed, checks, inputsOf(bed, await readFile(file, 'utf8')));
    } finally {
      await ask(bed.host, REMOVE, { user: 'root', args: [DIRECTORY] });
      await rm(work, { recursive: true, force: true });
    }
  },
};

async function releases(bed: Bed, checks: Checks, inputs: Inputs): Promise<void> {
  const workflow = { ref: `refs/heads/${BRANCH}` };
  const push = async (release: string): Promise<string> => {
    const change = bed.stack.changes.backend(release);
    const sha = await bed.fixture.commit('On the branch', await change(bed.fixture));
    await bed.fixture.push({ branch: BRANCH });
    return sha;
  };
  const names = [bed.nextRelease(), bed.nextRelease(), bed.nextRelease()] as const;
  const first = await push(names[0]);
  const run = await bed.deploy(first, { inputs, workflow });
  checks.equal(run.outputs['result'], 'deployed', 'result of the first release');
  for (const name of names.slice(1)) {
    const sha = await push(name);
    const { value: next } = await underLoad(bed, checks, () =>
      bed.deploy(sha, { inputs, workflow }),
    );
    checks.equal(next.outputs['result'], 'deployed', `result of ${name}`);
    await checkRelease(bed, checks, name);
  }
  await goBack(bed, checks, { inputs, workflow, first });
  const left = await ask(bed.host, LEFT, { user: 'root' });
  checks.equal(left.trim(), '', 'what is left in the state directory');
}

/** Of three releases two are kept. */
async function goBack(
  bed: Bed,
  checks: Checks,
  {
    inputs,
    workflow,
    first,
  }: Required<Pick<WorkflowOverrides, 'inputs' | 'workflow'>> & { readonly first: string },
): Promise<void> {
  const sha = await bed.fixture.git('rev-parse', 'HEAD');
  const back = (to: string): WorkflowOverrides => ({
    workflow,
    inputs: { ...inputs, operation: 'rollback', 'rollback-to': to },
  });
  const gone = await bed.deploy(sha, back(first));
  checks.equal(
    gone.outputs['result'],
    'refused',
    'result of a rollback to a release that is not kept',
  );
  const second = await bed.fixture.git('rev-parse', 'HEAD~1');
  const { value: run } = await underLoad(bed, checks, () => bed.deploy(sha, back(second)));
  checks.equal(run.outputs['result'], 'deployed', 'result of the rollback');
  checks.equal(run.outputs['sha'], second, 'the sha of the rollback');
  const release = await bed.fixture.git('show', `HEAD~1:${bed.stack.changes.backendFile}`);
  await checkRelease(bed, checks, release.trim());
}

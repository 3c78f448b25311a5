import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ask } from '../harness/shell.js';
import { cacheDirectory } from '../host/host.js';
import { runOrThrow } from '../host/process.js';
import type { Bed } from './bed.js';
import type { Scenario } from './scenario.js';
import { checkWhole, underLoad } from './whole.js';

const REGISTRY = '127.0.0.1:5000';
const PASSWORD = 'open-sesame-42';
/** bcrypt, the one form that the registry takes. */
const HTPASSWD = 'robot:$2b$05$abcdefghijklmnopqrstuuPvlXCRQqKpBba0rJZc1LI5TCJ1Gzh5e';

/** Debian's docker-registry, from its package; kept beside the trees of the hosts. */
async function registryProgram(): Promise<Buffer> {
  const directory = join(cacheDirectory(), 'docker-registry');
  const file = join(directory, 'usr/bin/docker-registry');
  const isThere = await stat(file).then(
    () => true,
    () => false,
  );
  if (!isThere) {
    await mkdir(directory, { recursive: true });
    const download = `cd "$1" && apt-get download docker-registry >&2 && dpkg -x docker-registry_*.deb .`;
    await runOrThrow(['sh', '-c', download, 'sh', directory]);
    if ((await readdir(directory)).length === 0) throw new Error('no docker-registry');
  }
  return readFile(file);
}

async function startRegistry(bed: Bed): Promise<void> {
  await ask(
    bed.host,
    'cat >/usr/local/bin/docker-registry; chmod +x /usr/local/bin/docker-registry',
    {
      user: 'root',
      stdin: await registryProgram(),
    },
  );
  await ask(bed.host, START, { user: 'root', args: [REGISTRY, HTPASSWD, PASSWORD] });
}

const START = `
mkdir -p /srv/registry
printf '%s\\n' "$2" >/srv/registry/htpasswd
cat >/srv/registry/config.yml <<EOF
version: 0.1
storage: {filesystem: {rootdirectory: /srv/registry/data}}
http: {addr: $1}
auth: {htpasswd: {realm: e2e, path: /srv/registry/htpasswd}}
EOF
setsid docker-registry serve /srv/registry/config.yml >/srv/registry/log 2>&1 </dev/null &
echo $! >/srv/registry/pid
for _ in $(seq 100); do
  ! curl -fsu "robot:$3" "http://$1/v2/" >/dev/null || exit 0
  sleep 0.1
done
tail /srv/registry/log >&2
exit 1
`;

const STOP = 'kill "$(cat /srv/registry/pid)"; rm -rf /srv/registry /usr/local/bin/docker-registry';

/** Builds the image elsewhere, as a workflow would: only the registry has it afterwards. */
const PUSH = `
directory=$(mktemp -d)
git -C "/srv/git/$1.git" archive main api | tar -x -C "$directory"
docker build -q -t "$2" "$directory/api" >/dev/null
mkdir "$directory/docker"
printf '{"auths":{"%s":{"auth":"%s"}}}' "$3" "$4" >"$directory/docker/config.json"
docker --config "$directory/docker" push -q "$2" >/dev/null
docker rmi "$2" >/dev/null
rm -rf "$directory"
`;

/** Of another registry, with a helper that is not there: it must not be asked for ours. */
const USERS_OWN =
  '{"auths":{"other.example":{"auth":"b3RoZXI6b3RoZXI="}},"credsStore":"none-such"}';

export const privateRegistry: Scenario = {
  name: 'private-registry',
  home: 'tiny',
  sentence: 'images of a private registry are pulled with a login of which nothing is left',
  from: 'deployed',
  // What it leaves is a stack of pulled images.
  reusable: false,
  run: async (bed, checks, standing) => {
    const before = await bed.lookSettled();
    const release = bed.nextRelease();
    const image = `${REGISTRY}/team/api:${release}`;
    const auth = Buffer.from(`robot:${PASSWORD}`).toString('base64');
    await startRegistry(bed);
    try {
      const file = 'docker-compose.yml';
      const sha = await bed.commit('Pull the image', async (fixture) => ({
        'api/RELEASE': `${release}\n`,
        [file]: (await fixture.read(file)).replaceAll('build: ./api', `image: ${image}`),
      }));
      await ask(bed.host, PUSH, {
        user: 'root',
        args: [bed.stack.repository, image, REGISTRY, auth],
      });
      await ask(bed.host, 'mkdir -p ~/.docker && printf %s "$1" >~/.docker/config.json', {
        args: [USERS_OWN],
      });

      const deployWith = (password: string) =>
        bed.deploy(sha, {
          inputs: { build: 'pull', registries: `${REGISTRY} robot ${password}`, 'pre-deploy': '' },
        });
      const refused = await deployWith('wrong-password');
      checks.equal(refused.exitCode, 1, 'the exit code with a wrong password');
      checks.matches(refused.log, /the registry did not accept the login/, 'the log');

      const { value: run } = await underLoad(bed, checks, () => deployWith(PASSWORD));
      checks.equal(run.exitCode, 0, 'the exit code');
      checks.equal(run.outputs['result'], 'deployed', 'result');
      for (const secret of [PASSWORD, auth]) {
        const shown = run.log.split('\n').filter((line) => !line.startsWith('::add-mask::'));
        checks.that(!shown.join('\n').includes(secret), 'the log does not hold the login');
      }
      checks.equal(
        await ask(bed.host, LEFT, { user: 'root', args: [PASSWORD, auth] }),
        '',
        'what is left of the login',
      );
      checks.equal(await ask(bed.host, 'cat ~/.docker/config.json'), USERS_OWN, "the user's file");
      await checkWhole(bed, checks, before, { ...standing, sha, release });
    } finally {
      await ask(bed.host, `rm -f /home/ec2-user/.docker/config.json; ${STOP}`, { user: 'root' });
    }
  },
};

/** Files that hold one of the two, wherever the user, the engine or we could have put them. */
const LEFT =
  'grep -rlaF -e "$1" -e "$2" /home /tmp /root /var/lib/docker/buildkit /run 2>/dev/null || true';

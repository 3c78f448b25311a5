import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ask } from '../harness/shell.js';
import { cacheDirectory } from '../host/host.js';
import { runOrThrow } from '../host/process.js';
import type { Bed, LiveRelease } from './bed.js';
import type { Checks } from './checks.js';
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

/** Builds the image elsewhere, as a workflow would: only the registry has it afterwards. Prints its digest. */
const PUSH = `
directory=$(mktemp -d)
git -C "/srv/git/$1.git" archive main api | tar -x -C "$directory"
docker build -q -t "$2" "$directory/api" >/dev/null
mkdir "$directory/docker"
printf '{"auths":{"%s":{"auth":"%s"}}}' "$3" "$4" >"$directory/docker/config.json"
docker --config "$directory/docker" push -q "$2" >/dev/null
docker image inspect -f '{{index .RepoDigests 0}}' "$2"
docker rmi "$2" >/dev/null
rm -rf "$directory"
`;

/** Of another registry, with a helper that is not there: it must not be asked for ours. */
const USERS_OWN =
  '{"auths":{"other.example":{"auth":"b3RoZXI6b3RoZXI="}},"credsStore":"none-such"}';

export const privateRegistry: Scenario = {
  name: 'private-registry',
  home: 'tiny',
  sentence:
    'images of a private registry are pulled by tag and by digest, with a login of which nothing is left, also where it was refused; a rollback needs none',
  from: 'deployed',
  // What it leaves is a stack of pulled images.
  reusable: false,
  run: async (bed, checks, standing) => {
    await startRegistry(bed);
    try {
      await useRegistry(bed, checks, standing);
    } finally {
      await ask(bed.host, `rm -f /home/ec2-user/.docker/config.json; ${STOP}`, { user: 'root' });
    }
  },
};

async function useRegistry(bed: Bed, checks: Checks, standing: LiveRelease): Promise<void> {
  const before = await bed.lookSettled();
  await writeOwn(bed, USERS_OWN);
  const byTag = await push(bed, 'build: ./api', ({ tag }) => tag);
  const deploy = (sha: string, login?: string) =>
    bed.deploy(sha, { inputs: { build: 'pull', registries: login, 'pre-deploy': '' } });

  const refused = await deploy(byTag.sha, `${REGISTRY} robot wrong-password`);
  checks.equal(refused.exitCode, 1, 'the exit code with a wrong password');
  checks.matches(refused.log, /the registry did not accept the login/, 'the log');
  await nothingLeft(bed, checks, 'wrong-password');

  const login = `${REGISTRY} robot ${PASSWORD}`;
  const { value: run } = await underLoad(bed, checks, () => deploy(byTag.sha, login));
  checks.equal(run.outputs['result'], 'deployed', 'result by tag');
  const shown = run.log.split('\n').filter((line) => !line.startsWith('::add-mask::'));
  for (const secret of [PASSWORD, authOf(PASSWORD)])
    checks.that(!shown.join('\n').includes(secret), 'the log does not hold the login');
  await nothingLeft(bed, checks, PASSWORD);
  checks.equal(await ask(bed.host, 'cat ~/.docker/config.json'), USERS_OWN, "the user's file");
  await checkWhole(bed, checks, before, { ...standing, ...byTag });

  // By digest, with the login that the user has made on the host.
  await writeOwn(bed, `{"auths":{"${REGISTRY}":{"auth":"${authOf(PASSWORD)}"}}}`);
  const byDigest = await push(bed, `image: ${byTag.image}`, ({ digest }) => digest);
  const { value: pulled } = await underLoad(bed, checks, () => deploy(byDigest.sha));
  checks.equal(pulled.outputs['result'], 'deployed', 'result by digest');
  await checkWhole(bed, checks, before, { ...standing, ...byDigest });

  // The password expires: what is there already needs none.
  await writeOwn(bed, USERS_OWN);
  await ask(bed.host, "sed -i 's/.$/x/' /srv/registry/htpasswd", { user: 'root' });
  const { value: back } = await underLoad(bed, checks, () =>
    bed.deploy(byDigest.sha, { inputs: { operation: 'rollback' } }),
  );
  checks.equal(back.outputs['result'], 'deployed', 'result of the rollback');
  await checkWhole(bed, checks, before, { ...standing, ...byTag });
}

interface Pushed extends LiveRelease {
  readonly image: string;
}

/** Commits a release whose image only the registry has; in the Compose file it takes the place of `old`. */
async function push(
  bed: Bed,
  old: string,
  named: (image: { readonly tag: string; readonly digest: string }) => string,
): Promise<Pushed> {
  const release = bed.nextRelease();
  const tag = `${REGISTRY}/team/api:${release}`;
  await bed.commit('A release', () => Promise.resolve({ 'api/RELEASE': `${release}\n` }));
  const said = await ask(bed.host, PUSH, {
    user: 'root',
    args: [bed.stack.repository, tag, REGISTRY, authOf(PASSWORD)],
  });
  const image = named({ tag, digest: said.trim().split('\n').at(-1) ?? '' });
  const file = 'docker-compose.yml';
  const sha = await bed.commit('Pull the image', async (fixture) => ({
    [file]: (await fixture.read(file)).replaceAll(old, `image: ${image}`),
  }));
  return { sha, release, image };
}

function authOf(password: string): string {
  return Buffer.from(`robot:${password}`).toString('base64');
}

async function writeOwn(bed: Bed, text: string): Promise<void> {
  await ask(bed.host, 'mkdir -p ~/.docker && printf %s "$1" >~/.docker/config.json', {
    args: [text],
  });
}

async function nothingLeft(bed: Bed, checks: Checks, password: string): Promise<void> {
  const left = await ask(bed.host, LEFT, { user: 'root', args: [password, authOf(password)] });
  checks.equal(left, '', `what is left of the login with ${password}`);
}

/** Files that hold one of the two, wherever the user, the engine or we could have put them. */
const LEFT =
  'grep -rlaF -e "$1" -e "$2" /home /tmp /var/tmp /etc /root /var/lib/docker/buildkit /run 2>/dev/null || true';

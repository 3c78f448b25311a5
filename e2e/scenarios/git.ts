import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask } from '../harness/shell.js';
import { idsOf } from '../harness/snapshot.js';
import { fromDirectory } from '../host/repository.js';
import type { Bed } from './bed.js';
import { replacing } from '../stacks/stack.js';
import { checkRefused, errorOf } from './refusals.js';
import type { Scenario } from './scenario.js';
import { checkWhole, underLoad } from './whole.js';

const TOKEN = 'ghs_0123456789abcdefghijklmnopqrstuvwxyz';

/** Run by root in a container that mounts the live directory: what git runs by itself on the host. */
const TRAP = `
cd /app/.git
printf '#!/bin/sh\\n{ id; env; } >>/tmp/git-ran\\n' >trap
chmod 755 trap
mkdir -p hooks info
for hook in post-checkout reference-transaction post-index-change pre-auto-gc post-merge; do cp trap hooks/$hook; done
printf '[core]\\n\\tfsmonitor = %s\\n\\tsshCommand = %s\\n\\thooksPath = %s\\n[filter "x"]\\n\\tclean = %s\\n\\tsmudge = %s\\n[credential]\\n\\thelper = !%s\\n' \\
  "$1/.git/trap" "$1/.git/trap" "$1/.git/hooks" "$1/.git/trap" "$1/.git/trap" "$1/.git/trap" >>config
printf '* filter=x\\n' >info/attributes`;

export const hostileClone: Scenario = {
  name: 'hostile-clone',
  home: 'tiny',
  sentence:
    'hooks, monitors and filters that a container wrote into the clone do not run on the host, and see no token',
  from: 'deployed',
  run: async (bed, checks) => {
    const { directory } = bed.place;
    // Before the traps: whoever looks at the host runs git as a user does.
    const before = await bed.look();
    await ask(bed.host, 'rm -f /tmp/git-ran; cp "$1/.git/config" /tmp/git-config', {
      args: [directory],
    });
    await ask(
      bed.host,
      'docker run --rm --network none -u 0 --entrypoint sh -v "$1:/app" python:3.13-slim -c "$2" sh "$1"',
      { args: [directory, TRAP] },
    );
    const release = bed.nextRelease();
    const sha = await bed.commit('Behind a trap', bed.stack.changes.backend(release));
    const planned = await bed.deploy(sha, { inputs: { operation: 'plan', token: TOKEN } });
    checks.equal(planned.outputs['result'], 'planned', 'result of the plan');
    const { value: run } = await underLoad(bed, checks, () =>
      bed.deploy(sha, { inputs: { token: TOKEN } }),
    );
    checks.equal(run.outputs['result'], 'deployed', 'result');
    const ran = await bed.host.ask('cat /tmp/git-ran 2>/dev/null || echo nothing');
    checks.equal(ran, 'nothing', 'what the traps of the clone did');
    const held = await ask(bed.host, 'grep -rlF "$1" /home /tmp /var/tmp 2>/dev/null || true', {
      user: 'root',
      args: [TOKEN],
    });
    checks.equal(held.trim(), '', 'files that hold the token');
    await ask(
      bed.host,
      'cp /tmp/git-config "$1/.git/config"; rm -rf "$1/.git/hooks" "$1/.git/info/attributes"',
      {
        user: 'root',
        args: [directory],
      },
    );
    await checkWhole(bed, checks, before, { sha, release });
  },
};

export const forcePushed: Scenario = {
  name: 'force-pushed',
  home: 'tiny',
  sentence: 'a branch that does not have the deployed commit any more is refused, with the way out',
  from: 'deployed',
  run: async (bed, checks, standing) => {
    const release = bed.nextRelease();
    const dropped = await bed.commit('To be dropped', bed.stack.changes.backend(release));
    checks.equal((await bed.deploy(dropped)).outputs['result'], 'deployed', 'result before');
    await bed.fixture.git('reset', '-q', '--hard', standing.sha);
    const edits = await bed.stack.changes.backend(bed.nextRelease())(bed.fixture);
    const sha = await bed.fixture.commit('Another history', edits);
    await bed.fixture.push({ force: true });
    const run = await checkRefused(bed, checks, { sha: dropped, release }, sha);
    checks.matches(errorOf(run), /To be dropped/, 'the annotation names the commit');
    checks.matches(
      errorOf(run),
      new RegExp(`reset --hard ${standing.sha.slice(0, 12)}`),
      'the annotation has the way out',
    );
  },
};

export const anotherProject: Scenario = {
  name: 'another-project',
  home: 'tiny',
  sentence: 'a Compose file in a subdirectory starts no second stack beside the first',
  from: 'deployed',
  run: async (bed, checks, standing) => {
    const compose = await bed.fixture.read('docker-compose.yml');
    const moved = compose.replaceAll('./', '../').replace('env_file: .env', 'env_file: ../.env');
    const sha = await bed.commit('Move the Compose file', () =>
      Promise.resolve({ 'docker-compose.yml': null, 'deploy/docker-compose.yml': moved }),
    );
    const run = await checkRefused(bed, checks, standing, sha, {
      inputs: { 'compose-files': 'deploy/docker-compose.yml' },
    });
    checks.matches(errorOf(run), /project-name: tiny/, 'the annotation names the input');
  },
};

export const besideTheClone: Scenario = {
  name: 'beside-the-clone',
  home: 'tiny',
  sentence:
    'an untracked deploy/.env of a new directory, and ../data, mean the same when staged and when live',
  from: 'deployed',
  reusable: false,
  run: async (bed, checks) => {
    const { directory } = bed.place;
    await ask(bed.host, 'mkdir -p "$1/deploy" "$1/../data" && echo SHARED=yes >"$1/deploy/.env"', {
      args: [directory],
    });
    const service = replacing(
      'docker-compose.yml',
      "    command: ['python', 'worker.py']",
      "    command: ['python', 'worker.py']\n    env_file: deploy/.env\n    volumes: ['../data:/shared', '${PWD}/deploy:/deploy:ro']",
    );
    await bed.commit('Mounts', async (fixture) => ({
      ...(await service(fixture)),
      'deploy/README.md': 'Tracked\n',
    }));
    const release = bed.nextRelease();
    const first = await bed.commit('And a release', bed.stack.changes.backend(release));
    const { value: run } = await underLoad(bed, checks, () => bed.deploy(first));
    checks.equal(run.outputs['result'], 'deployed', 'result');
    const worker = idsOf(await bed.look(), 'worker');
    const sha = await bed.commit('A README', () => Promise.resolve({ 'README.md': 'Other\n' }));
    const before = await bed.look();
    const { value: again } = await underLoad(bed, checks, () => bed.deploy(sha));
    checks.equal(again.exitCode, 0, 'the exit code of the second');
    checks.equal(idsOf(await bed.look(), 'worker'), worker, 'the containers of the worker');
    const shared = await bed.host.ask(
      `docker inspect -f '{{range .Mounts}}{{.Source}} {{end}}' ${worker.join(' ')}`,
    );
    checks.that(shared.includes('/home/ec2-user/data'), 'the mount beside the clone');
    checks.that(shared.includes('/home/ec2-user/tiny/deploy'), 'the mount below PWD');
    await checkWhole(bed, checks, before, { sha, release });
  },
};

export const submodule: Scenario = {
  name: 'submodule',
  home: 'tiny',
  sentence: 'the files of a submodule are part of the release, and change with it',
  from: 'deployed',
  run: async (bed, checks) => {
    const library = await libraryOf(bed, 'one');
    try {
      await mkdir(join(bed.fixture.workTree, 'api/lib'), { recursive: true });
      const bring = async (sha: string, message: string): Promise<string> => {
        const link = `160000,${sha},api/lib`;
        await bed.fixture.git('update-index', '--add', '--cacheinfo', link);
        return bed.commit(message, () =>
          Promise.resolve({
            '.gitmodules': '[submodule "lib"]\n\tpath = api/lib\n\turl = ../lib.git\n',
          }),
        );
      };
      const first = await library.git('rev-parse', 'HEAD');
      await deployAndRead(bed, checks, await bring(first, 'Take the library'), 'one');
      const second = await library.commit('Two', { word: 'two\n', more: 'x\n' });
      await library.push();
      const sha = await bring(second, 'Take the newer library');
      await deployAndRead(bed, checks, sha, 'two');
      const status = await bed.host.ask(`git -C ${bed.place.directory} status --porcelain`);
      checks.equal(status, '', 'git status');
    } finally {
      await library.remove();
    }
  },
};

async function libraryOf(bed: Bed, word: string): ReturnType<typeof fromDirectory> {
  const source = await mkdtemp(join(tmpdir(), 'resee-e2e-lib-'));
  try {
    await writeFile(join(source, 'word'), `${word}\n`);
    await ask(bed.host, 'rm -rf /srv/git/org/lib.git');
    return await fromDirectory(bed.host, 'org/lib', source);
  } finally {
    await rm(source, { recursive: true, force: true });
  }
}

async function deployAndRead(
  bed: Bed,
  checks: Parameters<Scenario['run']>[1],
  sha: string,
  word: string,
): Promise<void> {
  const { value: run } = await underLoad(bed, checks, () => bed.deploy(sha));
  checks.equal(run.outputs['result'], 'deployed', `result with ${word}`);
  const [api = ''] = idsOf(await bed.look(), 'api');
  const built = await bed.host.ask(`docker exec ${api} cat /app/lib/word`);
  checks.equal(built, word, 'the submodule in the image');
  const live = await bed.host.ask(`cat ${bed.place.directory}/api/lib/word`);
  checks.equal(live, word, 'the submodule in the live directory');
}

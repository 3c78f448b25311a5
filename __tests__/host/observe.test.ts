import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { observe } from '../../src/host/observe.js';
import type { Observation } from '../../src/plan/observation.js';
import { accepted } from '../inputs/given.js';
import { SHELLS, shellOf, type ToyHost } from '../remote/host.js';
import { ENGINE, shopOn, type Shop } from './shop.js';

/** A docker whose stack has a secret of a variable; it interpolates `${TOKEN-}` from .env, as Compose does. */
const WITH_SECRET = `
case "$*" in
  'version --format {{json .Server}}') echo '{"Version":"26.1.5"}' ;;
  'compose version --short') echo 2.26.1 ;;
  'compose -f compose.yaml -f - config --format json resee-deploy-variables')
    name=$(sed -n 's/^ *\\([A-Z]*\\): "\${\\1-}"$/\\1/p')
    printf '{"services": {"resee-deploy-variables": {"labels": {"%s": "%s"}}}}' "$name" "$(sed -n "s/^$name=//p" .env)" ;;
  *'config --format json')
    printf '{\n  "name": "shop",\n  "secrets": {\n    "token": {\n      "name": "shop_token",\n      "environment": "TOKEN"\n    }\n  },\n'
    printf '  "services": {"web": {"image": "a", "secrets": [{"source": "token"}]}}\n}\n' ;;
esac`;

// The scripts are the same for every shell; how each reads them is told apart in remote/.
const sh = SHELLS.slice(0, 1);

describe.each(sh)('observe, with git and files as they are', ({ path }) => {
  let shop: Shop;
  let host: ToyHost;
  let first = '';
  let second = '';
  beforeEach(() => {
    shop = shopOn(path);
    ({ host, first, second } = shop);
  });
  afterEach(() => {
    host.remove();
  });

  const deployed = (sha: string): void => {
    shop.deployed(sha);
  };
  const git = (directory: string, ...words: string[]): string => shop.git(directory, ...words);
  const look = (
    sha: string,
    given: Readonly<Record<string, string>> = {},
  ): Promise<Observation> => {
    const place = { path: host.path('shop'), repository: host.path('origin') };
    const inputs = accepted({ ...place, sha, ...given });
    return observe(shellOf(host), inputs, sha, 'run-1-1');
  };

  it('tells which files that Compose names are neither in the commit nor on the host', async () => {
    deployed(first);
    host.write('shop/untracked.txt', 'x');
    host.write('elsewhere/there', 'x');
    symlinkSync('../elsewhere', host.path('origin/linked'));
    const third = shop.commit('third');
    const named = [
      ...['web/Dockerfile', 'untracked.txt', 'nowhere.txt', 'gone', 'made/nowhere'].map(
        (file) => `$PWD/${file}`,
      ),
      ...['linked/there', 'linked/nowhere'].map((file) => `$PWD/${file}`),
      ...['there', 'nowhere'].map((file) => host.path(`elsewhere/${file}`)),
    ];
    const lines = named.map((file, n) => `    "s${String(n)}": {\n      "file": "${file}"\n    }`);
    host.answerDocker(
      `case "$*" in *'config --format json') cat <<EOF
{
  "name": "shop",
  "secrets": {
${lines.join(',\n')}
  },
  "services": {"web": {"image": "a", "volumes": [
      {
        "type": "bind",
        "source": "$PWD/mounted.yml"
      }]}}
}
EOF
exit ;; esac
${ENGINE}`,
    );
    const { missingFiles } = await look(third);
    expect([...(missingFiles ?? [])].sort()).toEqual(
      ['gone', 'linked/nowhere', 'made/nowhere', 'mounted.yml', 'nowhere.txt']
        .map((file) => host.path(`shop/${file}`))
        .concat(host.path('elsewhere/nowhere'))
        .sort(),
    );
  });

  it('stages what the commit holds where a directory was replaced by a link on the host', async () => {
    host.write('origin/conf/app.json', 'of the commit');
    const third = shop.commit('third');
    deployed(third);
    host.write('elsewhere/app.json', 'of somebody else');
    rmSync(host.path('shop/conf'), { recursive: true });
    symlinkSync(host.path('elsewhere'), host.path('shop/conf'));
    const { stage } = await look(third);
    expect(readFileSync(join(stage, 'conf/app.json'), 'utf8')).toBe('of the commit');
  });

  it('sees a host on which nothing was ever deployed', async () => {
    const seen = await look(second);
    expect(seen.host).toMatchObject({ engineVersion: '26.1.5', composeVersion: '2.26.1' });
    expect(seen.host.memoryTotalKb).toBeGreaterThan(0);
    expect(seen.stateDirectory).toBe(host.path('.local/state/resee-deploy/shop'));
    expect(seen.releases).toEqual([]);
    expect(seen.busy).toBe(false);
    expect(seen.live).toMatchObject({
      path: host.path('shop'),
      head: undefined,
      localCommits: [],
      modified: [],
      conflicts: [],
    });
    expect(seen.installed).toBeUndefined();
    expect(seen.commit).toMatchObject({
      sha: second,
      subject: 'second: "quoted" $HOME',
      newerThanLive: true,
    });
    expect(seen.commit.changes).toEqual([
      { path: 'compose.yaml', status: 'added' },
      { path: 'web/Dockerfile', status: 'added' },
      { path: 'web/a file', status: 'added' },
    ]);
    expect(seen.images).toEqual({ 'shop-web': 'sha256:1', 'redis:8': 'sha256:2' });
    expect(host.exists('shop')).toBe(false);
  });

  it('gives up a server that sends nothing, and two looks at what runs never mix', async () => {
    host.answer('git', `printf '%s\\n' "$*" >>"$TOY/git.log"; PATH=\${PATH#*:} exec git "$@"`);
    host.write('bin/docker-before', host.read('bin/docker'));
    chmodSync(host.path('bin/docker-before'), 0o755);
    host.answerDocker(`case "$*" in
  *'config --format json') "$TOY/bin/docker-before" "$@" | sed 's/"name": "shop"/"name": "other"/' ;;
  'ps -aq'*project=shop*) sleep 1; echo guessed >>"$TOY/order" ;;
  'ps -aq'*project=other*) echo wanted >>"$TOY/order" ;;
  *) exec "$TOY/bin/docker-before" "$@" ;;
esac`);
    const seen = await look(second);
    expect(seen.wanted.project).toBe('other');
    expect(host.read('order')).toBe('guessed\nwanted\n');
    expect(host.read('git.log')).toMatch(/-c http\.lowSpeedTime=300 .*fetch --quiet/);
  });

  it('sees whose containers there are, which ports they hold, and where the engine keeps images', async () => {
    deployed(first);
    for (const directory of ['another/shop', 'engine', 'shop/deploy']) {
      mkdirSync(host.path(directory), { recursive: true });
    }
    symlinkSync(host.path('shop'), host.path('linked'));
    host.answerDocker(`
case "$*" in
  'ps -a --format'*)
    for place in /another/shop /gone /linked /shop /shop/deploy ''; do
      printf 'shop\t%s\t%s\tFalse\tUp 2 hours (healthy)\tshop-web-1\t0.0.0.0:80->80/tcp\n' "$TOY$place" compose.yaml
    done
    printf 'shop\t%s\told.yaml\tFalse\tExited (0) 2 hours ago\tshop-web-2\t\n' "$TOY/shop"
    printf 'shop\t%s\trun.yaml\tTrue\tUp 1 second\tshop-web-run-1\t\n' "$TOY/shop"
    printf '\t\t\t\tUp 1 second\talone\t\n' ;;
  info*) printf 'inactive false\n%s\n[["Backing Filesystem","extfs"]]\n' "$TOY/engine" ;;
  *)
${ENGINE}
esac`);
    const seen = await look(second);
    expect(seen.projects.map(({ directory, elsewhere }) => [directory, elsewhere]).sort()).toEqual([
      [host.root, undefined],
      [host.path('another/shop'), 'there'],
      [host.path('gone'), undefined],
      [host.path('linked'), undefined],
      [host.path('shop'), undefined],
      [host.path('shop/deploy'), undefined],
    ]);
    const by = { kind: 'container', name: 'shop-web-1', project: 'shop' };
    expect(seen.heldPorts).toContainEqual({ protocol: 'tcp', address: '0.0.0.0', port: 80, by });
    expect(seen.host.imageRoom?.path).toBe(host.path('engine'));
    expect(seen.host.imageRoom?.freeKb).toBeGreaterThan(0);
    expect(seen.swarm.node).toBe('none');
  });

  it('sees what runs in a container', async () => {
    host.write('proc/7/cgroup', '0::/docker/its\n');
    host.answer('ps', `case "$*" in *comm=*) echo '      7 redis-server' ;; esac`);
    host.answerDocker(`
case "$*" in
  'ps -aq'*) echo it ;;
  'inspect it') echo '[{"Id":"it","Config":{"Labels":{"com.docker.compose.service":"web"}},"State":{"Running":true,"Pid":7}}]' ;;
  'inspect -f {{.Id}} {{.State.Pid}}'*) echo 'it 7 ' ;;
  *)
${ENGINE}
esac`);
    process.env['RESEE_PROC'] = host.path('proc');
    const { containers } = await look(second).finally(() => delete process.env['RESEE_PROC']);
    expect(containers).toMatchObject([{ id: 'it', service: 'web', processes: ['redis-server'] }]);
  });

  it('sees on which ports a process listens', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const seen = await look(second);
    server.close();
    const by = { kind: 'process', uid: process.getuid?.() };
    expect(seen.heldPorts).toContainEqual({ protocol: 'tcp', address: '127.0.0.1', port, by });
  });

  it('sees what the commit changes', async () => {
    deployed(first);
    const seen = await look(second);
    expect(seen.live).toMatchObject({ head: first, branch: 'main', modified: [], conflicts: [] });
    expect(seen.commit.changes).toEqual([
      { path: 'gone', status: 'deleted' },
      { path: 'web/Dockerfile', status: 'modified' },
      { path: 'web/a file', status: 'added' },
    ]);
    expect(seen.commit.files).toEqual(['compose.yaml', 'web/Dockerfile', 'web/a file']);
  });

  it('asks Compose with the variables of the run, and of the live directory with those of its release', async () => {
    deployed(first);
    host.write('.local/state/resee-deploy/shop/variables.env', "TAG='v 1'\n");
    const { stage } = await look(second, { variables: 'TAG=v 2\nUNUSED=1' });
    const told = host.read('tags').trim().split('\n').sort();
    expect(told).toEqual([`${host.path('shop')} v 1`, `${stage} v 2`].sort());
  });

  describe('the .env of the release', () => {
    const staged = (seen: Observation, path: string): string =>
      host.read(`${seen.stage.slice(host.root.length + 1)}/${path}`);
    const text = { 'env-file': 'A=new' };

    it('is judged with the commit, and the live one stays', async () => {
      deployed(first);
      host.write('shop/.env', 'A=old');
      const seen = await look(second, text);
      expect(seen.envFile).toEqual({ path: '.env', change: 'modified' });
      expect(staged(seen, '.env')).toBe('A=new\n');
      expect(lstatSync(join(seen.stage, '.env')).mode & 0o777).toBe(0o600);
      expect(seen.wanted.services['web']?.definition['environment']).toEqual({ KEY: 'A=new' });
      expect(seen.installed?.services['web']?.definition['environment']).toEqual({ KEY: 'A=old' });
      expect(host.read('shop/.env')).toBe('A=old');
    });

    it('is there on the first deploy', async () => {
      const seen = await look(second, text);
      expect(seen.envFile).toEqual({ path: '.env', change: 'added' });
      expect(staged(seen, '.env')).toBe('A=new\n');
      expect(host.exists('shop')).toBe(false);
    });

    it('changes nothing where text and mode are the same', async () => {
      deployed(first);
      host.write('shop/.env', 'A=new\n');
      expect((await look(second, text)).envFile?.change).toBe('modified');
      chmodSync(host.path('shop/.env'), 0o600);
      expect((await look(second, text)).envFile?.change).toBe('same');
    });

    it('does not reach the live directory through a directory that is a link in the stage', async () => {
      deployed(first);
      host.write('shop/config/app.env', 'A=old');
      host.write('shop/config/other', 'x');
      host.write('shop/config/below/file', 'y');
      const seen = await look(second, { ...text, 'env-file-path': 'config/app.env' });
      expect(staged(seen, 'config/app.env')).toBe('A=new\n');
      expect([staged(seen, 'config/other'), staged(seen, 'config/below/file')]).toEqual(['x', 'y']);
      expect(host.read('shop/config/app.env')).toBe('A=old');
    });

    it('is in the context of a build, instead of the host’s', async () => {
      deployed(first);
      host.write('shop/web/.env', 'A=old');
      host.write('shop/web/own', 'x');
      const seen = await look(second, { ...text, 'env-file-path': 'web/.env' });
      expect([staged(seen, 'web/.env'), staged(seen, 'web/own')]).toEqual(['A=new\n', 'x']);
    });

    it.each<[string, () => void, string]>([
      ['compose.yaml', () => undefined, 'git tracks compose.yaml'],
      ['compose.yaml/x', () => undefined, 'needs a directory there'],
      ['web', () => undefined, 'is a directory'],
      [
        '.env',
        () => {
          mkdirSync(host.path('shop/.env'));
        },
        'is a directory',
      ],
      [
        '.env',
        () => {
          symlinkSync('/etc/passwd', host.path('shop/.env'));
        },
        'is a symbolic link',
      ],
      [
        'out/.env',
        () => {
          symlinkSync('/tmp', host.path('shop/out'));
        },
        'is a symbolic link',
      ],
      [
        'own/.env',
        () => {
          host.write('shop/own', '');
        },
        'needs a directory there',
      ],
    ])('is refused at %s', async (path, arrange, told) => {
      deployed(first);
      arrange();
      await expect(look(second, { ...text, 'env-file-path': path })).rejects.toThrow(told);
    });
  });

  it('changes nothing in the live directory', async () => {
    deployed(first);
    host.write('shop/.env', 'secret');
    const before = git('shop', 'status', '--porcelain', '--branch');
    await look(second);
    expect(git('shop', 'status', '--porcelain', '--branch')).toBe(before);
    expect(git('shop', 'rev-parse', 'HEAD')).toBe(first);
    expect(host.read('shop/web/Dockerfile')).toBe('FROM scratch\n');
  });

  it('stages the commit, with the host’s own files laid over it', async () => {
    deployed(first);
    host.write('shop/.env', 'secret');
    host.write('shop/uploads/photo', 'x');
    const seen = await look(second);
    const stage = seen.stage.slice(host.root.length + 1);
    expect(host.read(`${stage}/web/a file`)).toBe('new\n');
    expect(host.exists(`${stage}/gone`)).toBe(false);
    expect(host.read(`${stage}/.env`)).toBe('secret');
    expect(host.read(`${stage}/uploads/photo`)).toBe('x');
  });

  it('has an untracked file in a directory that the commit adds', async () => {
    host.write('origin/deploy/compose.yaml', 'x\n');
    const third = shop.commit('adds deploy/');
    deployed(second);
    host.write('shop/deploy/.env', 'secret');
    host.write('shop/deploy/certs/key', 'k');
    const seen = await look(third);
    const stage = seen.stage.slice(host.root.length + 1);
    expect(host.read(`${stage}/deploy/.env`)).toBe('secret');
    expect(host.read(`${stage}/deploy/certs/key`)).toBe('k');
    expect(host.read(`${stage}/deploy/compose.yaml`)).toBe('x\n');
  });

  describe('of a commit with a submodule', () => {
    const link = (sha: string, subject: string): string => {
      host.write('origin/.gitmodules', '[submodule "x"]\n\tpath = web/lib\n\turl = ../lib\n');
      mkdirSync(host.path('origin/web/lib'), { recursive: true });
      git('origin', 'update-index', '--add', '--cacheinfo', `160000,${sha},web/lib`);
      return shop.commit(subject);
    };
    const commitLib = (subject: string): string => {
      git('lib', 'add', '--all');
      git('lib', 'commit', '-q', '-m', subject);
      return git('lib', 'rev-parse', 'HEAD');
    };
    beforeEach(() => {
      execFileSync('git', ['init', '-q', '-b', 'main', host.path('lib')]);
      host.write('lib/word', 'one\n');
      host.write('lib/gone', 'x\n');
    });

    it('stages its files, and tells which of them change', async () => {
      const third = link(commitLib('one'), 'takes lib');
      deployed(second);
      const seen = await look(third);
      const stage = seen.stage.slice(host.root.length + 1);
      expect(host.read(`${stage}/web/lib/word`)).toBe('one\n');
      expect(seen.commit.changes).toEqual([
        { path: '.gitmodules', status: 'added' },
        { path: 'web/lib/gone', status: 'added' },
        { path: 'web/lib/word', status: 'added' },
      ]);
      expect(seen.commit.files).toContain('web/lib/word');
    });

    it('tells what differs between its commits, and what was changed by hand', async () => {
      const third = link(commitLib('one'), 'takes lib');
      deployed(third);
      host.write('shop/web/lib/word', 'one\n');
      host.write('shop/web/lib/gone', 'x\n');
      expect((await look(third)).commit.changes).toEqual([]);
      host.write('lib/word', 'two\n');
      rmSync(host.path('lib/gone'));
      const fourth = link(commitLib('two'), 'takes a newer lib');
      host.write('shop/web/lib/word', 'by hand\n');
      const seen = await look(fourth);
      expect(seen.commit.changes).toEqual([
        { path: 'web/lib/gone', status: 'deleted' },
        { path: 'web/lib/word', status: 'modified' },
      ]);
      expect(seen.live.modified).toEqual(['web/lib/word']);
    });

    it('refuses one whose commit nobody has', async () => {
      commitLib('one');
      const third = link('e'.repeat(40), 'takes what is not there');
      deployed(second);
      await expect(look(third)).rejects.toThrow(/a submodule of commit .* cannot be fetched/);
    });

    it('refuses a URL that is a command', async () => {
      const third = link(commitLib('one'), 'takes lib');
      git('origin', 'config', '-f', '.gitmodules', 'submodule.x.url', 'ext::touch ran');
      const fourth = shop.commit('another URL');
      deployed(third);
      await expect(look(fourth)).rejects.toThrow(/a submodule of commit/);
    });
  });

  it('copies what is untracked within the context of a build, within limits', async () => {
    deployed(first);
    host.write('shop/web/vendor/lib.js', 'lib');
    host.write('shop/web/.env', 'secret');
    host.write('shop/web/big/file', 'x'.repeat(70 * 1024 * 1024));
    host.write('shop/web/.dockerignore', 'cache/\n');
    host.write('shop/web/cache/file', 'x');
    host.write('shop/elsewhere/file', 'x');
    const seen = await look(second);
    const isLink = (name: string) => lstatSync(join(seen.stage, name)).isSymbolicLink();
    expect(seen.uncopied).toEqual(['web/big']);
    expect(['web/vendor', 'web/.env', 'web/big', 'web/cache', 'elsewhere'].map(isLink)).toEqual([
      false,
      false,
      true,
      true,
      true,
    ]);
    expect(host.read(`${seen.stage.slice(host.root.length + 1)}/web/vendor/lib.js`)).toBe('lib');
  });

  it('leads to what lies above the live directory, as from there', async () => {
    deployed(first);
    host.write('data/file', 'x');
    const seen = await look(second);
    const stage = seen.stage.slice(host.root.length + 1);
    expect(host.read(join(stage, '../data/file'))).toBe('x');
    expect(seen.stage).toMatch(new RegExp(`/stage/run-1-1/staged-root${host.path('shop')}$`));
  });

  it('lays uploads over the stage many at once', async () => {
    host.write('origin/uploads/.gitkeep', '');
    const third = shop.commit('keeps uploads/');
    deployed(third);
    for (let each = 0; each < 500; each += 1) host.write(`shop/uploads/${String(each)}`, 'x');
    host.answer('ln', 'echo >>"$TOY/links"; exec /usr/bin/ln "$@"');
    host.answer('cp', 'echo >>"$TOY/links"; exec /usr/bin/cp "$@"');
    const seen = await look(third);
    const stage = seen.stage.slice(host.root.length + 1);
    expect(host.read(`${stage}/uploads/499`)).toBe('x');
    expect(host.read('links').length).toBeLessThan(30);
  });

  it('brings file names with blanks, tabs, quotes, and other letters', async () => {
    const names = ['web/a\tb', 'web/"c"', 'web/\\d', "web/e'f", 'web/ ü '];
    for (const name of names) host.write(`origin/${name}`, `${name}\n`);
    const third = shop.commit('odd names');
    deployed(second);
    host.write('shop/web/g\nh', 'untracked');
    const seen = await look(third);
    const added = seen.commit.changes.map(({ path: added }) => added);
    expect([...added].sort()).toEqual([...names].sort());
    const stage = seen.stage.slice(host.root.length + 1);
    for (const name of names) expect(host.read(`${stage}/${name}`)).toBe(`${name}\n`);
  });

  it('refuses file names that no list can hold, and shows them', async () => {
    host.write('origin/web/a\nb', 'x');
    const third = shop.commit('a newline');
    deployed(second);
    await expect(look(third)).rejects.toThrow('"web/a\\nb"');
  });

  it('refuses a file that the commit would write through a link', async () => {
    host.write('origin/media/app.conf', 'x');
    const third = shop.commit('adds media/');
    deployed(second);
    host.write('elsewhere/mine', 'x');
    symlinkSync(host.path('elsewhere'), host.path('shop/media'));
    expect((await look(third)).live.conflicts).toEqual(['media']);
  });

  it('runs nothing that the clone names, and shows it no token', async () => {
    deployed(first);
    host.write('evil', `#!/bin/sh\nenv >'${host.path('ran')}'\n`);
    chmodSync(host.path('evil'), 0o755);
    for (const hook of ['post-checkout', 'reference-transaction', 'post-index-change']) {
      copyFileSync(host.path('evil'), host.path(`shop/.git/hooks/${hook}`));
    }
    for (const key of ['core.fsmonitor', 'core.sshCommand', 'filter.x.clean', 'filter.x.smudge']) {
      git('shop', 'config', key, host.path('evil'));
    }
    git('shop', 'config', 'remote.origin.uploadpack', host.path('evil'));
    host.write('shop/.git/info/attributes', '* filter=x\n');
    await look(second);
    expect(host.exists('ran')).toBe(false);
  });

  it('fetches anew where the repository of its own was damaged', async () => {
    deployed(first);
    await look(first);
    const objects = host.path('.local/state/resee-deploy/shop/repository.git/objects');
    for (const each of readdirSync(objects)) {
      if (/^[0-9a-f]{2}$/.test(each)) rmSync(join(objects, each), { recursive: true });
    }
    host.write('origin/more', 'x');
    const third = shop.commit('third');
    expect((await look(third)).commit.sha).toBe(third);
  });

  it('reads the same stack in the staged tree and in the live directory', async () => {
    deployed(first);
    host.write('shop/.env', 'secret');
    const { wanted, installed } = await look(second);
    expect(wanted.services['web']?.definition).toEqual({
      build: { context: './web' },
      environment: { KEY: 'secret' },
    });
    expect(wanted).toEqual(installed);
    expect(wanted.services['web']?.build?.inputs).toEqual(['web']);
  });

  it('knows the values of the variables that configs and secrets are made of', async () => {
    deployed(first);
    host.write('shop/.env', 'TOKEN=hunter2');
    host.answerDocker(WITH_SECRET);
    const { wanted, installed } = await look(second);
    const secret = { environment: 'TOKEN', value: 'hunter2' };
    expect(wanted.services['web']?.definition['secret token']).toEqual(secret);
    expect(installed?.services['web']?.definition['secret token']).toEqual(secret);
  });

  it('sees what differs from a commit that the last release left services at', async () => {
    host.write('origin/later', 'x');
    const third = shop.commit('third');
    deployed(second);
    const record = (sha: string) => JSON.stringify({ services: { web: { commit: sha } } }, null, 2);
    host.write('.local/state/resee-deploy/shop/releases/00000001-a.json', record('e'.repeat(40)));
    host.write('.local/state/resee-deploy/shop/releases/00000002-b.json', record(first));
    const { commit } = await look(third);
    expect(commit.since).toEqual({
      [first]: [
        { path: 'gone', status: 'deleted' },
        { path: 'later', status: 'added' },
        { path: 'web/Dockerfile', status: 'modified' },
        { path: 'web/a file', status: 'added' },
      ],
    });
    expect(commit.changes).toEqual([{ path: 'later', status: 'added' }]);
    host.write('.local/state/resee-deploy/shop/releases/00000003-c.json', record('e'.repeat(40)));
    expect((await look(third)).commit.since).toEqual({});
  });

  it('makes a key for the records once, which only its owner reads', async () => {
    deployed(first);
    const { recordKey } = await look(second);
    expect(recordKey).toMatch(/^[0-9a-f]{64}$/);
    expect((await look(second)).recordKey).toBe(recordKey);
    const { mode } = statSync(host.path('.local/state/resee-deploy/shop/record.key'));
    expect(mode & 0o777).toBe(0o600);
  });

  it('sees what somebody changed by hand, and takes it into the build', async () => {
    deployed(first);
    host.write('shop/web/Dockerfile', 'FROM other\n');
    host.write('shop/web/a file', 'in the way\n');
    const seen = await look(second);
    expect(seen.live.modified).toEqual(['web/Dockerfile']);
    expect(seen.live.conflicts).toEqual(['web/a file']);
  });

  it('sees a changed mode, unless the clone says that modes tell nothing there', async () => {
    deployed(first);
    chmodSync(host.path('shop/web/Dockerfile'), 0o755);
    chmodSync(host.path('shop/compose.yaml'), 0o755);
    const modified = ['compose.yaml', 'web/Dockerfile'];
    expect((await look(second)).live.modified).toEqual(modified);
    // As on a file system that keeps none, or by hand: git on the host shows nothing to undo.
    git('shop', 'config', 'core.fileMode', 'false');
    expect((await look(second)).live.modified).toEqual([]);
    git('shop', 'config', 'core.fileMode', 'true');
    expect((await look(second)).live.modified).toEqual(modified);
  });

  it('sees no conflict in an untracked file that is the commit’s already', async () => {
    deployed(first);
    host.write('shop/web/a file', 'new\n');
    expect((await look(second)).live.conflicts).toEqual([]);
  });

  it('sees no conflict in a directory of tracked files that becomes a file or a link, only in what is not tracked', async () => {
    host.write('origin/conf/a', '1\n');
    host.write('origin/conf/-b/c', '1\n');
    host.write('origin/docs/a', '1\n');
    deployed(shop.commit('directories'));
    rmSync(host.path('origin/conf'), { recursive: true });
    rmSync(host.path('origin/docs'), { recursive: true });
    host.write('origin/conf', 'file\n');
    symlinkSync('web', host.path('origin/docs'));
    const third = shop.commit('no directories');
    expect((await look(third)).live.conflicts).toEqual([]);
    host.write('shop/conf/data', 'precious\n');
    expect((await look(third)).live.conflicts).toEqual(['conf']);
    mkdirSync(host.path('shop/docs/empty'));
    expect((await look(third)).live.conflicts).toEqual(['conf', 'docs']);
  }, 40_000);

  it('sees commits that only the host has', async () => {
    deployed(first);
    host.write('shop/local', 'x');
    git('shop', 'add', 'local');
    git('shop', 'commit', '-q', '-m', 'only here');
    const head = git('shop', 'rev-parse', 'HEAD').slice(0, 12);
    await expect(look(second)).rejects.toThrow(`is at commit ${head}, which main does not have`);
  });

  it('sees that the branch was forced away from the deployed commit', async () => {
    deployed(first);
    host.write('origin/extra', 'x');
    const dropped = shop.commit('dropped');
    await look(dropped);
    git('shop', 'pull', '-q');
    git('origin', 'reset', '-q', '--hard', second);
    host.write('origin/other', 'x');
    const forced = shop.commit('forced');
    const { live, commit } = await look(forced);
    expect(live.localCommits).toEqual([expect.stringMatching(/ dropped$/)]);
    expect(live.commonCommit).toBe(second);
    expect(commit.newerThanLive).toBe(false);
  });

  it('knows an older commit for what it is', async () => {
    deployed(second);
    expect((await look(first)).commit.newerThanLive).toBe(false);
    expect((await look(second)).commit.newerThanLive).toBe(true);
  });

  it('sees that somebody deploys, or died while doing so', async () => {
    deployed(first);
    host.write('.local/state/resee-deploy/shop/lease/owner', 'x');
    expect((await look(second)).busy).toBe(true);
    rmSync(host.path('.local/state/resee-deploy/shop/lease'), { recursive: true });
    host.write('.local/state/resee-deploy/shop/journal/001-step.sh', ':');
    expect((await look(second)).busy).toBe(true);
  });

  it('reads the records of earlier releases', async () => {
    host.write('.local/state/resee-deploy/shop/releases/00000001-aaa.json', '{"sha":"aaa"}');
    host.write('.local/state/resee-deploy/shop/releases/00000002-bbb.json', '{"sha":"bbb"}');
    expect((await look(second)).releases.map(({ sha }) => sha)).toEqual(['aaa', 'bbb']);
  });

  it('refuses a commit that is not on the branch', async () => {
    git('origin', 'checkout', '-q', '-b', 'feature');
    host.write('origin/more', 'x');
    const other = shop.commit('of a feature');
    deployed(first);
    execFileSync('git', ['-C', host.path('shop'), 'fetch', '-q', 'origin', 'feature']);
    await expect(look(other)).rejects.toThrow(`commit ${other.slice(0, 12)} is not on main`);
  });

  it('refuses a commit that nobody has', async () => {
    await expect(look('f'.repeat(40))).rejects.toThrow(/is not on main of .*origin/);
  });

  it('refuses a host without Docker, whatever else is wrong', async () => {
    host.answerDocker('echo "docker: not found" >&2; exit 127');
    await expect(look(second)).rejects.toThrow('Docker Engine is not installed');
  });
});

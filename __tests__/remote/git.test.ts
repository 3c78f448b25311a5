import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { Variables } from '../../src/host/shell.js';
import { linesOf, parseSections } from '../../src/host/sections.js';
import { remoteScript } from '../../src/remote/load.js';
import { SHELLS, toyHost, type ToyHost } from './host.js';

/** The live directory's git follows its files, which the rollout has brought already. */
describe.each(SHELLS)('git_move, with $name as sh', ({ path }) => {
  let host: ToyHost;
  let first = '';
  let second = '';
  beforeEach(() => {
    host = toyHost(path);
    execFileSync('git', ['init', '-q', '-b', 'main', host.path('origin')]);
    host.write('origin/file', 'one\n');
    host.write('origin/kept', 'kept\n');
    first = commit('first');
    host.write('origin/file', 'two\n');
    host.write('origin/added', 'new\n');
    second = commit('second');
  });
  afterEach(() => {
    host.remove();
  });

  function git(directory: string, ...words: string[]): string {
    const identity = ['-c', 'user.name=Tester', '-c', 'user.email=tester@example.com'];
    return execFileSync('git', ['-C', host.path(directory), ...identity, ...words], {
      encoding: 'utf8',
    }).trim();
  }
  function commit(subject: string): string {
    git('origin', 'add', '--all');
    git('origin', 'commit', '-q', '-m', subject);
    return git('origin', 'rev-parse', 'HEAD');
  }
  /** What the look at the host has left: the branch, in a ref of the run's own. */
  const fetchBranch = (): void => {
    const own = `${host.state}/repository.git`;
    execFileSync('git', ['init', '-q', '--bare', own]);
    const refs = '+refs/heads/main:refs/resee-deploy/run-1-1/branch';
    execFileSync('git', ['--git-dir', own, 'fetch', '-q', host.path('origin'), refs]);
  };
  const move = (variables: Variables = {}) =>
    host.run('set -eu\ngit_move "$LIVE" main "$SHA" https://example.com/org/shop run-1-1', {
      LIVE: host.path('live'),
      SHA: second,
      ...variables,
    });
  const bringFiles = (): void => {
    host.write('live/file', 'two\n');
    host.write('live/added', 'new\n');
  };

  it('leaves a clean tree, on the branch, at the commit', async () => {
    execFileSync('git', ['clone', '-q', host.path('origin'), host.path('live')]);
    git('live', 'reset', '-q', '--hard', first);
    fetchBranch();
    bringFiles();
    expect((await move()).code).toBe(0);
    expect(git('live', 'status', '--porcelain')).toBe('');
    expect(git('live', 'rev-parse', 'HEAD')).toBe(second);
    expect(git('live', 'symbolic-ref', '--short', 'HEAD')).toBe('main');
    expect(git('live', 'rev-parse', 'origin/main')).toBe(second);
  });

  it.each([
    ['forward', () => second],
    ['back, to a commit that it does not have', () => first],
  ])('makes a shallow clone a whole one, %s', async (_, to) => {
    const url = `file://${host.path('origin')}`;
    host.write('origin/file', 'three\n');
    const third = commit('third');
    const from = to() === first ? third : first;
    git('origin', 'checkout', '-q', from, '-B', 'was');
    execFileSync('git', ['clone', '-q', '--depth', '1', '-b', 'was', url, host.path('live')]);
    fetchBranch();
    execFileSync('git', ['-C', host.path('origin'), 'archive', '-o', host.path('a.tar'), to()]);
    execFileSync('tar', ['-C', host.path('live'), '-xf', host.path('a.tar')]);
    if (to() === first) rmSync(host.path('live/added'));
    const { code, stderr } = await host.run(
      'set -eu\ngit_move "$LIVE" main "$SHA" https://example.com/org/shop run-1-1',
      { LIVE: host.path('live'), SHA: to() },
    );
    expect([code, stderr]).toEqual([0, '']);
    expect(git('live', 'rev-parse', 'HEAD')).toBe(to());
    expect(git('live', 'status', '--porcelain')).toBe('');
    expect(git('live', 'fsck', '--connectivity-only', '--no-dangling')).toBe('');
    expect(git('live', 'rev-list', 'origin/main')).toContain(first);
  });

  it('moves also where a branch that the server has deleted is in the way of its remote one', async () => {
    execFileSync('git', ['clone', '-q', host.path('origin'), host.path('live')]);
    git('live', 'update-ref', 'refs/remotes/origin/release', first);
    fetchBranch();
    bringFiles();
    const script =
      'set -eu\ngit_move "$LIVE" release/1.0 "$SHA" https://example.com/org/shop run-1-1';
    const given = { LIVE: host.path('live'), SHA: second };
    const { code, stderr } = await host.run(script, given);
    expect(code).toBe(0);
    expect(stderr).toContain('refs/remotes/origin/release/1.0 stays as it is');
    expect(git('live', 'rev-parse', 'release/1.0')).toBe(second);
    expect(git('live', 'status', '--porcelain')).toBe('');
  });

  it.each([
    ['release/1.0', 'release', 'refs/heads/release\n'],
    ['release', 'release/1.0', 'refs/heads/release/1.0\n'],
    ['release', 'release', ''],
    ['release/1.0', 'released', ''],
  ])('tells what is in the way of %s where there is %s', async (wanted, there, told) => {
    execFileSync('git', ['clone', '-q', host.path('origin'), host.path('live')]);
    git('live', 'branch', there);
    git('live', 'pack-refs', '--all');
    const script = 'set -eu\nrefs_in_the_way "$LIVE" refs/heads "$WANTED"';
    const { code, stdout } = await host.run(script, { LIVE: host.path('live'), WANTED: wanted });
    expect([code, stdout]).toEqual([0, told]);
  });

  it('lets nothing of it go on beside', async () => {
    execFileSync('git', ['clone', '-q', host.path('origin'), host.path('live')]);
    fetchBranch();
    bringFiles();
    host.answer(
      'git',
      `printf '%s\\n' "$*" >>"$TOY/git.log"
case " $* " in *' repack '*) exit 1 ;; esac; PATH=\${PATH#*:} exec git "$@"`,
    );
    expect((await move()).code).toBe(0);
    expect(host.read('git.log')).toMatch(/-c gc\.autoDetach=false gc --auto/);
  });

  it('comes back to the branch from a detached head, and may be done twice', async () => {
    execFileSync('git', ['clone', '-q', host.path('origin'), host.path('live')]);
    git('live', 'checkout', '-q', '--detach', first);
    fetchBranch();
    bringFiles();
    expect((await move()).code).toBe(0);
    expect((await move()).code).toBe(0);
    expect(git('live', 'status', '--porcelain', '--branch')).toBe('## main...origin/main');
  });

  it('keeps what somebody changed by hand, as a change', async () => {
    execFileSync('git', ['clone', '-q', host.path('origin'), host.path('live')]);
    git('live', 'reset', '-q', '--hard', first);
    fetchBranch();
    bringFiles();
    host.write('live/kept', 'by hand\n');
    expect((await move()).code).toBe(0);
    expect(git('live', 'status', '--porcelain')).toBe('M kept');
    expect(host.read('live/kept')).toBe('by hand\n');
  });

  it('gives a first deploy its repository, and an origin without a secret', async () => {
    host.write('live/.env', 'SECRET=1\n');
    fetchBranch();
    host.write('live/kept', 'kept\n');
    bringFiles();
    const { code, stderr } = await move();
    expect([code, stderr]).toEqual([0, '']);
    expect(git('live', 'rev-parse', 'HEAD')).toBe(second);
    expect(git('live', 'status', '--porcelain')).toBe('?? .env');
    expect(git('live', 'remote', 'get-url', 'origin')).toBe('https://example.com/org/shop');
    expect(git('live', 'fsck', '--connectivity-only')).toBe('');
  });

  it('makes a clone on another file system all the same where that was broken off', async () => {
    fetchBranch();
    host.write('live/kept', 'kept\n');
    bringFiles();
    // A copy that ends half-way, as where the disk is full or the power is lost.
    host.answer(
      'mv',
      `case "$2" in */clone/.git) [ -e "$TOY/broken" ] || { : >"$TOY/broken"; mkdir -p "$3"; exit 1; } ;; esac
PATH=\${PATH#*:} exec mv "$@"`,
    );
    expect((await move()).code).not.toBe(0);
    expect((await move()).code).toBe(0);
    expect(git('live', 'status', '--porcelain')).toBe('');
    expect(git('live', 'rev-parse', 'HEAD')).toBe(second);
  });

  it('runs nothing that the clone names, which a container may have written', async () => {
    execFileSync('git', ['clone', '-q', host.path('origin'), host.path('live')]);
    git('live', 'reset', '-q', '--hard', first);
    const evil = `touch ${host.path('ran')}; false`;
    for (const hook of ['reference-transaction', 'post-index-change', 'pre-auto-gc']) {
      host.write(`live/.git/hooks/${hook}`, `#!/bin/sh\n${evil}\n`);
      chmodSync(host.path(`live/.git/hooks/${hook}`), 0o755);
    }
    host.write('evil', `#!/bin/sh\n${evil}\n`);
    chmodSync(host.path('evil'), 0o755);
    for (const key of ['core.fsmonitor', 'core.sshCommand', 'filter.x.clean', 'core.pager']) {
      git('live', 'config', key, host.path('evil'));
    }
    git('live', 'config', 'core.hooksPath', host.path('live/.git/hooks'));
    host.write('live/.git/info/attributes', '* filter=x\n');
    fetchBranch();
    bringFiles();
    expect((await move()).code).toBe(0);
    expect(host.exists('ran')).toBe(false);
    expect(host.read('live/.git/refs/heads/main').trim()).toBe(second);
  });

  it('replaces a link in the place of the index, and does not write through it', async () => {
    execFileSync('git', ['clone', '-q', host.path('origin'), host.path('live')]);
    fetchBranch();
    bringFiles();
    host.write('profile', 'mine\n');
    rmSync(host.path('live/.git/index'));
    symlinkSync(host.path('profile'), host.path('live/.git/index'));
    expect((await move()).code).toBe(0);
    expect(host.read('profile')).toBe('mine\n');
    expect(git('live', 'status', '--porcelain')).toBe('');
  });

  it('writes no list of shallow commits through a link, and nothing into it but names of commits', async () => {
    const url = `file://${host.path('origin')}`;
    execFileSync('git', ['clone', '-q', '--depth', '1', url, host.path('live')]);
    fetchBranch();
    bringFiles();
    const other = 'f'.repeat(40);
    host.write('live/.git/shallow', `${host.read('live/.git/shallow')}${other}\n`);
    host.write('keys', 'mine\n');
    symlinkSync(host.path('keys'), host.path('live/.git/shallow.resee'));
    expect((await move()).code).toBe(0);
    expect(host.read('keys')).toBe('mine\n');
    expect(lstatSync(host.path('live/.git/shallow')).isFile()).toBe(true);
    expect(host.read('live/.git/shallow')).toBe(`${other}\n`);
  });

  it('moves no index and no new clone into a directory that a link in their place leads to', async () => {
    execFileSync('git', ['clone', '-q', host.path('origin'), host.path('live')]);
    fetchBranch();
    bringFiles();
    host.write('elsewhere/.keep', '');
    rmSync(host.path('live/.git/index'));
    symlinkSync(host.path('elsewhere'), host.path('live/.git/index'));
    expect((await move()).code).toBe(0);
    expect(readdirSync(host.path('elsewhere'))).toEqual(['.keep']);
    expect(git('live', 'status', '--porcelain')).toBe('');
  });

  it('writes the branch itself, and not what somebody lets it lead to', async () => {
    execFileSync('git', ['clone', '-q', host.path('origin'), host.path('live')]);
    git('live', 'reset', '-q', '--hard', first);
    fetchBranch();
    bringFiles();
    git('live', 'branch', 'other', first);
    host.write('live/.git/refs/heads/main', 'ref: refs/heads/other\n');
    host.write('live/.git/refs/remotes/origin/main', 'ref: refs/heads/other\n');
    expect((await move()).code).toBe(0);
    expect(git('live', 'rev-parse', 'other')).toBe(first);
    expect(git('live', 'rev-parse', 'main', 'origin/main')).toBe(`${second}\n${second}`);
  });

  describe('of what a container may have put into the clone', () => {
    beforeEach(() => {
      execFileSync('git', ['clone', '-q', host.path('origin'), host.path('live')]);
      git('live', 'reset', '-q', '--hard', first);
      fetchBranch();
      bringFiles();
      host.write('elsewhere/file', 'mine\n');
    });
    const look = async (): Promise<string> => {
      const words = ['observe/sections', 'observe/commit'].map(remoteScript).join('\n');
      const given = { MARK: 'm', SCRATCH: host.root, DIR: host.path('live'), BRANCH: 'team/main' };
      return (await host.run(`${words}\nobserve_live_directory`, given)).stdout;
    };
    const moveTeam = () =>
      host.run('set -eu\ngit_move "$LIVE" team/main "$SHA" https://example.com/org/shop run-1-1', {
        LIVE: host.path('live'),
        SHA: second,
      });
    const told = async (name: string) => linesOf(parseSections(await look(), 'm').get(name));
    function link(name: string): void {
      const at = host.path(`live/.git/${name}`);
      rmSync(at, { recursive: true, force: true });
      mkdirSync(dirname(at), { recursive: true });
      symlinkSync(host.path('elsewhere'), at);
    }

    it.each([
      'shallow',
      'shallow.lock',
      'packed-refs',
      'objects/ab',
      'objects/pack',
      'refs/heads/team',
      'refs/remotes/origin/team',
      'logs/refs/heads/team',
      'logs/refs/heads/team/main',
      'logs/refs/remotes/origin',
      'logs/refs/remotes/origin/team',
      'commondir',
    ])('tells of the link %s, and writes nothing where it comes later', async (name) => {
      expect(await told('git-links')).toEqual([]);
      link(name);
      expect(await told('git-links')).toEqual([`.git/${name}`]);
      const { code, stderr } = await moveTeam();
      expect(code).not.toBe(0);
      expect(stderr).toContain(`.git/${name}\n`);
      expect(readdirSync(host.path('elsewhere'))).toEqual(['file']);
      expect(host.read('elsewhere/file')).toBe('mine\n');
      expect(host.read('live/.git/HEAD')).toBe('ref: refs/heads/main\n');
    });

    it.each([
      ['shallow', 'ssh-ed25519 AAAA evil\n'],
      ['shallow', `${'a'.repeat(40)}\n${'a'.repeat(41)}\n`],
      ['commondir', '../elsewhere\n'],
    ])('tells that %s holds %j, and writes nothing where it comes later', async (name, text) => {
      expect(await told('git-foreign')).toEqual([]);
      host.write(`live/.git/${name}`, text);
      expect(await told('git-foreign')).toEqual([`.git/${name}`]);
      const { code, stderr } = await moveTeam();
      expect(code).not.toBe(0);
      expect(stderr).toContain(`.git/${name}\n`);
      expect(host.read(`live/.git/${name}`)).toBe(text);
      expect(host.read('live/.git/HEAD')).toBe('ref: refs/heads/main\n');
    });

    it('ends a release with it while that can still be undone', async () => {
      link('logs/refs/heads/team');
      const { code, stderr } = await host.run(`set -eu\n${remoteScript('finish')}`, {
        CANDIDATES: '',
        FORWARD: ':',
        RECORD: '{}',
        DIR: host.path('live'),
        BRANCH: 'team/main',
        ENV_PATH: '',
        VARIABLES_FILE: '',
        STAGE: host.path('live'),
        LAST_PATHS: '',
      });
      expect(code).not.toBe(0);
      expect(stderr).toContain('.git/logs/refs/heads/team\n');
      expect(existsSync(`${host.state}/journal/forward.sh`)).toBe(false);
    });

    it('takes the list of a shallow clone for what git writes', async () => {
      host.write('live/.git/shallow', `${'a'.repeat(40)}\n${'b'.repeat(64)}\n`);
      expect(await told('git-foreign')).toEqual([]);
    });
  });

  describe('with locks in the clone', () => {
    beforeEach(() => {
      execFileSync('git', ['clone', '-q', host.path('origin'), host.path('live')]);
      git('live', 'reset', '-q', '--hard', first);
      fetchBranch();
      bringFiles();
    });
    const locks = ['index.lock', 'HEAD.lock', 'refs/heads/main.lock'];

    // Of a clock that is right, that was behind, and that was ahead.
    it.each([1, 60, 4_000_000_000])(
      'ends what a host that lost its power left locked, by a file of the time %d',
      async (time) => {
        for (const lock of locks) {
          host.write(`live/.git/${lock}`, '');
          utimesSync(host.path(`live/.git/${lock}`), time, time);
        }
        expect((await move({ RESEE_LOCK_SECONDS: '2' })).code).toBe(0);
        expect(git('live', 'rev-parse', 'HEAD')).toBe(second);
        expect(locks.filter((lock) => host.exists(`live/.git/${lock}`))).toEqual([]);
      },
    );

    it('waits for a git that works there, however old the clock says that its locks are', async () => {
      host.write('live/.git/index.lock', 'of a person');
      utimesSync(host.path('live/.git/index.lock'), 1, 1);
      const person = host.start('sleep 2; mv "$TOY/live/.git/index.lock" "$TOY/committed"', {
        TOY: host.root,
      });
      expect((await move()).code).toBe(0);
      await person.ended;
      expect(host.read('committed')).toBe('of a person');
    });
  });

  it('says who it is, so that git asks no name server', async () => {
    execFileSync('git', ['clone', '-q', host.path('origin'), host.path('live')]);
    git('live', 'reset', '-q', '--hard', first);
    fetchBranch();
    bringFiles();
    expect((await move()).code).toBe(0);
    expect(git('live', 'reflog', '-1', '--format=%gn <%ge>')).toBe(
      'resee-deploy <resee-deploy@localhost>',
    );
  });
});

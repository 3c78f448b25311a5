import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
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
  const fetchInto = (directory: string): string =>
    git(directory, 'fetch', '-q', host.path('origin'), '+refs/heads/main:refs/resee-deploy/branch');
  const move = (gitDirectory = 'live/.git') =>
    host.run('set -eu\ngit_move "$LIVE" "$GIT" main "$SHA" https://example.com/org/shop', {
      LIVE: host.path('live'),
      GIT: host.path(gitDirectory),
      SHA: second,
    });
  const bringFiles = (): void => {
    host.write('live/file', 'two\n');
    host.write('live/added', 'new\n');
  };

  it('leaves a clean tree, on the branch, at the commit', async () => {
    execFileSync('git', ['clone', '-q', host.path('origin'), host.path('live')]);
    git('live', 'reset', '-q', '--hard', first);
    fetchInto('live');
    bringFiles();
    expect((await move()).code).toBe(0);
    expect(git('live', 'status', '--porcelain')).toBe('');
    expect(git('live', 'rev-parse', 'HEAD')).toBe(second);
    expect(git('live', 'symbolic-ref', '--short', 'HEAD')).toBe('main');
    expect(git('live', 'rev-parse', 'origin/main')).toBe(second);
  });

  it('comes back to the branch from a detached head, and may be done twice', async () => {
    execFileSync('git', ['clone', '-q', host.path('origin'), host.path('live')]);
    git('live', 'checkout', '-q', '--detach', first);
    fetchInto('live');
    bringFiles();
    expect((await move()).code).toBe(0);
    expect((await move()).code).toBe(0);
    expect(git('live', 'status', '--porcelain', '--branch')).toBe('## main...origin/main');
  });

  it('keeps what somebody changed by hand, as a change', async () => {
    execFileSync('git', ['clone', '-q', host.path('origin'), host.path('live')]);
    git('live', 'reset', '-q', '--hard', first);
    fetchInto('live');
    bringFiles();
    host.write('live/kept', 'by hand\n');
    expect((await move()).code).toBe(0);
    expect(git('live', 'status', '--porcelain')).toBe('M kept');
    expect(host.read('live/kept')).toBe('by hand\n');
  });

  it('gives a first deploy its repository, and an origin without a secret', async () => {
    host.write('live/.env', 'SECRET=1\n');
    execFileSync('git', ['init', '-q', host.path('clone')]);
    fetchInto('clone');
    host.write('live/kept', 'kept\n');
    bringFiles();
    const { code, stderr } = await move('clone/.git');
    expect([code, stderr]).toEqual([0, '']);
    expect(git('live', 'rev-parse', 'HEAD')).toBe(second);
    expect(git('live', 'status', '--porcelain')).toBe('?? .env');
    expect(git('live', 'remote', 'get-url', 'origin')).toBe('https://example.com/org/shop');
    expect(host.exists('clone/.git')).toBe(false);
  });
});

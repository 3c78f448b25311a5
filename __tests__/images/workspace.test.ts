import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireClean, requireWorkspace } from '../../src/images/workspace.js';

const path = mkdtempSync(join(tmpdir(), 'workspace-'));
const options = {
  environment: { PATH: process.env['PATH'], HOME: path },
  signal: new AbortController().signal,
};
let sha = '';

beforeAll(() => {
  const git = (...words: string[]): string =>
    execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@example.com', ...words], {
      cwd: path,
      encoding: 'utf8',
    }).trim();
  mkdirSync(join(path, 'api'));
  writeFileSync(join(path, '.gitignore'), 'node_modules/\n');
  writeFileSync(join(path, 'api', 'app.py'), 'print(1)\n');
  git('init', '-q');
  git('add', '.');
  git('commit', '-q', '-m', 'First');
  sha = git('rev-parse', 'HEAD');
});
afterAll(() => {
  rmSync(path, { recursive: true });
});

describe('the checkout on the runner', () => {
  it('is taken where it is the commit that is deployed', async () => {
    expect(await requireWorkspace(path, sha, options)).toEqual({ path });
  });

  it('is refused where it is another commit, is missing, or is no checkout', async () => {
    const other = 'a'.repeat(40);
    await expect(requireWorkspace(path, other, options)).rejects.toThrow(sha.slice(0, 12));
    await expect(requireWorkspace(undefined, sha, options)).rejects.toThrow('GITHUB_WORKSPACE');
    await expect(requireWorkspace(tmpdir(), sha, options)).rejects.toThrow('no checkout');
  });

  it('may belong to another user, as in a job with a container, also with git 2.34', async () => {
    // This git does as if, and takes no such setting from the command line.
    const bin = join(path, '.git', 'bin');
    mkdirSync(bin);
    const text = [
      '#!/bin/sh',
      `PATH=\${PATH#*:}`,
      'if [ "$2" = "safe.directory=*" ]; then shift 2; fi',
      'GIT_TEST_ASSUME_DIFFERENT_OWNER=1 exec git "$@"',
    ];
    writeFileSync(join(bin, 'git'), `${text.join('\n')}\n`, { mode: 0o755 });
    const PATH = `${bin}:${process.env['PATH'] ?? ''}`;
    const given = { ...options, environment: { ...options.environment, PATH } };
    expect(await requireWorkspace(path, sha, given)).toEqual({ path });
    await requireClean({ path }, [join(path, 'api')], given);
  });

  it('may hold what git ignores, and nothing else that the commit does not have', async () => {
    const contexts = [join(path, 'api')];
    mkdirSync(join(path, 'api', 'node_modules'));
    writeFileSync(join(path, 'api', 'node_modules', 'x.js'), '');
    writeFileSync(join(path, 'outside.txt'), '');
    await requireClean({ path }, contexts, options);
    writeFileSync(join(path, 'api', 'stray\n.py'), '');
    await expect(requireClean({ path }, contexts, options)).rejects.toThrow('stray\\n.py');
    rmSync(join(path, 'api', 'stray\n.py'));
    writeFileSync(join(path, 'api', 'app.py'), 'print(2)\n');
    await expect(requireClean({ path }, contexts, options)).rejects.toThrow('api/app.py');
  });
});

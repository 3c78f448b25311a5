import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const script = resolve('scripts/move-major-tag.sh');

describe('moving the major tag', () => {
  let directory = '';
  const clone = (): string => join(directory, 'clone');
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.invalid', ...args], {
      cwd: clone(),
      encoding: 'utf8',
    }).trim();
  const release = (tag: string): string => {
    git('commit', '--quiet', '--allow-empty', '--message', tag);
    git('tag', tag);
    git('push', '--quiet', 'origin', tag);
    return git('rev-parse', 'HEAD');
  };
  const published = (tag: string): string =>
    git('ls-remote', 'origin', `refs/tags/${tag}`).split('\t')[0] ?? '';
  const move = (tag: string): { readonly status: number | null; readonly output: string } => {
    const run = spawnSync('sh', [script, tag], { cwd: clone(), encoding: 'utf8' });
    return { status: run.status, output: run.stdout + run.stderr };
  };

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'major-tag-'));
    execFileSync('git', ['init', '--quiet', '--bare', join(directory, 'origin')]);
    execFileSync('git', ['clone', '--quiet', join(directory, 'origin'), clone()], {
      stdio: 'ignore',
    });
  });
  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  it('makes v1 name the first release, and then the second', () => {
    const first = release('v1.0.0');
    expect(move('v1.0.0').status).toBe(0);
    expect(published('v1')).toBe(first);

    const second = release('v1.10.0');
    expect(move('v1.10.0').status).toBe(0);
    expect(published('v1')).toBe(second);
  });

  it('never moves v1 back to an older version, by number and not by letter', () => {
    const newer = release('v1.10.0');
    move('v1.10.0');
    release('v1.9.1');
    const result = move('v1.9.1');
    expect(result.status).toBe(0);
    expect(result.output).toContain('v1 stays where it is: v1.10.0 is newer than v1.9.1');
    expect(published('v1')).toBe(newer);
  });

  it('does not touch v1 when v2 is released', () => {
    const one = release('v1.0.0');
    move('v1.0.0');
    const two = release('v2.0.0');
    move('v2.0.0');
    expect([published('v1'), published('v2')]).toEqual([one, two]);
  });

  it.each(['v1', 'main', 'v1.2.3-rc.1', 'v1.2.3 v9.9.9'])('refuses %j', (tag) => {
    release('v1.0.0');
    const result = move(tag);
    expect(result.status).toBe(1);
    expect(result.output).toContain('nothing was moved');
    expect(published('v1')).toBe('');
  });
});

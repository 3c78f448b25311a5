import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';

const directory = mkdtempSync(join(tmpdir(), 'reference-test-'));
afterAll(() => {
  rmSync(directory, { recursive: true });
});

const EMPTY = [
  '# A title',
  '<!-- inputs:begin -->',
  '<!-- inputs:end -->',
  'between',
  '<!-- outputs:begin -->',
  '<!-- outputs:end -->',
  '',
].join('\n');

function generate(...words: readonly string[]): number | null {
  const path = join(directory, 'reference.md');
  const script = ['node_modules/tsx/dist/cli.mjs', 'scripts/reference-tables.ts', ...words, path];
  return spawnSync(process.execPath, script).status;
}

describe('the tables of the reference', () => {
  it('are written from action.yml, and a stale one is found', () => {
    const path = join(directory, 'reference.md');
    writeFileSync(path, EMPTY);
    expect(generate('--check')).toBe(1);
    expect(readFileSync(path, 'utf8')).toBe(EMPTY);
    expect(generate()).toBe(0);
    const text = readFileSync(path, 'utf8');
    expect(text).toContain('| `host` | **required** |');
    expect(text).toContain('| `soak` | `10s` |');
    expect(text).toContain('| `failed-probes` |');
    expect(generate('--check')).toBe(0);
    writeFileSync(path, text.replace('`10s`', '`20s`'));
    expect(generate('--check')).toBe(1);
  });

  it('are in docs/reference.md as action.yml has them', () => {
    const script = ['node_modules/tsx/dist/cli.mjs', 'scripts/reference-tables.ts', '--check'];
    expect(spawnSync(process.execPath, script).status).toBe(0);
  });

  it('need their markers', () => {
    writeFileSync(join(directory, 'reference.md'), '# A title\n');
    expect(generate()).not.toBe(0);
  });
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { isMap, parseDocument } from 'yaml';

const bundle = resolve('dist/index.js');

const github: Readonly<Record<string, string>> = {
  '${{ github.repository }}': 'org/resee',
  '${{ github.sha }}': 'a'.repeat(40),
  '${{ github.token }}': 'not-a-token',
};

/** What a runner sets when a workflow says nothing at all under `with:`. */
function defaultInputs(): Record<string, string> {
  const inputs = parseDocument(readFileSync('action.yml', 'utf8')).get('inputs');
  if (!isMap(inputs)) throw new Error('action.yml has no inputs');
  return Object.fromEntries(
    inputs.items.map(({ key, value }) => {
      const given = isMap(value) ? value.get('default') : undefined;
      const text = typeof given === 'string' ? given : '';
      return [`INPUT_${String(key).toUpperCase()}`, github[text] ?? text];
    }),
  );
}

interface Run {
  readonly status: number | null;
  readonly output: string;
  /** The text of each error annotation, with the runner's escapes undone. */
  readonly errors: readonly string[];
}

describe('dist/, started as a runner starts it', () => {
  let directory = '';
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'bundle-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  /** From an empty directory, with nothing of this machine's environment but PATH. */
  function start(env: Readonly<Record<string, string>>): Run {
    const files = ['GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_STEP_SUMMARY'].map((name) => {
      const path = join(directory, name);
      writeFileSync(path, '');
      return [name, path] as const;
    });
    const run = spawnSync(process.execPath, [bundle], {
      cwd: directory,
      encoding: 'utf8',
      timeout: 15_000,
      env: {
        PATH: process.env['PATH'],
        GITHUB_REPOSITORY: 'org/resee',
        GITHUB_SHA: 'a'.repeat(40),
        GITHUB_SERVER_URL: 'https://github.com',
        RUNNER_TEMP: directory,
        ...Object.fromEntries(files),
        ...defaultInputs(),
        ...env,
      },
    });
    const errors = run.stdout
      .split('\n')
      .filter((line) => line.startsWith('::error'))
      .map((line) => line.replace(/^::error[^:]*::/, '').replaceAll('%0A', '\n'));
    return { status: run.status, output: run.stdout + run.stderr, errors };
  }

  it('tells every input that is missing, in one annotation, and exits with 1', () => {
    const run = start({});
    expect(run.errors).toHaveLength(1);
    for (const input of ['host', 'key', 'needs']) {
      expect(run.errors[0]).toMatch(new RegExp(`\`${input}\``));
    }
    expect(run.status).toBe(1);
  });

  it('does not tell of a stack trace: a missing input is not a bug of ours', () => {
    expect(start({}).output).not.toMatch(/^\s+at .*\.js:\d+/m);
  });

  it('says to its post step that it is the post step', () => {
    start({});
    expect(readFileSync(join(directory, 'GITHUB_STATE'), 'utf8')).toContain('isPost');
  });

  it('has nothing to hand back after a run that never began, and exits with 0', () => {
    const run = start({ STATE_isPost: 'true' });
    expect(run.errors).toEqual([]);
    expect(run.status).toBe(0);
  });

  it('holds the scripts that run on the host, byte for byte', () => {
    const scripts = (path: string): Record<string, string> =>
      Object.fromEntries(
        readdirSync(path)
          .filter((file) => file.endsWith('.sh'))
          .map((file) => [file, readFileSync(join(path, file), 'utf8')]),
      );
    expect(scripts('dist')).toEqual(scripts('src/remote'));
    expect(scripts('dist/lib')).toEqual(scripts('src/remote/lib'));
  });

  it('holds the licenses of what it bundles, and no binary', () => {
    const files = readdirSync('dist').filter((file) => !file.endsWith('.sh'));
    expect(files.sort()).toEqual(['index.js', 'lib', 'licenses.txt', 'observe']);
    expect(readFileSync('dist/licenses.txt', 'utf8').split('\n').includes('ssh2')).toBe(true);
  });

  it('knows nothing of the machine that built it', () => {
    const text = readFileSync(bundle, 'utf8');
    const places = ['src', 'dist', 'node_modules'].map((name) => `${resolve(name)}/`);
    expect(places.filter((place) => text.includes(place))).toEqual([]);
  });
});

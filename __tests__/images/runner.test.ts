import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRunnerImages } from '../../src/images/runner.js';
import type { Log } from '../../src/log.js';

const path = mkdtempSync(join(tmpdir(), 'runner-'));
const SILENT: Log = {
  info: () => undefined,
  remote: () => undefined,
  warn: () => undefined,
  debug: () => undefined,
  group: (_title, work) => work(),
};
/** Notes what it is asked. */
const DOCKER = `#!/bin/sh
case "$1 $2" in 'version --format') echo linux/amd64; exit ;; esac
echo "$*" >>"$NOTED"
`;
let sha = '';

beforeAll(() => {
  mkdirSync(join(path, 'bin'));
  mkdirSync(join(path, 'work'));
  writeFileSync(join(path, 'bin', 'docker'), DOCKER, { mode: 0o755 });
  const git = (...words: string[]): string =>
    execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@example.com', ...words], {
      cwd: join(path, 'work'),
      encoding: 'utf8',
    }).trim();
  git('init', '-q');
  git('commit', '-q', '--allow-empty', '-m', 'First');
  sha = git('rev-parse', 'HEAD');
});
afterAll(() => {
  rmSync(path, { recursive: true });
});

describe('images that are built on the runner', () => {
  it('have the names of the project on the host, whatever COMPOSE_PROJECT_NAME says in the workflow', async () => {
    const images = createRunnerImages(sha, {
      environment: {
        PATH: `${join(path, 'bin')}:${process.env['PATH'] ?? ''}`,
        GITHUB_WORKSPACE: join(path, 'work'),
        NOTED: join(path, 'noted'),
        COMPOSE_PROJECT_NAME: 'ci',
      },
      variables: {},
      log: SILENT,
      signal: new AbortController().signal,
    });
    await images.build({
      project: { name: 'shop', services: { api: { build: { context: '/stage/api' } } } },
      stage: '/stage',
      bases: [],
      services: ['api'],
      platform: 'linux/amd64',
    });
    const calls = readFileSync(join(path, 'noted'), 'utf8').trim().split('\n');
    expect(calls.at(-1)).toBe(
      `compose --project-directory ${join(path, 'work')} --project-name shop -f - build api`,
    );
  });
});

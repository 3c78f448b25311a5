import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { startAction } from '../../e2e/harness/action.js';
import { annotationsIn, parseCommandFile } from '../../e2e/harness/command-files.js';
import { leftovers, type Snapshot } from '../../e2e/harness/snapshot.js';

let directory = '';

afterEach(async () => {
  if (directory !== '') await rm(directory, { recursive: true, force: true });
});

const ACTION = `
inputs:
  host: { required: true }
  sha: { default: '\${{ github.sha }}' }
  soak: { default: 10s }
  strict: { default: true }
`;

/** An action whose bundle is `script`, started with the inputs. */
async function start(
  script: string,
  inputs: Record<string, string> = {},
): ReturnType<typeof startAction> {
  directory = await mkdtemp(join(tmpdir(), 'harness-test-'));
  await mkdir(join(directory, 'dist'));
  await writeFile(join(directory, 'action.yml'), ACTION);
  await writeFile(join(directory, 'dist', 'index.js'), script);
  return startAction({
    action: directory,
    inputs,
    workflow: {
      repository: 'org/site',
      sha: 'abc',
      ref: 'refs/heads/main',
      event: 'push',
      runId: '7',
    },
  });
}

describe('a run of the action', () => {
  it('gets what the workflow said, and the defaults of action.yml for the rest', async () => {
    const { done } = await start(
      `const given = Object.entries(process.env).filter(([name]) => name.startsWith('INPUT_'));
      console.log(JSON.stringify(Object.fromEntries(given)))`,
      { host: '198.18.0.2' },
    );
    expect(JSON.parse((await done).log)).toEqual({
      INPUT_HOST: '198.18.0.2',
      INPUT_SHA: 'abc',
      INPUT_SOAK: '10s',
      INPUT_STRICT: 'true',
    });
  });

  it('is not started with an input that action.yml does not have', async () => {
    await expect(start('', { hots: 'x' })).rejects.toThrow('hots');
  });

  it('hands its state to its post step, and nothing else', async () => {
    const running = await start(`
      const { appendFileSync } = require('node:fs');
      if (process.env.STATE_fence === undefined) {
        appendFileSync(process.env.GITHUB_STATE, 'fence<<END\\n12\\n13\\nEND\\n');
        appendFileSync(process.env.GITHUB_OUTPUT, 'result=deployed\\n');
        process.exitCode = 3;
      } else console.log('post has ' + process.env.STATE_fence + ' in run ' + process.env.GITHUB_RUN_ID);
    `);
    const main = await running.done;
    expect(main).toMatchObject({ exitCode: 3, outputs: { result: 'deployed' } });
    const post = await running.post(main);
    expect(post).toMatchObject({ exitCode: 0, log: 'post has 12\n13 in run 7' });
  });

  it('is cancelled with SIGINT first, and may end by itself', async () => {
    const running = await start(`
      process.on('SIGINT', () => { console.log('cancelled'); process.exit(1); });
      setInterval(() => {}, 1000);
      console.log('ready');
    `);
    await running.logged(/ready/);
    expect(await running.cancel()).toMatchObject({
      exitCode: 1,
      signal: null,
      log: 'ready\ncancelled',
    });
  });

  it('that is lost gets no chance to say so', async () => {
    const running = await start(`
      process.on('SIGTERM', () => {}); process.on('SIGINT', () => {});
      setInterval(() => {}, 1000);
      console.log('ready');
    `);
    await running.logged(/ready/);
    expect(await running.lose()).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
  });
});

describe('the files and lines that a runner reads', () => {
  it('hold values with line ends and signs of equality', () => {
    expect(parseCommandFile('a=1=2\nb<<E\nx\ny=z\nE\nc=\n')).toEqual({
      a: '1=2',
      b: 'x\ny=z',
      c: '',
    });
    expect(() => parseCommandFile('b<<E\nx\n')).toThrow('no end');
  });

  it('are no annotation where commands are stopped', () => {
    const output = [
      '::stop-commands::t0ken',
      '::error::from the host',
      '::t0ken::',
      '::error title=Bad%3A host::what%0Anext 100%25',
      '::warning::careful',
    ].join('\n');
    expect(annotationsIn(output)).toEqual([
      { level: 'error', message: 'what\nnext 100%' },
      { level: 'warning', message: 'careful' },
    ]);
  });
});

describe('what is left over', () => {
  const place = { project: 'site', directory: '/srv/site' };
  const api = {
    id: 'a'.repeat(64),
    state: 'running',
    project: 'site',
    service: 'api',
    oneOff: false,
  };
  const whole: Snapshot = {
    containers: [api],
    networks: [],
    danglingImages: [],
    unusedVolumes: [],
    head: 'abc',
    branch: 'main',
    status: [],
    worktrees: ['/srv/site'],
    lease: [],
    journal: [],
    stage: [],
    processes: [],
    pins: [],
  };

  it('is nothing on a whole stack', () => {
    expect(leftovers(whole, place, { api: 1 })).toEqual([]);
  });

  it.each([
    ['a second container', { containers: [api, { ...api, id: 'b'.repeat(64) }] }],
    ['a stopped container', { containers: [api, { ...api, state: 'exited' }] }],
    ['a missing container', { containers: [] }],
    ["a command's container", { containers: [api, { ...api, oneOff: true }] }],
    ["a stranger's container", { containers: [api, { ...api, project: '', service: '' }] }],
    ['a lease', { lease: ['/state/lease'] }],
    ['a journal', { journal: ['001-build.sh'] }],
    ['a staged tree', { stage: ['run-1'] }],
    ['a worktree', { worktrees: ['/srv/site', '/tmp/tree'] }],
    ['a watchdog', { processes: ['12 sh watchdog.sh'] }],
    ['a pin', { pins: ['198.19.0.3 api'] }],
  ])('is %s', (_what, difference) => {
    expect(leftovers({ ...whole, ...difference }, place, { api: 1 })).not.toEqual([]);
  });
});

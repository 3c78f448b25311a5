import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Log } from '../../src/log.js';
import { startGithubDeployment } from '../../src/report/github-deployment.js';
import { contextOf } from '../gate/context.js';
import { outcomeOf, SHA } from './outcome-of.js';

interface Received {
  readonly line: string;
  readonly authorization: string | undefined;
  readonly body: unknown;
}

let server: Server;
let received: Received[] = [];
let warnings: string[] = [];
let answer: (line: string) => { readonly status: number; readonly body: unknown };

const log: Log = {
  info: () => undefined,
  warn: (line) => warnings.push(line),
  debug: () => undefined,
  remote: () => undefined,
  group: (_, work) => work(),
};

beforeEach(async () => {
  received = [];
  warnings = [];
  answer = () => ({ status: 201, body: { id: 99 } });
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const line = `${request.method ?? ''} ${request.url ?? ''}`;
      const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
      received.push({ line, authorization: request.headers.authorization, body });
      const { status, body: reply } = answer(line);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(reply));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function context(): ReturnType<typeof contextOf> {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening');
  return contextOf({ API_URL: `http://127.0.0.1:${address.port}` });
}

const REQUEST = {
  environment: 'production',
  token: 'ghs_x',
  sha: SHA,
  url: 'https://example.com/',
};

describe('the GitHub Deployment', () => {
  it('is created for the commit, is in progress, and succeeds', async () => {
    const deployment = await startGithubDeployment(REQUEST, context(), log);
    await deployment.finish(outcomeOf({}));
    expect(warnings).toEqual([]);
    expect(received.map(({ line }) => line)).toEqual([
      'POST /repos/org/app/deployments',
      'POST /repos/org/app/deployments/99/statuses',
      'POST /repos/org/app/deployments/99/statuses',
    ]);
    expect(received[0]).toMatchObject({
      authorization: 'token ghs_x',
      body: { ref: SHA, environment: 'production', auto_merge: false, required_contexts: [] },
    });
    expect(received[1]?.body).toMatchObject({
      state: 'in_progress',
      log_url: 'https://github.com/org/app/actions/runs/4711/attempts/2',
      environment_url: 'https://example.com/',
    });
    expect(received[2]?.body).toMatchObject({
      state: 'success',
      description: 'Deployed after 42 s, 0 of 412 requests failed',
    });
  });

  it.each([
    ['unchanged', 'success'],
    ['rolled-back', 'failure'],
    ['failed', 'failure'],
    ['refused', 'error'],
    ['superseded', 'inactive'],
  ] as const)('of a run that ended %s is %s', async (result, state) => {
    const deployment = await startGithubDeployment(REQUEST, context(), log);
    await deployment.finish(outcomeOf({ result }));
    expect(received.at(-1)?.body).toMatchObject({ state });
  });

  it('keeps every description within the 140 characters that GitHub takes', async () => {
    const github = { ...context(), actor: 'a'.repeat(300) };
    await startGithubDeployment(REQUEST, github, log);
    const body = received[0]?.body;
    const description: unknown =
      typeof body === 'object' && body !== null && 'description' in body ? body.description : '';
    expect(String(description)).toHaveLength(140);
  });

  it('that GitHub refuses only warns, and names the permission', async () => {
    answer = () => ({ status: 403, body: { message: 'Resource not accessible by integration' } });
    const deployment = await startGithubDeployment(REQUEST, context(), log);
    await deployment.finish(outcomeOf({}));
    expect(received).toHaveLength(1);
    expect(warnings).toEqual([expect.stringContaining('deployments: write')]);
  });

  it('whose end cannot be told only warns', async () => {
    const deployment = await startGithubDeployment(REQUEST, context(), log);
    answer = () => ({ status: 500, body: { message: 'oops' } });
    await deployment.finish(outcomeOf({}));
    expect(warnings).toEqual([expect.stringContaining('could not be updated')]);
  });

  it('that nobody answers for only warns', async () => {
    const github = context();
    await new Promise((resolve) => server.close(resolve));
    const deployment = await startGithubDeployment(REQUEST, github, log);
    await deployment.finish(outcomeOf({}));
    expect(warnings).toHaveLength(1);
  });

  it('is not asked for without an environment, and warns without a token', async () => {
    await startGithubDeployment({ ...REQUEST, environment: undefined }, context(), log);
    expect(warnings).toEqual([]);
    await startGithubDeployment({ ...REQUEST, token: undefined }, context(), log);
    expect(warnings).toHaveLength(1);
    expect(received).toEqual([]);
  });
});

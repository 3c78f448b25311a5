import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ScriptResult } from '../../src/host/shell.js';
import { remoteScript } from '../../src/remote/load.js';
import { ASK_CANDIDATES } from '../../src/rollout/candidate-checks.js';
import { SHELLS, toyHost, type ToyHost } from './host.js';

const ENGINE = `
for last; do :; done
case $1 in
  inspect) cat "$TOY/addresses/$last" ;;
  logs) echo "the log of $last" ;;
esac`;

interface Seen {
  readonly url: string | undefined;
  readonly host: string | undefined;
  readonly scheme: string | string[] | undefined;
}

describe.each(SHELLS)('asking candidates, with $name as sh', ({ path }) => {
  let host: ToyHost;
  const servers: Server[] = [];
  let seen: Seen[] = [];
  let body = 'hello';
  beforeEach(() => {
    host = toyHost(path);
    host.answerDocker(ENGINE);
    seen = [];
    body = 'hello';
  });
  afterEach(() => {
    host.remove();
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  /** On one port, two addresses: the candidate's answers and the incumbent's; 0 for none. */
  const serve = async (
    candidate: readonly number[],
    incumbent: readonly number[],
  ): Promise<number> => {
    const left = { '127.0.0.2': [...candidate], '127.0.0.3': [...incumbent] };
    const at = async (address: keyof typeof left, port: number): Promise<number> => {
      if (left[address][0] === 0) return port;
      const server = createServer((request, response) => {
        const { host: name, 'x-forwarded-proto': scheme } = request.headers;
        if (address === '127.0.0.2') seen.push({ url: request.url, host: name, scheme });
        const [status = 200] = left[address];
        if (left[address].length > 1) left[address].shift();
        response.writeHead(status).end(body);
      });
      servers.push(server);
      await new Promise<void>((resolve) => server.listen(port, address, resolve));
      const bound = server.address();
      return typeof bound === 'object' && bound !== null ? bound.port : port;
    };
    return at('127.0.0.2', await at('127.0.0.3', 0));
  };
  const ask = (
    port: number,
    more: Readonly<Record<string, string>> = {},
  ): Promise<ScriptResult> => {
    host.write('addresses/new1', '127.0.0.2\n');
    host.write('addresses/old1', '127.0.0.3\n');
    return host.run(`set -eu\ndeadline=$(now)\n${ASK_CANDIDATES}`, {
      CANDIDATES: 'worker w1 - -\napi new1 127.0.0.2 3000\n',
      QUESTIONS: `api net ${String(port)} old1 a.example /health?a=1&b=$HOME\n`,
      STATUS: '200',
      TIMEOUT: '20',
      FORWARDED: 'https',
      AT_LEAST: '1',
      ...more,
    });
  };

  it('asks as the proxy would, and is content with the status that is wanted', async () => {
    const { code, stdout, stderr } = await ask(await serve([200], [500]));
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toBe('api: the candidate answers 200 at /health?a=1&b=$HOME\n');
    expect(seen).toEqual([{ url: '/health?a=1&b=$HOME', host: 'a.example', scheme: 'https' }]);
  });

  it('keeps 64 KiB of an answer of any size, where the next step sweeps what was left', async () => {
    body = 'x'.repeat(3_000_000);
    host.answer('mktemp', `echo "$*" >>"$TOY/made"; PATH=\${PATH#*:} exec mktemp "$@"`);
    host.answer(
      'tr',
      `wc -c "$TOY"/state*/scratch/*/answer >>"$TOY/sizes"; PATH=\${PATH#*:} exec tr "$@"`,
    );
    const { code, stdout, stderr } = await ask(await serve([200], [500]), { TOOL: 'curl' });
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toContain('the candidate answers 200');
    expect(host.read('made')).toMatch(/scratch\/resee-deploy\.\d+\.\d+\.X+\n$/);
    expect(host.read('sizes')).toMatch(/^65536 /);
    expect(host.exists("state of o'neill/scratch/answer")).toBe(false);
  });

  it('waits for one that is not so far', async () => {
    const { code, stdout } = await ask(await serve([500, 503, 200], [200]), {
      AT_LEAST: '20',
    });
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(seen).toHaveLength(3);
  });

  it.each([
    [[500], [200], 'it answers 500 at /health?a=1&b=$HOME, where the old release answers 200'],
    [[404], [200], 'it answers 404 at /health?a=1&b=$HOME, where the old release answers 200'],
    [[500], [301], 'it answers 500 at /health?a=1&b=$HOME, where the old release answers 301'],
  ])('fails for %j where the incumbent answers %j', async (candidate, incumbent, reason) => {
    const { code, stdout, stderr } = await ask(await serve(candidate, incumbent));
    expect({ code, stdout }).toEqual({
      code: 71,
      stdout: `failed api new1 ${reason}, within 20 s\n`,
    });
    expect(stderr).toContain('the log of new1');
  });

  it.each([
    [[500], [500]],
    [[404], [404]],
    [[404], [301]],
    [[400], [503]],
    [[500], [0]],
  ])('decides nothing by %j where the incumbent answers %j', async (candidate, incumbent) => {
    const { code, stdout, stderr } = await ask(await serve(candidate, incumbent));
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toContain('that decides nothing yet');
  });

  it('fails for one that refuses connections', async () => {
    const { code, stdout } = await ask(await serve([0], [204]), { STATUS: '204' });
    expect(code).toBe(71);
    expect(stdout).toContain('failed api new1 it gives no answer at');
  });

  it('asks nobody where the host has nothing to ask with, or a container has no address', async () => {
    host.write('addresses/old1', '\n');
    const port = await serve([500], [200]);
    host.write('addresses/new1', '127.0.0.2\n');
    const { code } = await host.run(`set -eu\ndeadline=$(now)\n${ASK_CANDIDATES}`, {
      CANDIDATES: 'api new1 127.0.0.2 3000\n',
      QUESTIONS: `api net ${String(port)} old1 a.example /health\n`,
      STATUS: '200',
      TIMEOUT: '20',
    });
    expect(code).toBe(0);
    expect(seen).toEqual([]);
  });

  it('asks with bash as well', async () => {
    const script = ASK_CANDIDATES.replace(remoteScript('http-tool'), 'echo bash');
    host.write('addresses/new1', '127.0.0.2\n');
    host.write('addresses/old1', '127.0.0.3\n');
    const port = await serve([200], [200]);
    const { code, stderr } = await host.run(`set -eu\ndeadline=$(now)\n${script}`, {
      CANDIDATES: 'api new1 127.0.0.2 3000\n',
      QUESTIONS: `api net ${String(port)} old1 a.example /health\n`,
      STATUS: '200',
      TIMEOUT: '20',
      FORWARDED: 'https',
    });
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: 'api: the candidate answers 200 at /health\n',
    });
    expect(seen).toEqual([{ url: '/health', host: 'a.example', scheme: 'https' }]);
  });
});

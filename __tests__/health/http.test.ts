import { afterEach, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttpsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';

import { RefusedError } from '../../src/errors.js';
import { httpGet } from '../../src/health/http.js';
import type { HttpAnswer, HttpGetOptions } from '../../src/health/http.js';
import { connect } from '../../src/ssh/connect.js';
import { SessionLostError } from '../../src/ssh/session.js';
import { inputsFor, newKey, realClock, recordedLog, startServer } from '../ssh/server.js';
import { directDial, servers } from './servers.js';

const running = servers();

afterEach(() => running.close());

function get(url: URL, options: Partial<HttpGetOptions> = {}): Promise<HttpAnswer> {
  return httpGet(directDial, url, { timeoutMs: 5_000, ...options });
}

describe('an HTTP check', () => {
  it('gives status, headers, body and duration', async () => {
    const url = await running.http((request, response) => {
      response.writeHead(503, { 'x-release': 'abc' });
      response.end(`${String(request.method)} ${String(request.url)}`);
    });
    expect(await get(url)).toEqual({
      kind: 'response',
      status: 503,
      durationMs: expect.any(Number),
      headers: expect.objectContaining({ 'x-release': 'abc' }),
      body: 'GET /api/health/?deep=1',
    });
  });

  it('sends the URL as Host, or the host that it was given', async () => {
    const url = await running.http((request, response) => response.end(request.headers.host));
    expect(await get(url)).toMatchObject({ body: url.host });
    expect(await get(url, { host: 'site.example' })).toMatchObject({ body: 'site.example' });
  });

  it('reads an answer that came while the process stood still, though its time is over', async () => {
    const url = await running.http((_request, response) => {
      response.end('in time');
      setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 700));
    });
    expect(await get(url, { timeoutMs: 300 })).toMatchObject({ body: 'in time' });
  });

  it('gives up an answer that does not come, also after it stood still', async () => {
    const url = await running.http(() => {
      setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 700));
    });
    expect(await get(url, { timeoutMs: 300 })).toMatchObject({ kind: 'timeout' });
  });

  it('does not follow redirects', async () => {
    const url = await running.http((_request, response) =>
      response.writeHead(301, { location: 'https://site.example/' }).end(),
    );
    expect(await get(url)).toMatchObject({
      status: 301,
      headers: { location: 'https://site.example/' },
    });
  });

  it('uses a fresh connection each time', async () => {
    const ports = new Set<number | undefined>();
    const url = await running.http((request, response) => {
      ports.add(request.socket.remotePort);
      response.end();
    });
    await get(url);
    await get(url);
    expect(ports.size).toBe(2);
  });

  it('reads no more than 64 kB of the body', async () => {
    const url = await running.http((_request, response) => {
      response.write('x'.repeat(1_000_000));
    });
    const answer = await get(url);
    expect(answer.kind === 'response' && answer.body.length).toBe(64 * 1024);
  });

  it('keeps characters whole that come in pieces', async () => {
    const url = await running.http((_request, response) => {
      const bytes = Buffer.from('정상');
      response.write(bytes.subarray(0, 2), () => response.end(bytes.subarray(2)));
    });
    expect(await get(url)).toMatchObject({ body: '정상' });
  });

  it('tells refused, reset, silent and foreign servers apart', async () => {
    const reset = await running.tcp((socket) => socket.resetAndDestroy());
    expect(await get(reset)).toMatchObject({ kind: 'reset' });
    const closing = await running.tcp((socket) => socket.end());
    expect(await get(closing)).toMatchObject({ kind: 'reset' });
    const foreign = await running.tcp((socket) => socket.end('220 smtp.example ESMTP\r\n'));
    expect(await get(foreign)).toMatchObject({ kind: 'not-http' });
    const silent = await running.tcp(() => undefined);
    expect(await get(silent, { timeoutMs: 30 })).toMatchObject({
      kind: 'timeout',
      message: 'no complete answer within 30 ms',
    });
    const cut = await running.http((_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('ten bytes.', () => response.destroy());
    });
    expect(await get(cut)).toMatchObject({ kind: 'reset' });
    await running.close();
    expect(await get(cut)).toMatchObject({ kind: 'refused' });
  });

  it('times out while the body drips', async () => {
    const url = await running.http((_request, response) => {
      response.write('a');
    });
    expect(await get(url, { timeoutMs: 50 })).toMatchObject({ kind: 'timeout' });
  });

  it('gives up when the dial takes too long, and closes a stream that comes later', async () => {
    const url = await running.tcp(() => undefined);
    let closed: Promise<unknown> = Promise.resolve();
    const late: typeof directDial = async (host, port) => {
      await realClock.sleep(60);
      const stream = await directDial(host, port);
      closed = new Promise((resolve) => stream.once('close', resolve));
      return stream;
    };
    const answer = await httpGet(late, url, { timeoutMs: 20 });
    expect(answer).toMatchObject({ kind: 'timeout' });
    await realClock.sleep(60);
    await closed;
  });

  it('gives up when its signal is aborted', async () => {
    const url = await running.tcp(() => undefined);
    const stop = new AbortController();
    const answer = get(url, { signal: stop.signal });
    stop.abort();
    expect(await answer).toMatchObject({ kind: 'aborted' });
    expect(await get(url, { signal: stop.signal })).toMatchObject({ kind: 'aborted' });
  });

  it('knows when a dial failed because of our own connection, or of sshd', async () => {
    const url = new URL('http://localhost/');
    const lost = await httpGet(() => Promise.reject(new SessionLostError('gone')), url, {
      timeoutMs: 100,
    });
    expect(lost).toMatchObject({ kind: 'lost', message: 'gone' });
    const forbidden = new RefusedError({ what: 'no forwarding', next: 'AllowTcpForwarding yes' });
    const answer = await httpGet(() => Promise.reject(forbidden), url, { timeoutMs: 100 });
    expect(answer).toMatchObject({ kind: 'forbidden' });
  });
});

describe('an HTTPS check', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tls-'));
  execFileSync(
    'openssl',
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=x -keyout key -out cert'.split(
      ' ',
    ),
    { cwd: directory, stdio: 'ignore' },
  );
  const [key, cert] = ['key', 'cert'].map((name) => readFileSync(join(directory, name)));
  rmSync(directory, { recursive: true });

  it('asks for the host by name, and takes any certificate on the loopback', async () => {
    const names: unknown[] = [];
    const server = createHttpsServer({ key, cert }, (_request, response) => response.end('secure'));
    server.on('secureConnection', (socket: TLSSocket & { servername?: unknown }) => {
      names.push(socket.servername);
    });
    const url = await running.add(server, 'https');
    expect(await get(url, { host: 'site.example:8443' })).toMatchObject({ body: 'secure' });
    const named = new URL(url);
    named.hostname = 'localhost';
    expect(await get(named)).toMatchObject({ body: 'secure' });
    expect(names).toEqual(['site.example', 'localhost']);
  });

  it('verifies the certificate of any other address', async () => {
    const server = createHttpsServer({ key, cert }, (_request, response) => response.end('secure'));
    const url = await running.add(server, 'https');
    url.hostname = 'site.example';
    const toLoopback: typeof directDial = (_host, port) => directDial('127.0.0.1', port);
    expect(await httpGet(toLoopback, url, { timeoutMs: 5_000 })).toMatchObject({ kind: 'tls' });
  });

  it('says so when the server speaks no TLS', async () => {
    const url = await running.http((_request, response) => response.end());
    url.protocol = 'https:';
    expect(await get(url)).toMatchObject({ kind: 'tls' });
  });
});

describe('an HTTP check through SSH', () => {
  it('is answered by what the host sees, and is lost with the connection', async () => {
    const user = newKey();
    const server = await startServer({ authorizedKeys: [user.public] });
    const deps = { log: recordedLog(), clock: realClock };
    const connection = await connect(inputsFor(server, user.private), deps);
    const url = await running.http((request, response) => {
      if (request.url === '/slow') server.cut();
      else response.end('fine');
    });
    url.hostname = '127.0.0.1';
    const through = (path: string) =>
      httpGet(connection.dial, new URL(path, url), { timeoutMs: 5_000 });
    expect(await through('/')).toMatchObject({ kind: 'response', status: 200, body: 'fine' });
    expect(await Promise.all([through('/a'), through('/b')])).toMatchObject([
      { status: 200 },
      { status: 200 },
    ]);
    expect(await through('/slow')).toMatchObject({ kind: 'lost' });
    expect(await through('/')).toMatchObject({ kind: 'lost' });
    await server.close();
  });
});

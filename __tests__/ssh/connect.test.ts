import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';

import type { Clock } from '../../src/clock.js';
import { DeployError, RefusedError } from '../../src/errors.js';
import type { ConnectionInputs } from '../../src/inputs.js';
import { connect } from '../../src/ssh/connect.js';
import type { Connection, ConnectDeps } from '../../src/ssh/connect.js';
import { DialError } from '../../src/ssh/dial.js';
import { SessionLostError } from '../../src/ssh/session.js';
import {
  inputsFor,
  newKey,
  portOf,
  publicBlob,
  realClock,
  recordedLog,
  startServer,
} from './server.js';
import type { TestServer, TestServerOptions } from './server.js';

const user = newKey();
const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function serve(options: Partial<TestServerOptions> = {}): Promise<TestServer> {
  const server = await startServer({ authorizedKeys: [user.public], ...options });
  cleanups.push(() => server.close());
  return server;
}

async function listen(onConnection: (socket: Socket) => void): Promise<Server> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => sockets.delete(socket));
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(
    () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(resolve);
      }),
  );
  return server;
}

/** Backoff passes at once and is written down; the timeout of an attempt is left to real time. */
function hastyClock(attemptMs = 5_000): Clock & { readonly slept: number[] } {
  const slept: number[] = [];
  let skippedMs = 0;
  return {
    slept,
    now: () => performance.now() + skippedMs,
    sleep: (ms, signal) => {
      if (ms === attemptMs) return realClock.sleep(ms, signal);
      slept.push(ms);
      skippedMs += ms;
      return Promise.resolve();
    },
  };
}

async function opened(
  inputs: ConnectionInputs,
  deps: Partial<ConnectDeps> = {},
): Promise<Connection> {
  const connection = await connect(inputs, { log: recordedLog(), clock: realClock, ...deps });
  cleanups.push(() => connection.close());
  return connection;
}

/** The error that connecting ends with. */
async function errorOf(
  inputs: ConnectionInputs,
  deps: Partial<ConnectDeps> = {},
): Promise<DeployError> {
  const error: unknown = await opened(inputs, deps).then(
    () => new Error('it connected'),
    (reason: unknown) => reason,
  );
  if (error instanceof DeployError) return error;
  throw error;
}

describe('connecting', () => {
  it('gives a connection that knows the fingerprint of the host', async () => {
    const server = await serve();
    const connection = await opened(inputsFor(server, user.private));
    expect(connection.fingerprint).toBe(server.fingerprints[0]);
    await connection.close();
    expect(await connection.closed).toBeUndefined();
  });

  it('signs with SHA-2 when the key is an RSA key', async () => {
    const rsa = newKey('rsa');
    const server = await serve({ authorizedKeys: [rsa.public] });
    await opened(inputsFor(server, rsa.private));
    expect(server.signatures).toEqual(['sha256']);
  });

  it('answers commands without waiting for delayed acknowledgements', async () => {
    const server = await serve();
    const session = await (await opened(inputsFor(server, user.private))).openSession();
    await session.run(':');
    const startedAt = performance.now();
    for (let i = 0; i < 20; i += 1) await session.run(':');
    // 40 ms is what one delayed acknowledgement costs on Linux.
    expect((performance.now() - startedAt) / 20).toBeLessThan(40);
  });

  it('reaches a host by its IPv6 address', async () => {
    const server = await serve({ host: '::1' });
    await opened(inputsFor(server, user.private, { host: '::1' }));
    await opened(inputsFor(server, user.private, { host: '[::1]' }));
  });

  it('says which key the host does not accept, for whom, and the line that is missing', async () => {
    const server = await serve();
    const other = newKey();
    const error = await errorOf(inputsFor(server, other.private));
    expect(error.message).toContain('ec2-user@[127.0.0.1]');
    expect(error.message).toContain('ssh-ed25519 SHA256:');
    expect(error.next).toContain(other.public.trim().split(' ').slice(0, 2).join(' '));
    expect(error.next).toContain('authorized_keys');
    expect(server.connections()).toBe(1);
  });

  it('refuses a bad key before it connects', async () => {
    const server = await serve();
    const error = await errorOf(inputsFor(server, user.public));
    expect(error).toBeInstanceOf(RefusedError);
    expect(error.what).toMatch(/private key is a public key/);
    expect(server.connections()).toBe(0);
  });

  it('uses the passphrase of an encrypted key', async () => {
    const server = await serve();
    const inputs = inputsFor(server, user.private, { passphrase: 'not needed, not minded' });
    await opened(inputs);
  });
});

describe('a host that is not there yet', () => {
  it('is tried again with growing pauses while it refuses, and five times at most', async () => {
    const closed = await listen(() => undefined);
    const port = portOf(closed);
    await new Promise((resolve) => closed.close(resolve));
    const clock = hastyClock();
    const log = recordedLog();
    const error = await errorOf(inputsFor({ port, fingerprints: ['SHA256:x'] }, user.private), {
      clock,
      log,
    });
    expect(clock.slept).toEqual([1_000, 2_000, 4_000, 8_000]);
    expect(error.what).toBe(`The host refuses connections on port ${port} (5 attempts)`);
    expect(log.infos).toHaveLength(4);
  });

  it('is connected as soon as it listens', async () => {
    const closed = await listen(() => undefined);
    const port = portOf(closed);
    await new Promise((resolve) => closed.close(resolve));
    const host = newKey();
    const fingerprints: string[] = [];
    const clock: Clock = {
      ...realClock,
      sleep: async (ms, signal) => {
        if (ms === 5_000) return realClock.sleep(ms, signal);
        const server = await serve({ port, hostKeys: [host.private] });
        fingerprints.push(...server.fingerprints);
      },
    };
    const connection = await opened(inputsFor({ port, fingerprints }, user.private), { clock });
    expect(connection.fingerprint).toBe(fingerprints[0]);
  });

  it('is tried again when it drops the connection before SSH begins', async () => {
    const server = await listen((socket) => socket.destroy());
    const error = await errorOf(
      inputsFor({ port: portOf(server), fingerprints: ['SHA256:x'] }, user.private),
      { clock: hastyClock() },
    );
    expect(error.what).toMatch(/\(5 attempts\)$/);
    expect(error.next).toContain('sshd');
  });

  it('is given up when it accepts the connection and stays silent', async () => {
    const server = await listen(() => undefined);
    const inputs = inputsFor({ port: portOf(server), fingerprints: ['SHA256:x'] }, user.private, {
      connectTimeoutMs: 50,
    });
    const error = await errorOf(inputs, { clock: hastyClock(50) });
    expect(error.what).toMatch(/SSH did not answer within 50 ms \(5 attempts\)/);
  });

  it('is not tried again when it speaks something else than SSH', async () => {
    let connections = 0;
    const server = await listen((socket) => {
      connections += 1;
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    });
    const error = await errorOf(
      inputsFor({ port: portOf(server), fingerprints: ['SHA256:x'] }, user.private, {
        connectTimeoutMs: 200,
      }),
      { clock: hastyClock(200) },
    );
    expect(error).toBeInstanceOf(DeployError);
    expect(connections).toBeLessThanOrEqual(5);
  });

  it('is told apart from a name that does not exist', async () => {
    const inputs = inputsFor({ port: 22, fingerprints: ['SHA256:x'] }, user.private, {
      host: 'no-such-host.invalid',
    });
    const error = await errorOf(inputs, { clock: hastyClock() });
    expect(error.what).toMatch(/cannot be resolved/);
    expect(error.where).toBe('host: no-such-host.invalid');
  });

  it('is left alone when the signal is aborted', async () => {
    const server = await listen(() => undefined);
    const stop = new AbortController();
    const connecting = connect(
      inputsFor({ port: portOf(server), fingerprints: ['SHA256:x'] }, user.private),
      { log: recordedLog(), clock: realClock, signal: stop.signal },
    );
    stop.abort(new Error('cancelled'));
    await expect(connecting).rejects.toThrow('cancelled');
  });
});

describe('the host key', () => {
  const ed25519 = newKey();
  const rsa = newKey('rsa');
  const ecdsa = newKey('ecdsa');
  const threeKeys = [ed25519.private, ecdsa.private, rsa.private];

  function knownHosts(port: number, key: string, marker = ''): string {
    return `${marker}[127.0.0.1]:${port} ${key.trim().split(' ').slice(0, 2).join(' ')}\n`;
  }

  function pinned(fingerprints: readonly string[], text = ''): Partial<ConnectionInputs> {
    return { hostKeys: { kind: 'pinned', fingerprints, knownHosts: text } };
  }

  it.each([
    ['Ed25519', ed25519],
    ['ECDSA', ecdsa],
    ['RSA', rsa],
  ])('is asked for in the type that known-hosts has: %s', async (_name, key) => {
    const server = await serve({ hostKeys: threeKeys });
    const text = knownHosts(server.port, key.public);
    await opened(inputsFor(server, user.private, pinned([], text)));
    expect(server.connections()).toBe(1);
  });

  it.each([0, 1, 2])('may be pinned by the fingerprint of any of its keys (%d)', async (index) => {
    const server = await serve({ hostKeys: threeKeys });
    const fingerprint = server.fingerprints[index] ?? '';
    const connection = await opened(inputsFor(server, user.private, pinned([fingerprint])));
    expect(connection.fingerprint).toBe(fingerprint);
  });

  it('is refused when it is another one, naming what was expected, seen, and the input', async () => {
    const server = await serve({ hostKeys: threeKeys });
    const error = await errorOf(inputsFor(server, user.private, pinned(['SHA256:other'])));
    expect(error).toBeInstanceOf(RefusedError);
    expect(error.what).toContain('Expected SHA256:other');
    for (const fingerprint of server.fingerprints) expect(error.what).toContain(fingerprint);
    expect(error.where).toContain('host-fingerprint');
    expect(error.next).toMatch(/somebody stands between/);
    expect(server.signatures).toEqual([]);
  });

  it('is refused when known-hosts has another one', async () => {
    const server = await serve();
    const text = knownHosts(server.port, ed25519.public);
    const error = await errorOf(inputsFor(server, user.private, pinned([], text)));
    expect(error).toBeInstanceOf(RefusedError);
    expect(error.where).toContain('known-hosts');
  });

  it('is refused when nothing is pinned, with the lines that pin it', async () => {
    const server = await serve();
    const text = knownHosts(1, ed25519.public);
    const error = await errorOf(inputsFor(server, user.private, pinned([], text)));
    expect(error).toBeInstanceOf(RefusedError);
    expect(error.next).toContain(`host-fingerprint: ${server.fingerprints[0] ?? ''}`);
    const line = /^ *(\[127\.0\.0\.1\]:\d+ .*)$/m.exec(error.next)?.[1] ?? '';
    await opened(inputsFor(server, user.private, pinned([], line)));
    expect(server.signatures).toHaveLength(1);
  });

  it('is refused when it is revoked, whatever else pins it', async () => {
    const server = await serve({ hostKeys: [ed25519.private] });
    const text = knownHosts(server.port, ed25519.public, '@revoked ');
    const error = await errorOf(inputsFor(server, user.private, pinned(server.fingerprints, text)));
    expect(error.what).toContain('@revoked');
    expect(server.signatures).toEqual([]);
  });

  it('may be any when checking is off, with a warning', async () => {
    const server = await serve();
    const log = recordedLog();
    await opened(inputsFor(server, user.private, { hostKeys: { kind: 'any' } }), { log });
    expect(log.warnings.join()).toContain('strict-host-key-checking');
  });

  it('warns of lines in known-hosts that say nothing to it', async () => {
    const server = await serve();
    const log = recordedLog();
    const text = `@cert-authority * ${ed25519.public}`;
    await opened(inputsFor(server, user.private, pinned(server.fingerprints, text)), { log });
    expect(log.warnings).toEqual([expect.stringMatching(/line 1: host certificates/)]);
    expect(publicBlob(ed25519.public)).toBeInstanceOf(Buffer);
  });
});

describe('a connection', () => {
  it('dials an address as seen from the host', async () => {
    const echo = await listen((socket) => socket.pipe(socket));
    const server = await serve();
    const connection = await opened(inputsFor(server, user.private));
    const stream = await connection.dial('127.0.0.1', portOf(echo));
    const answer = new Promise((resolve) => stream.once('data', resolve));
    stream.write('hello');
    expect(String(await answer)).toBe('hello');
    stream.destroy();
  });

  it('says that an address refuses', async () => {
    const server = await serve();
    const connection = await opened(inputsFor(server, user.private));
    const closed = await listen(() => undefined);
    const port = portOf(closed);
    await new Promise((resolve) => closed.close(resolve));
    await expect(connection.dial('127.0.0.1', port)).rejects.toBeInstanceOf(DialError);
    await expect(connection.dial('127.0.0.1', port)).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
  });

  it('names the setting when sshd forbids forwarding', async () => {
    const server = await serve({ forwarding: false });
    const connection = await opened(inputsFor(server, user.private));
    await expect(connection.dial('127.0.0.1', 80)).rejects.toThrow(/AllowTcpForwarding/);
  });

  it('tells a stream that it was lost with the connection', async () => {
    const echo = await listen((socket) => socket.pipe(socket));
    const server = await serve();
    const connection = await opened(inputsFor(server, user.private));
    const stream = await connection.dial('127.0.0.1', portOf(echo));
    const failure = new Promise((resolve) => stream.once('error', resolve));
    server.cut();
    expect(await failure).toBeInstanceOf(SessionLostError);
    await expect(connection.dial('127.0.0.1', 80)).rejects.toBeInstanceOf(SessionLostError);
  });

  it('counts as lost when the host no longer answers', async () => {
    const server = await serve();
    const connection = await opened(inputsFor(server, user.private), { keepaliveIntervalMs: 30 });
    const session = await connection.openSession();
    server.freeze();
    const running = session.run('echo never heard');
    await expect(running).rejects.toBeInstanceOf(SessionLostError);
    expect(await connection.closed).toMatchObject({
      cause: expect.objectContaining({ message: 'Keepalive timeout' }),
    });
  });

  it('closes even when the host no longer answers', async () => {
    const server = await serve();
    const connection = await opened(inputsFor(server, user.private));
    server.freeze();
    await connection.close();
    expect(await connection.closed).toBeUndefined();
  });
});

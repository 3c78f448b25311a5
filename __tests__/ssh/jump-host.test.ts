import { afterEach, describe, expect, it } from '@jest/globals';

import { RefusedError } from '../../src/errors.js';
import type { LoginInputs } from '../../src/inputs.js';
import { SessionLostError } from '../../src/ssh/session.js';
import { cleanUp, errorOf, hastyClock, listen, opened, serve, user } from './fixture.js';
import { inputsFor, newKey, portOf, recordedLog } from './server.js';
import type { TestServer } from './server.js';

afterEach(cleanUp);

const hopUser = newKey();

function hop(server: TestServer, changes: Partial<LoginInputs> = {}): LoginInputs {
  return {
    host: '127.0.0.1',
    port: server.port,
    username: 'jumper',
    key: hopUser.private,
    passphrase: undefined,
    hostKeys: { kind: 'pinned', fingerprints: server.fingerprints, knownHosts: '' },
    ...changes,
  };
}

const serveHop = (options: Parameters<typeof serve>[0] = {}) =>
  serve({ authorizedKeys: [hopUser.public], ...options });

describe('a jump host', () => {
  it('carries the connection to the host behind it, with keys of their own', async () => {
    const [bastion, host] = [await serveHop(), await serve()];
    const connection = await opened(inputsFor(host, user.private, { jumpHosts: [hop(bastion)] }));
    expect(connection.fingerprint).toBe(host.fingerprints[0]);
    const session = await connection.openSession();
    expect((await session.run('echo here')).stdout).toBe('here\n');
    expect([bastion.connections(), host.connections()]).toEqual([1, 1]);
    await session.close();
    await connection.close();
    expect(await connection.closed).toBeUndefined();
  });

  it('may be followed by another one', async () => {
    const [first, second, host] = [await serveHop(), await serveHop(), await serve()];
    const jumpHosts = [hop(first), hop(second)];
    const connection = await opened(inputsFor(host, user.private, { jumpHosts }));
    const session = await connection.openSession();
    expect((await session.run('echo here')).stdout).toBe('here\n');
    expect([first, second, host].map((server) => server.connections())).toEqual([1, 1, 1]);
  });

  it('with another host key is refused before anything is sent to the host behind it', async () => {
    const [bastion, host] = [await serveHop(), await serve()];
    const hostKeys = { kind: 'pinned', fingerprints: ['SHA256:other'], knownHosts: '' } as const;
    const jumpHosts = [hop(bastion, { hostKeys })];
    const error = await errorOf(inputsFor(host, user.private, { jumpHosts }));
    expect(error).toBeInstanceOf(RefusedError);
    expect(error.what).toContain('The host key of the jump host is not the pinned one');
    expect(error.where).toContain('input jump-host-fingerprint');
    expect(bastion.signatures).toEqual([]);
    expect(host.connections()).toBe(0);
  });

  it('that is not pinned is refused, with the line that pins it', async () => {
    const [bastion, host] = [await serveHop(), await serve()];
    const hostKeys = { kind: 'pinned', fingerprints: [], knownHosts: '' } as const;
    const jumpHosts = [hop(bastion, { hostKeys })];
    const error = await errorOf(inputsFor(host, user.private, { jumpHosts }));
    expect(error).toBeInstanceOf(RefusedError);
    expect(error.next).toContain(`jump-host-fingerprint: ${bastion.fingerprints[0] ?? ''}`);
    expect(host.connections()).toBe(0);
  });

  it('that does not accept the key is named, and not the host', async () => {
    const [first, second, host] = [await serveHop(), await serve(), await serve()];
    const jumpHosts = [hop(first), hop(second)];
    const error = await errorOf(inputsFor(host, user.private, { jumpHosts }));
    expect(error.what).toContain('The jump host does not accept the key');
    expect(error.where).toContain(`jumper@[127.0.0.1]:${second.port} through jumper@`);
    expect(host.connections()).toBe(0);
  });

  it('is tried again while it refuses, as the host is', async () => {
    const closed = await listen(() => undefined);
    const port = portOf(closed);
    await new Promise((resolve) => closed.close(resolve));
    const [bastion, host] = [await serveHop(), await serve()];
    const clock = hastyClock();
    const log = recordedLog();
    const jumpHosts = [hop(bastion, { port })];
    const error = await errorOf(inputsFor(host, user.private, { jumpHosts }), { clock, log });
    expect(error.what).toBe(`The jump host refuses connections on port ${port} (5 attempts)`);
    expect(log.infos[0]).toContain('jump host 127.0.0.1: network: ECONNREFUSED');
  });

  it('tells that the host behind it refuses, and tries again through the same connection', async () => {
    const closed = await listen(() => undefined);
    const port = portOf(closed);
    await new Promise((resolve) => closed.close(resolve));
    const bastion = await serveHop();
    const error = await errorOf(
      inputsFor({ port, fingerprints: ['SHA256:x'] }, user.private, { jumpHosts: [hop(bastion)] }),
      { clock: hastyClock() },
    );
    expect(error.what).toBe(`The host refuses connections on port ${port} (5 attempts)`);
    expect(error.where).toContain('through jumper@');
    expect(bastion.connections()).toBe(1);
  });

  it('that forbids forwarding is told with the setting', async () => {
    const [bastion, host] = [await serveHop({ forwarding: false }), await serve()];
    const jumpHosts = [hop(bastion)];
    const error = await errorOf(inputsFor(host, user.private, { jumpHosts }));
    expect(error.next).toContain('AllowTcpForwarding');
    expect(host.connections()).toBe(0);
  });

  it('is given up when the host behind it stays silent', async () => {
    const silent = await listen(() => undefined);
    const bastion = await serveHop();
    const inputs = inputsFor({ port: portOf(silent), fingerprints: ['SHA256:x'] }, user.private, {
      jumpHosts: [hop(bastion)],
      connectTimeoutMs: 300,
    });
    const error = await errorOf(inputs, { clock: hastyClock(300) });
    expect(error.what).toMatch(/SSH did not answer within 300 ms \(5 attempts\)/);
  });

  it('that is lost takes the connection with it', async () => {
    const [bastion, host] = [await serveHop(), await serve()];
    const jumpHosts = [hop(bastion)];
    const connection = await opened(inputsFor(host, user.private, { jumpHosts }));
    const session = await connection.openSession();
    const running = session.run('sleep 5');
    bastion.cut();
    await expect(running).rejects.toBeInstanceOf(SessionLostError);
    expect(await connection.closed).toBeInstanceOf(SessionLostError);
  });

  it('that no longer answers counts as lost', async () => {
    const [bastion, host] = [await serveHop(), await serve()];
    const connection = await opened(inputsFor(host, user.private, { jumpHosts: [hop(bastion)] }), {
      keepaliveIntervalMs: 30,
    });
    const session = await connection.openSession();
    bastion.freeze();
    await expect(session.run('echo never heard')).rejects.toBeInstanceOf(SessionLostError);
  });

  it('is left alone when the signal is aborted while the host behind it is silent', async () => {
    const silent = await listen((socket) => {
      socket.once('data', () => {
        stop.abort(new Error('cancelled'));
      });
    });
    const stop = new AbortController();
    const bastion = await serveHop();
    const jumpHosts = [hop(bastion)];
    const inputs = inputsFor({ port: portOf(silent), fingerprints: ['SHA256:x'] }, user.private, {
      jumpHosts,
    });
    await expect(opened(inputs, { signal: stop.signal })).rejects.toThrow('cancelled');
  });
});

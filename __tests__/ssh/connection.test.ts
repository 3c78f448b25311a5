import { Readable } from 'node:stream';

import { afterEach, describe, expect, it } from '@jest/globals';

import { failureOf } from '../../src/health/failure.js';
import { dialFailure, DialError } from '../../src/ssh/dial.js';
import { SessionLostError } from '../../src/ssh/session.js';
import { cleanUp, listen, opened, serve, user } from './fixture.js';
import { inputsFor, portOf } from './server.js';

afterEach(cleanUp);

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

  it('tells an address that refuses from an sshd that has no room for another stream', () => {
    const told = (text: string): Error => {
      const error = new Error(`(SSH) Channel open failure: ${text}`);
      return dialFailure(Object.assign(error, { reason: 2 }), 'host', '127.0.0.1:80');
    };
    expect(failureOf(told('Connection refused'), 1).kind).toBe('refused');
    expect(failureOf(told('open failed: connect failed: Too many open files'), 1).kind).toBe(
      'forbidden',
    );
  });

  it('names the setting when sshd forbids forwarding', async () => {
    const server = await serve({ forwarding: false });
    const connection = await opened(inputsFor(server, user.private));
    await expect(connection.dial('127.0.0.1', 80)).rejects.toThrow(/AllowTcpForwarding/);
  });

  it('names the setting when sshd opens no further session, which is no connection that is lost', async () => {
    const server = await serve({ maxSessions: 1 });
    const connection = await opened(inputsFor(server, user.private));
    const session = await connection.openSession();
    await expect(connection.openSession()).rejects.toThrow(/no further session/);
    await expect(connection.openSession()).rejects.toMatchObject({
      next: expect.stringContaining('MaxSessions 10'),
    });
    const upload = connection.upload(
      '/nowhere',
      Readable.from(['x']),
      new AbortController().signal,
    );
    await expect(upload).rejects.toThrow(/no further session/);
    expect(await session.run('echo on')).toMatchObject({ stdout: 'on\n' });
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

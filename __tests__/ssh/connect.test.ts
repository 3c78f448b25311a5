import { afterEach, describe, expect, it } from '@jest/globals';
import ssh2 from 'ssh2';

import type { Clock } from '../../src/clock.js';
import { RefusedError } from '../../src/errors.js';
import { connect } from '../../src/ssh/connect.js';
import { cleanUp, errorOf, hastyClock, listen, opened, serve, user } from './fixture.js';
import { inputsFor, newKey, portOf, realClock, recordedLog } from './server.js';

afterEach(cleanUp);

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
    const durations: number[] = [];
    for (let i = 0; i < 21; i += 1) {
      const startedAt = performance.now();
      await session.run(':');
      durations.push(performance.now() - startedAt);
    }
    // 40 ms is what one delayed acknowledgement costs on Linux; the median forgives a busy machine.
    expect(durations.sort((a, b) => a - b)[10]).toBeLessThan(35);
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

  it('says that the host asks for more than the key', async () => {
    const server = await serve({ asksForMore: true });
    const error = await errorOf(inputsFor(server, user.private));
    expect(error.what).toContain('the key was accepted, but the host asks for more');
    expect(error.next).toContain('The host offers only: password.');
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
    const encrypted = ssh2.utils.generateKeyPairSync('rsa', {
      bits: 2048,
      cipher: 'aes256-ctr',
      passphrase: 'open sesame',
      rounds: 1,
    });
    const server = await serve({ authorizedKeys: [encrypted.public] });
    await opened(inputsFor(server, encrypted.private, { passphrase: 'open sesame' }));
    const error = await errorOf(inputsFor(server, encrypted.private, { passphrase: 'wrong' }));
    expect(error.what).toMatch(/cannot be decrypted/);
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

  it('is told apart from a port where something else than SSH answers', async () => {
    const server = await listen((socket) => {
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    });
    const inputs = inputsFor({ port: portOf(server), fingerprints: ['SHA256:x'] }, user.private);
    const error = await errorOf(inputs, { clock: hastyClock() });
    expect(error.what).toContain('before SSH began');
    expect(error.next).toContain('`port`');
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

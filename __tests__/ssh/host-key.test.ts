import { afterEach, describe, expect, it } from '@jest/globals';

import { RefusedError } from '../../src/errors.js';
import type { ConnectionInputs } from '../../src/inputs.js';
import { cleanUp, errorOf, opened, serve, user } from './fixture.js';
import { inputsFor, newKey, recordedLog } from './server.js';

afterEach(cleanUp);

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
  });
});

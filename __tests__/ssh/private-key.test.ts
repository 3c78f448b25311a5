import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import ssh2 from 'ssh2';

import { judgePrivateKey, loadPrivateKey, mendPrivateKey } from '../../src/ssh/private-key.js';
import { newKey, newPem } from './server.js';

const passphrase = 'correct horse "battery" $taple';
let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'keys-'));
});

afterAll(() => {
  rmSync(directory, { recursive: true });
});

/** A key as ssh-keygen itself writes it, and what ssh-keygen says of it. */
function sshKeygen(...args: string[]): { text: string; listing: string } {
  const file = join(directory, `key-${Math.random().toString(36).slice(2)}`);
  execFileSync('ssh-keygen', ['-q', '-a', '1', '-C', 'a comment', '-f', file, ...args]);
  const listing = execFileSync('ssh-keygen', ['-l', '-f', `${file}.pub`], { encoding: 'utf8' });
  return { text: readFileSync(file, 'utf8'), listing };
}

/** Whether the key can be used: a signature made with it fits its public key. */
function signs(text: string, phrase?: string): boolean {
  const loaded = loadPrivateKey(text, phrase);
  if (!loaded.ok) throw new Error(loaded.problem);
  const secret = ssh2.utils.parseKey(loaded.text);
  const known = ssh2.utils.parseKey(loaded.authorizedKey);
  if (secret instanceof Error || known instanceof Error) throw new Error('not parsed');
  const data = Buffer.from('data');
  const hash = loaded.type === 'ssh-rsa' ? 'sha256' : undefined;
  return known.verify(data, secret.sign(data, hash), hash);
}

const formats: readonly (readonly [string, readonly string[], string])[] = [
  ['Ed25519', ['-t', 'ed25519'], 'ssh-ed25519'],
  ['RSA', ['-t', 'rsa', '-b', '2048'], 'ssh-rsa'],
  ['RSA as PEM', ['-t', 'rsa', '-b', '2048', '-m', 'PEM'], 'ssh-rsa'],
  ['RSA as PKCS#8', ['-t', 'rsa', '-b', '2048', '-m', 'PKCS8'], 'ssh-rsa'],
  ['ECDSA P-256', ['-t', 'ecdsa'], 'ecdsa-sha2-nistp256'],
  ['ECDSA P-384', ['-t', 'ecdsa', '-b', '384'], 'ecdsa-sha2-nistp384'],
  ['ECDSA P-521', ['-t', 'ecdsa', '-b', '521'], 'ecdsa-sha2-nistp521'],
  ['ECDSA as PEM', ['-t', 'ecdsa', '-m', 'PEM'], 'ecdsa-sha2-nistp256'],
  ['ECDSA as PKCS#8', ['-t', 'ecdsa', '-m', 'PKCS8'], 'ecdsa-sha2-nistp256'],
];

describe('a private key', () => {
  it.each(formats)('of ssh-keygen is read: %s', (_name, args, type) => {
    const { text, listing } = sshKeygen(...args, '-N', '');
    const judgement = judgePrivateKey(text, undefined);
    expect(judgement).toMatchObject({ ok: true, type });
    expect(judgement.ok && listing.includes(` ${judgement.fingerprint} `)).toBe(true);
    expect(signs(text)).toBe(true);
  });

  it.each(formats)('of ssh-keygen with a passphrase is read: %s', (_name, args, type) => {
    const { text, listing } = sshKeygen(...args, '-N', passphrase);
    const judgement = judgePrivateKey(text, passphrase);
    expect(judgement).toMatchObject({ ok: true, type });
    expect(judgement.ok && listing.includes(` ${judgement.fingerprint} `)).toBe(true);
    expect(signs(text, passphrase)).toBe(true);
    expect(judgePrivateKey(text, undefined)).toMatchObject({ kind: 'passphrase-missing' });
    expect(judgePrivateKey(text, '')).toMatchObject({ kind: 'passphrase-missing' });
    expect(judgePrivateKey(text, 'wrong')).toMatchObject({ kind: 'passphrase-wrong' });
  });

  it.each(['aes128-cbc', 'aes192-ctr', 'aes256-cbc', 'aes256-gcm@openssh.com'])(
    'that is encrypted with %s is read',
    (cipher) => {
      const { text } = sshKeygen('-t', 'ed25519', '-N', passphrase, '-Z', cipher);
      expect(signs(text, passphrase)).toBe(true);
      expect(judgePrivateKey(text, 'wrong')).toMatchObject({ kind: 'passphrase-wrong' });
    },
  );

  it('of type Ed25519 as PKCS#8 is written in a form that ssh-keygen reads, too', () => {
    for (let i = 0; i < 300; i += 1) expect(signs(newPem())).toBe(true);
    const { private: text, public: line } = newKey();
    const file = join(directory, 'written');
    writeFileSync(file, text, { mode: 0o600 });
    const shown = execFileSync('ssh-keygen', ['-y', '-f', file], { encoding: 'utf8' });
    expect(shown.trim()).toBe(line);
  });

  it('of type Ed25519 as encrypted PKCS#8 is read', () => {
    const key = createPrivateKey(newPem());
    const text = key
      .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase })
      .toString();
    expect(judgePrivateKey(text, passphrase)).toMatchObject({ ok: true, type: 'ssh-ed25519' });
    expect(judgePrivateKey(text, undefined)).toMatchObject({ kind: 'passphrase-missing' });
    expect(judgePrivateKey(text, 'wrong')).toMatchObject({ kind: 'passphrase-wrong' });
  });

  it('after EC parameters, as openssl writes it, is read', () => {
    const sec1 = createPrivateKey(newPem('ecdsa')).export({ type: 'sec1', format: 'pem' });
    const text = `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${String(sec1)}`;
    expect(signs(text)).toBe(true);
  });
});

describe('a text that is no usable private key', () => {
  it.each([
    ['', 'empty'],
    [' \n ', 'empty'],
    ['/home/me/.ssh/id_ed25519', 'not-a-key'],
    ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----', 'not-a-key'],
    [
      '-----BEGIN OPENSSH PRIVATE KEY-----\nnonsense\n-----END OPENSSH PRIVATE KEY-----',
      'not-a-key',
    ],
    ['PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n', 'putty'],
    ['---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n---- END SSH2 PUBLIC KEY ----', 'public-key'],
    ['-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----', 'public-key'],
    [newKey().public, 'public-key'],
    [newKey('rsa').public, 'public-key'],
  ])('is told apart: %j', (text, kind) => {
    expect(judgePrivateKey(text, undefined)).toMatchObject({ ok: false, kind });
  });

  it.each([
    ['OpenSSH', () => sshKeygen('-t', 'rsa', '-b', '2048', '-N', '').text],
    ['encrypted OpenSSH', () => sshKeygen('-t', 'ed25519', '-N', 'secret').text],
    ['PEM', () => sshKeygen('-t', 'rsa', '-b', '2048', '-m', 'PEM', '-N', '').text],
    ['PKCS#8', () => newPem('rsa')],
  ])('is told to be cut short: %s', (_name, make) => {
    const lines = make().trim().split('\n');
    const withoutEnd = lines.slice(0, -1).join('\n');
    const withoutMiddle = [...lines.slice(0, 3), ...lines.slice(-1)].join('\n');
    expect(judgePrivateKey(withoutEnd, 'secret')).toMatchObject({ kind: 'truncated' });
    expect(judgePrivateKey(withoutMiddle, 'secret')).toMatchObject({ kind: 'truncated' });
  });

  it('is told to be cut short when its private section is damaged', () => {
    const bytes = Buffer.from(newKey().private.split('\n').slice(1, -2).join(''), 'base64');
    const at = bytes.length - 136;
    bytes[at] = (bytes[at] ?? 0) ^ 0xff;
    const text = `-----BEGIN OPENSSH PRIVATE KEY-----\n${bytes.toString('base64')}\n-----END OPENSSH PRIVATE KEY-----\n`;
    expect(judgePrivateKey(text, undefined)).toMatchObject({ kind: 'truncated' });
  });

  it('is named by type when the host could not use it', () => {
    const dsa =
      '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VuBCIEIFBBtFYhaiPjCGD0rRDIKNi6wJPqwVOmWXcPGU8RYYBB\n-----END PRIVATE KEY-----\n';
    expect(judgePrivateKey(dsa, undefined)).toMatchObject({ kind: 'unsupported' });
  });
});

describe('mending', () => {
  const key = newKey().private;
  const encrypted = createPrivateKey(newPem('rsa'))
    .export({ type: 'pkcs1', format: 'pem', cipher: 'aes-128-cbc', passphrase })
    .toString();

  it.each([
    ['CRLF', key.replace(/\n/g, '\r\n')],
    ['CR', key.replace(/\n/g, '\r')],
    ['a missing last newline', key.trimEnd()],
    ['literal \\n', key.replace(/\n/g, '\\n')],
    ['literal \\r\\n', key.replace(/\n/g, '\\r\\n')],
    ['double quotes', `"${key}"`],
    ['quotes and literal \\n', `'${key.trimEnd().replace(/\n/g, '\\n')}'`],
    ['indentation', key.replace(/^/gm, '    ')],
    ['blank lines around it', `\n\n ${key} \n\n`],
    ['a byte order mark', `\uFEFF${key}`],
  ])('takes away %s', (_name, damaged) => {
    expect(mendPrivateKey(damaged)).toBe(key);
  });

  it('puts back newlines that became blanks', () => {
    const mended = mendPrivateKey(key.trim().replace(/\n/g, ' '));
    expect(judgePrivateKey(mended, undefined)).toEqual(judgePrivateKey(key, undefined));
    expect(judgePrivateKey(mended, undefined).ok).toBe(true);
  });

  it('keeps the blank line under the headers of an old encrypted key', () => {
    expect(mendPrivateKey(encrypted.replace(/\n/g, '\r\n'))).toBe(encrypted);
    expect(judgePrivateKey(encrypted, passphrase)).toMatchObject({ ok: true, type: 'ssh-rsa' });
  });

  it('leaves a good key and an empty text as they are', () => {
    expect(mendPrivateKey(key)).toBe(key);
    expect(mendPrivateKey('  ')).toBe('');
  });
});

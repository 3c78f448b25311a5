import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { accepted, KEY, problemsOf } from './given.js';

const PRINT = 'uNiVztksCsDhcc0u9e8BrKXBzcxJE+9vxZlMCyRhy3k';

describe('host', () => {
  it.each(['203.0.113.7', '2001:db8::7', 'ec2-1-2-3-4.compute.amazonaws.com', 'localhost', 'h.'])(
    'takes %s',
    (host) => {
      expect(accepted({ host }).connection.host).toBe(host);
    },
  );

  it.each([
    ['ec2-user@203.0.113.7', 'goes into `username`. Did you mean `203.0.113.7`?'],
    ['https://example.com/path', 'not a URL. Did you mean `example.com`?'],
    ['203.0.113.7:22', 'the port `22` goes into `port`. Did you mean `203.0.113.7`?'],
    ['ssh://ec2-user@203.0.113.7:22/', 'Did you mean `203.0.113.7`?'],
    ['example.com/app', 'Did you mean `example.com`?'],
    ['[2001:db8::7]:22', 'Did you mean `2001:db8::7`?'],
    ['[2001:db8::7]', 'without brackets. Did you mean `2001:db8::7`?'],
    ['203.0.113.777', 'bare address'],
    ['-oProxyCommand=id', 'bare address'],
    ['a b', 'bare address'],
    ['example..com', 'bare address'],
  ])('refuses %s and says what goes where', (host, told) => {
    expect(problemsOf({ host })).toEqual([expect.stringContaining(told)]);
  });
});

describe('host-fingerprint', () => {
  it('takes one or more, in ssh-keygen form', () => {
    const text = `SHA256:${PRINT}\nSHA256:${PRINT.toLowerCase()}=`;
    expect(accepted({ 'host-fingerprint': text }).connection.hostKeys).toEqual({
      kind: 'pinned',
      fingerprints: [`SHA256:${PRINT}`, `SHA256:${PRINT.toLowerCase()}`],
      knownHosts: '',
    });
  });

  it.each([
    [PRINT, `Did you mean \`SHA256:${PRINT}\`?`],
    [`sha256:${PRINT}`, `Did you mean \`SHA256:${PRINT}\`?`],
    ['MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48', 'MD5 form'],
    ['16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48', 'MD5 form'],
    ['SHA256:short', '43 characters'],
  ])('refuses %s', (text, told) => {
    expect(problemsOf({ 'host-fingerprint': text })).toEqual([expect.stringContaining(told)]);
  });
});

describe('known-hosts', () => {
  it.each([
    '203.0.113.7 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIP',
    '[203.0.113.7]:2222,h ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAA= comment',
    '|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= ssh-rsa AAAAB3NzaC1yc2E',
    '@revoked * ssh-rsa AAAAB3NzaC1yc2E',
    '# a comment\n\nh ssh-rsa AAAAB3NzaC1yc2E',
  ])('takes %s', (text) => {
    expect(accepted({ 'known-hosts': text }).connection.hostKeys).toEqual({
      kind: 'pinned',
      fingerprints: [],
      knownHosts: text,
    });
  });

  it.each([
    ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIP', "the host's name is missing"],
    [`SHA256:${PRINT}`, 'goes into `host-fingerprint`'],
    ['@revocked * ssh-rsa AAAAB3NzaC1yc2E', 'a marker is `@revoked`'],
    ['h ssh-rsa', 'known_hosts lines'],
    ['h ssh-rsa not-base64', 'known_hosts lines'],
  ])('refuses %s', (text, told) => {
    expect(problemsOf({ 'known-hosts': text })).toEqual([expect.stringContaining(told)]);
  });
});

describe('strict-host-key-checking', () => {
  it('accepts any key only when it is false', () => {
    const policy = accepted({ 'strict-host-key-checking': 'false' }).connection.hostKeys;
    expect(policy).toEqual({ kind: 'any' });
  });

  it('is not read as false when it is misspelt', () => {
    expect(problemsOf({ 'strict-host-key-checking': 'flase' })).toEqual([
      expect.stringContaining('Did you mean `false`?'),
    ]);
  });
});

describe('key', () => {
  it('is mended where pasting has changed it', () => {
    const pasted = KEY.trim().replaceAll('\n', '\\n');
    expect(accepted({ key: pasted }).connection.key).toBe(KEY);
    expect(accepted({ key: KEY.replaceAll('\n', '\r\n') }).connection.key).toBe(KEY);
  });

  it('is told apart from a public key, and from a key without its passphrase', () => {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const publicKey = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const sealed = pair.privateKey
      .export({ type: 'sec1', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'sesame' })
      .toString();
    expect(problemsOf({ key: publicKey })).toEqual([expect.stringContaining('public key')]);
    expect(problemsOf({ key: sealed })).toEqual([expect.stringContaining('`passphrase`')]);
    expect(problemsOf({ key: sealed, passphrase: 'sesame' })).toEqual([]);
  });
});

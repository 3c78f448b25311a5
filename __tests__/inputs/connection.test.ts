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
  it.each([
    `256 SHA256:${PRINT} root@shop (ED25519)`,
    `3072 SHA256:${PRINT} no comment (RSA)\n256 SHA256:${PRINT} (ECDSA)`,
  ])('is taken out of a line of `ssh-keygen -l`: %s', (text) => {
    const { hostKeys } = accepted({ 'host-fingerprint': text }).connection;
    expect(hostKeys).toMatchObject({ fingerprints: expect.arrayContaining([`SHA256:${PRINT}`]) });
  });

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

describe('jump-host', () => {
  const hops = (given: string) =>
    accepted({ 'jump-host': given }).connection.jumpHosts.map(
      ({ username, host, port }) => `${username} ${host} ${String(port)}`,
    );

  it.each([
    ['bastion.example.com', ['ec2-user bastion.example.com 22']],
    ['ops@203.0.113.9:2222', ['ops 203.0.113.9 2222']],
    ['[::1]:22', ['ec2-user ::1 22']],
    ['ops@[2001:db8::7]:2022', ['ops 2001:db8::7 2022']],
    ['2001:db8::7', ['ec2-user 2001:db8::7 22']],
    ['a.example\nops@b.example:24', ['ec2-user a.example 22', 'ops b.example 24']],
    ['', []],
  ])('takes %j', (given, told) => {
    expect(hops(given)).toEqual(told);
  });

  it.each([
    ['ssh://ops@bastion:22', 'Did you mean `ops@bastion:22`?'],
    ['bastion:0', '[user@]host[:port]'],
    ['bastion:65536', '[user@]host[:port]'],
    ['-oProxyCommand=id', '[user@]host[:port]'],
    ['a b', '[user@]host[:port]'],
    ['$(id)@bastion', '[user@]host[:port]'],
    ['[bastion]:22', '[user@]host[:port]'],
  ])('refuses %s', (given, told) => {
    expect(problemsOf({ 'jump-host': given })).toEqual([expect.stringContaining(told)]);
  });

  it('is logged in to with the key of the host, or with its own', () => {
    const own = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      .privateKey.export({ type: 'sec1', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'abc' })
      .toString();
    const jumpHost = { 'jump-host': 'bastion' };
    expect(accepted(jumpHost).connection.jumpHosts[0]).toMatchObject({ key: KEY });
    const given = { ...jumpHost, 'jump-key': own, 'jump-passphrase': 'abc' };
    expect(accepted(given).connection.jumpHosts[0]).toMatchObject({ key: own, passphrase: 'abc' });
    expect(problemsOf({ ...given, 'jump-passphrase': '' })).toEqual([
      expect.stringMatching(/^`jump-key`: the key is encrypted/),
    ]);
  });

  it('is pinned by inputs of its own, also where the host may have any key', () => {
    const given = {
      'jump-host': 'bastion',
      'jump-host-fingerprint': `SHA256:${PRINT}`,
      'strict-host-key-checking': 'false',
    };
    expect(accepted(given).connection.jumpHosts[0]?.hostKeys).toEqual({
      kind: 'pinned',
      fingerprints: [`SHA256:${PRINT}`],
      knownHosts: '',
    });
    expect(problemsOf({ 'jump-host-fingerprint': `SHA256:${PRINT}` })).toEqual([
      expect.stringContaining('`jump-host` names none'),
    ]);
  });
});

describe('proxy-command', () => {
  it('is taken as it stands', () => {
    const command = 'aws ssm start-session --target %h --parameters portNumber=%p';
    expect(accepted({ 'proxy-command': command }).connection.proxyCommand).toBe(command);
  });

  it.each([
    ['nc %h %q', '`%q`'],
    ['nc %h 50%', '`%`'],
  ])('refuses %s', (command, told) => {
    expect(problemsOf({ 'proxy-command': command })).toEqual([expect.stringContaining(told)]);
  });

  it('may hold no secret, and is not shown when it does', () => {
    const [problem = '', ...others] = problemsOf({
      'proxy-command': 'tunnel --token sesame-open',
      passphrase: 'sesame-open',
    });
    expect(others).toEqual([]);
    expect(problem).toContain('it holds a secret');
    expect(problem).not.toContain('sesame-open');
  });

  it('cannot be combined with jump-host', () => {
    expect(problemsOf({ 'proxy-command': 'nc %h %p', 'jump-host': 'bastion' })).toEqual([
      expect.stringContaining('cannot be combined with `jump-host`'),
    ]);
  });
});

import { describe, expect, it } from '@jest/globals';
import { createHmac } from 'node:crypto';
import fc from 'fast-check';

import { hostKeyAlgorithms, judgeHostKey } from '../../src/ssh/host-key.js';
import { fingerprintOf, linesFor, parseKnownHosts } from '../../src/ssh/known-hosts.js';
import { newKey, publicBlob } from './server.js';

const key = newKey().public;
const other = newKey().public;
const blob = publicBlob(key);

function hashed(name: string): string {
  const salt = Buffer.from('twenty bytes of salt');
  const hash = createHmac('sha1', salt).update(name).digest('base64');
  return `|1|${salt.toString('base64')}|${hash}`;
}

describe('known_hosts', () => {
  it.each([
    ['site.example', 'site.example', 22, true],
    ['site.example', 'SITE.example', 22, true],
    ['Site.Example', 'site.example', 22, true],
    ['site.example', 'site.example', 2222, false],
    ['[site.example]:2222', 'site.example', 2222, true],
    ['[site.example]:2222', 'site.example', 22, false],
    ['other.example', 'site.example', 22, false],
    ['a,site.example,198.51.100.7', '198.51.100.7', 22, true],
    ['*.example', 'site.example', 22, true],
    ['*.example', 'siteXexample', 22, false],
    ['s?te.example', 'site.example', 22, true],
    ['*,!site.example', 'site.example', 22, false],
    ['!site.example,*', 'site.example', 22, false],
    ['!other.example,*', 'site.example', 22, true],
    ['!site.example', 'other.example', 22, false],
    ['[*.example]:2222', 'site.example', 2222, true],
    ['2001:db8::1', '2001:db8::1', 22, true],
    ['[2001:db8::1]:2222', '2001:db8::1', 2222, true],
    [hashed('site.example'), 'site.example', 22, true],
    [hashed('other.example'), 'site.example', 22, false],
    [hashed('[site.example]:2222'), 'site.example', 2222, true],
    ['|1|damaged', 'site.example', 22, false],
  ])('%s matches %s port %d: %s', (names, host, port, matches) => {
    const hosts = parseKnownHosts(`# a comment\n\n${names} ${key}\r\n`);
    expect(hosts.warnings).toEqual([]);
    expect(linesFor(hosts, host, port)).toHaveLength(matches ? 1 : 0);
  });

  it('throws at no text, and trusts no key that stands in no line of it', () => {
    const word = fc.oneof(
      fc.constantFrom(
        key,
        other,
        'site.example',
        '*',
        '!',
        '|1|',
        '@revoked',
        '@cert-authority',
        ' ',
        '\n',
        '\r',
        '#',
        ',',
        '[',
      ),
      fc.string({ unit: 'binary', maxLength: 6 }),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 14 }), (words) => {
        const text = words.join('');
        const lines = linesFor(parseKnownHosts(text), 'site.example', 22);
        for (const line of lines) {
          expect(text.replaceAll('\n', '')).toContain(line.key.toString('base64'));
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('warns of each line that it cannot use, with its number', () => {
    const text = [
      `@cert-authority *.example ${key}`,
      'site.example',
      `site.example ssh-rsa ${key.split(' ')[1] ?? ''}`,
      `@strange site.example ${key}`,
      `site.example ${key} a comment`,
    ].join('\n');
    const hosts = parseKnownHosts(text);
    expect(hosts.lines).toHaveLength(1);
    expect(hosts.warnings).toEqual([
      expect.stringMatching(/^known-hosts line 1: host certificates/),
      expect.stringMatching(/^known-hosts line 2: /),
      expect.stringMatching(/^known-hosts line 3: .*ssh-rsa/),
      expect.stringMatching(/^known-hosts line 4: unknown marker @strange/),
    ]);
  });
});

describe('judging a host key', () => {
  const policy = (fingerprints: readonly string[], knownHosts: string) =>
    ({ kind: 'pinned', fingerprints, knownHosts }) as const;

  it('trusts a pinned fingerprint, with or without base64 padding', () => {
    const fingerprint = fingerprintOf(blob);
    for (const text of [fingerprint, `${fingerprint}=`, ` ${fingerprint} `]) {
      expect(judgeHostKey(policy(['SHA256:no', text], ''), 'h', 22, blob).kind).toBe('trusted');
    }
  });

  it('trusts a key that one of several lines has', () => {
    const text = `h ${other}\nh ${key}\n`;
    expect(judgeHostKey(policy([], text), 'h', 22, blob).kind).toBe('trusted');
  });

  it('does not trust the key of another host', () => {
    expect(judgeHostKey(policy([], `g ${key}`), 'h', 22, blob).kind).toBe('unpinned');
  });

  it('does not take a revoked line for a pin', () => {
    expect(judgeHostKey(policy([], `@revoked h ${other}`), 'h', 22, blob).kind).toBe('unpinned');
    const text = `h ${key}\n@revoked * ${key}`;
    expect(judgeHostKey(policy([fingerprintOf(blob)], text), 'h', 22, blob).kind).toBe('revoked');
  });

  it('names all that was expected, and the inputs it came from', () => {
    const verdict = judgeHostKey(policy(['SHA256:a'], `h ${other}`), 'h', 22, blob);
    expect(verdict).toEqual({
      kind: 'mismatch',
      expected: ['SHA256:a', fingerprintOf(publicBlob(other))],
      inputs: ['host-fingerprint', 'known-hosts'],
    });
  });

  it('asks first for the types that are known, and never again for those that were seen', () => {
    const rsa = newKey('rsa').public;
    const algorithms = hostKeyAlgorithms(policy([], `h ${rsa}`), 'h', 22, new Set());
    expect(algorithms.slice(0, 3)).toEqual(['rsa-sha2-512', 'rsa-sha2-256', 'ssh-ed25519']);
    const rest = hostKeyAlgorithms({ kind: 'any' }, 'h', 22, new Set(['ssh-rsa', 'ssh-ed25519']));
    expect(rest.every((algorithm) => algorithm.startsWith('ecdsa-'))).toBe(true);
  });
});

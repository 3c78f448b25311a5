import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { INPUT_NAMES } from '../../src/inputs/names.js';
import { describeProblem, type InputProblem } from '../../src/inputs/problem.js';
import { KEY, read } from './given.js';

/** Parts of what inputs are made of, right and wrong. */
const PARTS = [
  ...[
    '',
    ' ',
    '\t',
    '\n',
    '\r\n',
    '\u0000',
    '\u2028',
    '\u202e',
    '\ud800',
    '🙂',
    'é',
    '\\',
    '"',
    "'",
  ],
  ...[
    ':',
    '/',
    '//',
    '@',
    '=',
    '#',
    '$',
    '${X}',
    '`',
    '<b>',
    '%',
    '..',
    '-',
    ',',
    '{',
    '}',
    '[',
    ']',
  ],
  ...[
    '0',
    '1',
    '22',
    '65536',
    '99999999999999999999',
    '1e9',
    '-1',
    '10s',
    '5m',
    '1h',
    'true',
    'none',
  ],
  ...[
    'NAME=value',
    'api: python manage.py migrate',
    'ghcr.io',
    'me',
    'host',
    'fe80::1',
    '203.0.113.7',
  ],
  ...['https://example.com', 'http://[::1', 'git@github.com:org/app.git', 'org/app', '__proto__'],
  ...[
    '-----BEGIN OPENSSH PRIVATE KEY-----',
    '-----END OPENSSH PRIVATE KEY-----',
    'ssh-ed25519 AAAA',
  ],
  ...[
    'SHA256:abc',
    '|1|a|b',
    '@revoked',
    'deploy',
    'rollback',
    'plan',
    '.env',
    '{"test":{"result":1}}',
  ],
];
const text = fc.oneof(
  fc.array(fc.constantFrom(...PARTS), { maxLength: 8 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 40 }),
);

/** Those that hold secrets, and `variables`, whose values may be some. */
const SECRETS = [
  ...['key', 'passphrase', 'jump-key', 'jump-passphrase', 'token', 'registries', 'env-file'],
  ...['cloudflare-api-token', 'variables'],
];
const CANARY = 'kXq7Zr2Vw9';

const problemsOf = (given: Readonly<Record<string, string>>): readonly InputProblem[] => {
  const result = read(given);
  return 'problems' in result ? result.problems : [];
};

describe('readInputs, given anything', () => {
  it('answers inputs, or problems that each name an input in one line', () => {
    const given = fc.dictionary(fc.constantFrom(...INPUT_NAMES), text, { maxKeys: 12 });
    fc.assert(
      fc.property(given, (inputs) => {
        for (const problem of problemsOf(inputs)) {
          expect(INPUT_NAMES).toContain(problem.input);
          expect(problem.allowed).not.toBe('');
          expect(describeProblem(problem)).toMatch(/^`[a-z-]+`[^\n\r]*$/);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('finds the same wrong with an input alone as beside others', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('soak', 'port', 'branch', 'health-status'),
        text,
        (name, value) => {
          const alone = problemsOf({ [name]: value }).filter(({ input }) => input === name);
          const beside = problemsOf({ [name]: value, 'keep-releases': 'x' });
          expect(beside.filter(({ input }) => input === name)).toEqual(alone);
          expect(beside.map(({ input }) => input)).toContain('keep-releases');
        },
      ),
      { numRuns: 100 },
    );
  });

  it('shows nothing of a secret, whatever is wrong with it', () => {
    const around = fc.tuple(fc.constantFrom(...SECRETS), text, text, fc.boolean());
    fc.assert(
      fc.property(around, ([name, before, after, isKey]) => {
        const secret = `${isKey ? KEY.slice(0, 60) : ''}${before}${CANARY}${after}`;
        const others = { port: 'x', 'jump-host': 'a@b', 'cloudflare-zone-id': 'x' };
        const told = problemsOf({ ...others, [name]: secret }).map(describeProblem);
        expect(told.join('\n')).not.toContain(CANARY);
      }),
      { numRuns: 800 },
    );
  });
});

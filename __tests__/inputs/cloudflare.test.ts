import { describe, expect, it } from '@jest/globals';
import { secretTexts } from '../../src/inputs/secrets.js';
import { accepted, problemsOf } from './given.js';

const TOKEN = 'v1.0-0123456789-abcdefghijklmnopqrstuv';
const ZONE = '0123456789abcdef0123456789ABCDEF';
const BOTH = {
  'cloudflare-api-token': TOKEN,
  'cloudflare-zone-id': ZONE,
  url: 'https://example.com',
};

describe('the inputs of Cloudflare', () => {
  it('are none by default', () => {
    expect(accepted({}).cloudflare).toBeUndefined();
    expect(accepted({ 'cloudflare-purge': 'none' }).cloudflare).toBeUndefined();
  });

  it('purge what changed, unless they say otherwise', () => {
    expect(accepted(BOTH).cloudflare).toEqual({
      apiToken: TOKEN,
      zoneId: ZONE.toLowerCase(),
      purge: { kind: 'changed' },
      config: undefined,
      apiBaseUrl: 'https://api.cloudflare.com/client/v4',
    });
    const given = { ...BOTH, 'cloudflare-purge': 'everything' };
    expect(accepted(given).cloudflare?.purge).toEqual({ kind: 'everything' });
  });

  it('name prefixes and tags', () => {
    const purge = 'prefix: example.com/blog/\ntag: pages, tag: feed\n';
    expect(accepted({ ...BOTH, 'cloudflare-purge': purge }).cloudflare?.purge).toEqual({
      kind: 'chosen',
      prefixes: ['example.com/blog/'],
      tags: ['pages', 'feed'],
    });
  });

  it.each([
    ['chnaged', 'Did you mean `changed`?'],
    ['prefix: https://example.com/blog', 'Did you mean `prefix: example.com/blog`?'],
    ['prefix: /blog', 'without scheme'],
    ['prefix: example.com/a?b', 'without scheme, query'],
    ['path: /blog', 'allowed is `changed`'],
    ['tag: two words', 'Cache-Tag'],
    ['tag:', 'Cache-Tag'],
  ])('refuse to purge %s', (purge, why) => {
    const problems = problemsOf({ ...BOTH, 'cloudflare-purge': purge });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(why);
  });

  it('belong together, and an unset secret is told', () => {
    const { 'cloudflare-api-token': token, ...zone } = BOTH;
    expect(problemsOf(zone)).toEqual([
      '`cloudflare-api-token`: it is required together with `cloudflare-zone-id`; an unset secret is empty too.',
    ]);
    expect(problemsOf({ 'cloudflare-api-token': token, url: BOTH.url })).toEqual([
      '`cloudflare-zone-id`: it is required together with `cloudflare-api-token`; an unset secret is empty too.',
    ]);
    expect(problemsOf({ 'cloudflare-purge': 'everything' })[0]).toContain(
      'it needs `cloudflare-api-token` and `cloudflare-zone-id`',
    );
  });

  it('need the address of the site to purge what changed of it', () => {
    const { url, ...rest } = BOTH;
    expect(url).toBeDefined();
    expect(problemsOf(rest)).toHaveLength(1);
    expect(problemsOf(rest)[0]).toContain('`url: https://example.com`');
    expect(problemsOf({ ...rest, 'cloudflare-purge': 'everything' })).toEqual([]);
    expect(problemsOf({ ...rest, operation: 'status' })).toEqual([]);
  });

  it.each([
    ['0123456789abcdef0123456789abcdef01234', 'Global API Key'],
    ['Bearer abcdefghijklmnopqrstuvwxyz', 'without the word `Bearer`'],
    ['short', 'the secret of an API token'],
    ['two words of which none is a token', 'the secret of an API token'],
  ])('tell what is no API token, and never show it', (token, why) => {
    const problems = problemsOf({ ...BOTH, 'cloudflare-api-token': token });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(why);
    expect(problems[0]).not.toContain(token);
  });

  it('tell the name of a zone from its id', () => {
    const problems = problemsOf({ ...BOTH, 'cloudflare-zone-id': 'example.com' });
    expect(problems[0]).toContain('this is its name');
  });

  it('hide the token from the log', () => {
    expect(secretTexts((name) => (name === 'cloudflare-api-token' ? ` ${TOKEN}\n` : ''))).toContain(
      TOKEN,
    );
  });

  it.each([
    ['http://127.0.0.1:8080/client/v4/', 'http://127.0.0.1:8080/client/v4'],
    ['http://localhost:8080', 'http://localhost:8080'],
    ['https://api.example.net', 'https://api.example.net'],
  ])('ask the API at %s, where the environment says so', (given, expected) => {
    const environment = { CLOUDFLARE_API_BASE_URL: given };
    expect(accepted(BOTH, environment).cloudflare?.apiBaseUrl).toBe(expected);
  });

  it.each(['http://api.example.net', 'http://127.0.0.1.example.net', 'ftp://localhost', 'here'])(
    'do not send a token to %s',
    (given) => {
      expect(problemsOf(BOTH, { CLOUDFLARE_API_BASE_URL: given })).toHaveLength(1);
    },
  );
});

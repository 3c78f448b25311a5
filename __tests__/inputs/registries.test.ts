import { describe, expect, it } from '@jest/globals';
import { secretTexts } from '../../src/inputs/secrets.js';
import { accepted, problemsOf } from './given.js';

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

describe('registries', () => {
  it('are logins, one a line', () => {
    const registries = [
      'ghcr.io octocat ghs_token',
      '  docker.io   me   a pass word  ',
      '# a comment',
      'https://registry.example.com:5000/ robot$ci x:y',
    ].join('\n');
    expect(accepted({ registries }).compose.registries).toEqual([
      { registry: 'ghcr.io', auth: base64('octocat:ghs_token') },
      { registry: 'https://index.docker.io/v1/', auth: base64('me:a pass word') },
      { registry: 'registry.example.com:5000', auth: base64('robot$ci:x:y') },
    ]);
    expect(accepted({}).compose.registries).toEqual([]);
  });

  it.each([
    ['ghcr.io octocat', 'line 1 is not'],
    ['a.example me pass\nghcr.io sesame-open', 'line 2 is not'],
    ['ghcr.io/me octocat sesame-open', 'line 1 is not'],
    ['ghcr.io me sesame-open\nghcr.io me sesame-open', '`ghcr.io` is named twice'],
  ])('that cannot be read are told without what they hold: %j', (registries, told) => {
    const problems = problemsOf({ registries });
    expect(problems).toEqual([expect.stringContaining(told)]);
    expect(problems.join()).not.toContain('sesame-open');
  });

  it('are secrets, also as they are sent, and also where a line cannot be read', () => {
    const texts = secretTexts((name) => (name === 'registries' ? 'ghcr.io me sesame-open' : ''));
    expect(texts).toEqual(['sesame-open', base64('me:sesame-open')]);
    const wrong = 'gh/cr me sesame-open';
    expect(secretTexts((name) => (name === 'registries' ? wrong : ''))).toContain('sesame-open');
  });
});

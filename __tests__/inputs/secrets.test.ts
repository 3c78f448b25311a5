import { describe, expect, it } from '@jest/globals';
import { secretTexts } from '../../src/inputs/secrets.js';
import { KEY } from './given.js';

function secretsOf(given: Readonly<Record<string, string>>): readonly string[] {
  return secretTexts((name) => given[name] ?? '');
}

describe('secrets', () => {
  it('are the key, every line of its body, the passphrase and the token', () => {
    const body = KEY.trim()
      .split('\n')
      .slice(1, -1)
      .filter((line) => line.length >= 8);
    const texts = secretsOf({ key: KEY, passphrase: 'sesame', token: 'ghs_x' });
    expect(texts).toEqual(expect.arrayContaining([KEY.trim(), ...body, 'sesame', 'ghs_x']));
  });

  it('hold the lines of a key that was pasted into one line', () => {
    const line = KEY.trim().split('\n')[1];
    expect(secretsOf({ key: KEY.trim().replaceAll('\n', '\\n') })).toContain(line);
  });

  it('are those of the jump hosts, too', () => {
    const texts = secretsOf({ 'jump-key': KEY, 'jump-passphrase': 'sesame' });
    expect(texts).toEqual(expect.arrayContaining([KEY.trim(), 'sesame']));
  });

  it('hold the token as git sends it', () => {
    const header = Buffer.from('x-access-token:ghs_x').toString('base64');
    expect(secretsOf({ token: 'ghs_x' })).toContain(header);
  });

  it('leave out what would hide harmless text', () => {
    const texts = secretsOf({ key: KEY });
    expect(texts.some((text) => text.split('\n').length === 1 && /BEGIN|END/.test(text))).toBe(
      false,
    );
    expect(texts).not.toContain('');
    expect(secretsOf({})).toEqual([]);
  });
});

import { mendPrivateKey } from '../ssh/private-key.js';
import { envFileSecrets } from './env-file.js';
import { parseRegistries } from './registries.js';
import { splitLines } from './values.js';

/** A shorter line would hide harmless text all over the log, and gives nothing away. */
const SHORTEST_LINE = 8;

/**
 * Every text that the log must never show: each key as given and as mended, each of its lines, the
 * passphrases, the tokens, the passwords of registries, and these as they are sent in a Basic header. The runner hides what it
 * is told and not what was made of it, so each form is named.
 */
export function secretTexts(get: (name: string) => string): readonly string[] {
  const phrases = [get('passphrase'), get('jump-passphrase')];
  const token = get('token').trim();
  const basic =
    token === '' ? '' : Buffer.from(`x-access-token:${token}`, 'utf8').toString('base64');
  const all = [
    ...keyTexts(get('key')),
    ...keyTexts(get('jump-key')),
    ...phrases,
    ...phrases.map((phrase) => phrase.trim()),
    token,
    basic,
    get('cloudflare-api-token').trim(),
    ...registryTexts(get('registries')),
    ...envFileSecrets(get('env-file')),
  ];
  return [...new Set(all)].filter((text) => text !== '');
}

/** Each line, which may be one that cannot be read, and what is made of its password. */
function registryTexts(text: string): readonly string[] {
  const parsed = parseRegistries(text);
  const logins = 'value' in parsed ? parsed.value : [];
  const passwords = splitLines(text).map((line) => line.replace(/^\S+\s+\S+\s*/, ''));
  return [...passwords, ...logins.map(({ auth }) => auth)];
}

function keyTexts(key: string): readonly string[] {
  const mended = key.trim() === '' ? '' : mendPrivateKey(key);
  const lines = `${key}\n${mended}`
    .split(/\r\n|\r|\n|\\n/)
    .map((line) => line.trim())
    .filter((line) => line.length >= SHORTEST_LINE && !/^-----|: /.test(line));
  return [key.trim(), mended.trim(), ...lines];
}

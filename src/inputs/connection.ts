import { judgePrivateKey, mendPrivateKey } from '../ssh/private-key.js';
import { parseHost } from './addresses.js';
import { parseFingerprints, parseKnownHosts } from './host-keys.js';
import type { InputReader } from './reader.js';
import type { ConnectionInputs, HostKeyPolicy } from './types.js';
import { parseBoolean, parseDuration, parseInteger } from './values.js';

/**
 * How to reach the host and how to log in. That no host key is pinned is no problem of the inputs:
 * connecting refuses it, and can then tell the fingerprint that it saw.
 */
export function readConnection(
  reader: InputReader,
  get: (name: string) => string,
): ConnectionInputs {
  return {
    host: reader.take('host', parseHost, ''),
    port: reader.take('port', parseInteger({ min: 1, max: 65_535 }), 22),
    username: reader.take(
      'username',
      (text) =>
        /^[A-Za-z_][A-Za-z0-9._-]{0,31}$/.test(text)
          ? { value: text }
          : { allowed: 'allowed is the name of a user: letters, digits, `.`, `_` and `-`' },
      'ec2-user',
    ),
    ...readKey(reader, get),
    hostKeys: readHostKeys(reader),
    connectTimeoutMs: reader.take(
      'connect-timeout',
      parseDuration({ min: 100, max: 300_000 }, 'no zero'),
      0,
    ),
  };
}

function readKey(
  reader: InputReader,
  get: (name: string) => string,
): Pick<ConnectionInputs, 'key' | 'passphrase'> {
  // Spaces may belong to a passphrase; the line break that `echo` left in the secret doesn't.
  const given = get('passphrase').replace(/[\r\n]+$/, '');
  const passphrase = given === '' ? undefined : given;
  const key = mendPrivateKey(reader.text('key'));
  if (key.trim() === '') {
    reader.complain('key', 'the private key is required; an unset secret is empty too');
    return { key: '', passphrase };
  }
  const judged = judgePrivateKey(key, passphrase);
  if (!judged.ok) reader.complain('key', `the key ${judged.problem}`);
  return { key, passphrase };
}

function readHostKeys(reader: InputReader): HostKeyPolicy {
  const strict = reader.take('strict-host-key-checking', parseBoolean, true);
  const fingerprints = reader.take('host-fingerprint', parseFingerprints, []);
  const knownHosts = reader.take('known-hosts', parseKnownHosts, '');
  return strict ? { kind: 'pinned', fingerprints, knownHosts } : { kind: 'any' };
}

import { judgePrivateKey, mendPrivateKey } from '../ssh/private-key.js';
import { parseHost } from './addresses.js';
import { parseFingerprints, parseKnownHosts } from './host-keys.js';
import { parseJumpHosts } from './jump-hosts.js';
import { parseProxyCommand } from './proxy-command.js';
import type { InputReader } from './reader.js';
import type { ConnectionInputs, HostKeyPolicy, LoginInputs } from './types.js';
import { parseUsername } from './usernames.js';
import { parseBoolean, parseDuration, parseInteger } from './values.js';

/**
 * How to reach the host and how to log in. That no host key is pinned is no problem of the inputs:
 * connecting refuses it, and can then tell the fingerprint that it saw.
 */
export function readConnection(
  reader: InputReader,
  get: (name: string) => string,
): ConnectionInputs {
  const login: LoginInputs = {
    host: reader.take('host', parseHost, ''),
    port: reader.take('port', parseInteger({ min: 1, max: 65_535 }), 22),
    username: reader.take('username', parseUsername, 'ec2-user'),
    ...readKey(reader, get),
    hostKeys: readHostKeys(reader),
  };
  return {
    ...login,
    jumpHosts: readJumpHosts(reader, get, login),
    proxyCommand: reader.takeOptional('proxy-command', parseProxyCommand(get)),
    connectTimeoutMs: reader.take(
      'connect-timeout',
      parseDuration({ min: 100, max: 300_000 }, 'no zero'),
      0,
    ),
  };
}

function readJumpHosts(
  reader: InputReader,
  get: (name: string) => string,
  login: LoginInputs,
): readonly LoginInputs[] {
  const hops = reader.take('jump-host', parseJumpHosts, []);
  if (hops.length > 0 && reader.text('proxy-command') !== '') {
    reader.complain(
      'proxy-command',
      'it cannot be combined with `jump-host`: both say how the connection is made',
    );
  }
  const passphrase = readPassphrase(get, 'jump-passphrase') ?? login.passphrase;
  const given = mendPrivateKey(reader.text('jump-key'));
  const judged = given === '' ? undefined : judgePrivateKey(given, passphrase);
  if (judged?.ok === false) reader.complain('jump-key', `the key ${judged.problem}`);
  const key = given === '' ? login.key : given;
  // `strict-host-key-checking: false` is about the host alone.
  const hostKeys: HostKeyPolicy = {
    kind: 'pinned',
    fingerprints: reader.take('jump-host-fingerprint', parseFingerprints, []),
    knownHosts: reader.take('jump-known-hosts', parseKnownHosts, ''),
  };
  judgeUnusedJumpInputs(reader, hops.length > 0);
  return hops.map(({ host, port, username = login.username }) => ({
    host,
    port,
    username,
    key,
    passphrase,
    hostKeys,
  }));
}

/** What only a jump host reads is a mistake where there is none. */
function judgeUnusedJumpInputs(reader: InputReader, hasJumpHost: boolean): void {
  if (hasJumpHost || reader.text('jump-host') !== '') return;
  for (const name of ['jump-host-fingerprint', 'jump-known-hosts'] as const) {
    if (reader.text(name) !== '') {
      reader.complain(name, 'it pins a jump host, and `jump-host` names none');
    }
  }
}

/** Spaces may belong to a passphrase; the line break that `echo` left in the secret doesn't. */
function readPassphrase(
  get: (name: string) => string,
  name: 'passphrase' | 'jump-passphrase',
): string | undefined {
  const given = get(name).replace(/[\r\n]+$/, '');
  return given === '' ? undefined : given;
}

function readKey(
  reader: InputReader,
  get: (name: string) => string,
): Pick<LoginInputs, 'key' | 'passphrase'> {
  const passphrase = readPassphrase(get, 'passphrase');
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

import type { ServerHostKeyAlgorithm } from 'ssh2';

import type { HostKeyPolicy } from '../inputs.js';
import { fingerprintOf, keyType, linesFor, parseKnownHosts } from './known-hosts.js';

/** What the policy says of a key that the host showed. */
export type HostKeyVerdict =
  | { readonly kind: 'trusted' }
  /** `strict-host-key-checking: false`. */
  | { readonly kind: 'unchecked' }
  /** Nothing is pinned for this host. */
  | { readonly kind: 'unpinned' }
  | { readonly kind: 'revoked' }
  /** Something else is pinned: `expected` are fingerprints, `inputs` the inputs they came from. */
  | {
      readonly kind: 'mismatch';
      readonly expected: readonly string[];
      readonly inputs: readonly string[];
    };

/**
 * Judges the key that a host showed. A fingerprint or a known_hosts line is enough to trust it; a
 * `@revoked` line is stronger than both.
 */
export function judgeHostKey(
  policy: HostKeyPolicy,
  host: string,
  port: number,
  key: Buffer,
): HostKeyVerdict {
  if (policy.kind === 'any') return { kind: 'unchecked' };
  const lines = linesFor(parseKnownHosts(policy.knownHosts), host, port);
  if (lines.some((line) => line.marker === 'revoked' && line.key.equals(key))) {
    return { kind: 'revoked' };
  }
  const known = lines.filter((line) => line.marker === 'none');
  const fingerprint = fingerprintOf(key);
  if (policy.fingerprints.some((pinned) => sameFingerprint(pinned, fingerprint))) {
    return { kind: 'trusted' };
  }
  if (known.some((line) => line.key.equals(key))) return { kind: 'trusted' };
  if (policy.fingerprints.length === 0 && known.length === 0) return { kind: 'unpinned' };
  return {
    kind: 'mismatch',
    expected: [...policy.fingerprints, ...known.map((line) => fingerprintOf(line.key))],
    inputs: [
      ...(policy.fingerprints.length > 0 ? ['host-fingerprint'] : []),
      ...(known.length > 0 ? ['known-hosts'] : []),
    ],
  };
}

function sameFingerprint(pinned: string, seen: string): boolean {
  return pinned.trim().replace(/=+$/, '') === seen;
}

/** Key types in the order in which we ask for them, each with the algorithms that sign with it. */
const algorithmsByType: readonly (readonly [string, readonly ServerHostKeyAlgorithm[]])[] = [
  ['ssh-ed25519', ['ssh-ed25519']],
  ['ecdsa-sha2-nistp256', ['ecdsa-sha2-nistp256']],
  ['ecdsa-sha2-nistp384', ['ecdsa-sha2-nistp384']],
  ['ecdsa-sha2-nistp521', ['ecdsa-sha2-nistp521']],
  ['ssh-rsa', ['rsa-sha2-512', 'rsa-sha2-256']],
];

/**
 * The host key algorithms to offer: types with a known_hosts line first, because a host with several
 * keys shows the one that we prefer; types that were seen and did not match not at all.
 */
export function hostKeyAlgorithms(
  policy: HostKeyPolicy,
  host: string,
  port: number,
  excludedTypes: ReadonlySet<string>,
): ServerHostKeyAlgorithm[] {
  const known = new Set(
    policy.kind === 'any'
      ? []
      : linesFor(parseKnownHosts(policy.knownHosts), host, port)
          .filter((line) => line.marker === 'none')
          .map((line) => line.type),
  );
  const open = algorithmsByType.filter(([type]) => !excludedTypes.has(type));
  return [
    ...open.filter(([type]) => known.has(type)),
    ...open.filter(([type]) => !known.has(type)),
  ].flatMap(([, algorithms]) => algorithms);
}

/** The line that pins this key in `known-hosts`. */
export function knownHostsLine(name: string, key: Buffer): string {
  return `${name} ${keyType(key)} ${key.toString('base64')}`;
}

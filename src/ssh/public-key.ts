import type { JsonWebKey, KeyObject } from 'node:crypto';

import { mpint, sshString } from './wire.js';

/** The public half of a key: its type, and the bytes that go over the wire (RFC 4253, 6.6). */
export interface PublicKey {
  readonly type: string;
  readonly blob: Buffer;
}

/** The public half of an RSA, ECDSA (NIST) or Ed25519 key; undefined for another type. */
export function publicKeyOf(key: KeyObject): PublicKey | undefined {
  const jwk = exported(key);
  if (jwk === undefined) return undefined;
  const field = (name: 'n' | 'e' | 'x' | 'y'): Buffer => Buffer.from(jwk[name] ?? '', 'base64url');
  if (jwk.kty === 'RSA') {
    return publicKey('ssh-rsa', mpint(field('e')), mpint(field('n')));
  }
  if (jwk.kty === 'OKP' && jwk.crv === 'Ed25519') {
    return publicKey('ssh-ed25519', sshString(field('x')));
  }
  const bits = /^P-(256|384|521)$/.exec(jwk.crv ?? '')?.[1];
  if (bits === undefined) return undefined;
  const point = Buffer.concat([Buffer.from([4]), field('x'), field('y')]);
  return publicKey(`ecdsa-sha2-nistp${bits}`, sshString(`nistp${bits}`), sshString(point));
}

function exported(key: KeyObject): JsonWebKey | undefined {
  try {
    return key.export({ format: 'jwk' });
  } catch {
    // A curve or a type that a JSON web key has no name for.
    return undefined;
  }
}

function publicKey(type: string, ...fields: readonly Buffer[]): PublicKey {
  return { type, blob: Buffer.concat([sshString(type), ...fields]) };
}

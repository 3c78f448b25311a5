import type { KeyObject } from 'node:crypto';

/**
 * Writes a private key in the OpenSSH format, unencrypted, for an Ed25519 key that came as PKCS#8:
 * the SSH library reads Ed25519 in this format only. (PROTOCOL.key of OpenSSH.)
 *
 * @throws TypeError when the key is no Ed25519 private key.
 */
export function opensshEd25519(key: KeyObject): string {
  const { d, x } = key.export({ format: 'jwk' });
  if (key.asymmetricKeyType !== 'ed25519' || d === undefined || x === undefined) {
    throw new TypeError('not an Ed25519 private key');
  }
  const seed = Buffer.from(d, 'base64url');
  const point = Buffer.from(x, 'base64url');
  const publicKey = Buffer.concat([sshString('ssh-ed25519'), sshString(point)]);
  // The check number appears twice so that a wrong passphrase is noticed; unencrypted, any will do.
  const check = Buffer.alloc(8);
  const secret = Buffer.concat([
    check,
    publicKey,
    sshString(Buffer.concat([seed, point])),
    sshString(''),
  ]);
  const padding = Buffer.from(Array.from({ length: -secret.length & 7 }, (_, index) => index + 1));
  const blob = Buffer.concat([
    Buffer.from('openssh-key-v1\0', 'latin1'),
    sshString('none'),
    sshString('none'),
    sshString(''),
    uint32(1),
    sshString(publicKey),
    sshString(Buffer.concat([secret, padding])),
  ]);
  const lines = blob.toString('base64').match(/.{1,70}/g) ?? [];
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join('\n')}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

/** How a key file in the OpenSSH format is laid out, as far as it can be seen without a passphrase. */
export type OpensshLayout =
  | { readonly kind: 'whole'; readonly encrypted: boolean; readonly type: string }
  | { readonly kind: 'truncated' }
  | { readonly kind: 'foreign' };

/** Walks through the outer fields of an OpenSSH private key. */
export function opensshLayout(blob: Buffer): OpensshLayout {
  const magic = Buffer.from('openssh-key-v1\0', 'latin1');
  if (!blob.subarray(0, magic.length).equals(magic.subarray(0, blob.length))) {
    return { kind: 'foreign' };
  }
  let at = magic.length;
  const next = (): Buffer | undefined => {
    if (at + 4 > blob.length) return undefined;
    const length = blob.readUInt32BE(at);
    const end = at + 4 + length;
    if (end > blob.length) return undefined;
    const field = blob.subarray(at + 4, end);
    at = end;
    return field;
  };
  const cipher = next();
  next();
  next();
  at += 4;
  const publicKey = next();
  const secret = next();
  if (cipher === undefined || publicKey === undefined || secret === undefined) {
    return { kind: 'truncated' };
  }
  const typeLength = publicKey.length < 4 ? 0 : publicKey.readUInt32BE(0);
  return {
    kind: 'whole',
    encrypted: cipher.toString('latin1') !== 'none',
    type: publicKey.toString('latin1', 4, 4 + typeLength),
  };
}

function sshString(value: string | Buffer): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'latin1') : value;
  return Buffer.concat([uint32(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

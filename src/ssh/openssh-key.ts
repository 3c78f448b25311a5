import { createDecipheriv } from 'node:crypto';
import type { CipherGCMTypes, KeyObject } from 'node:crypto';

import { pbkdf } from 'bcrypt-pbkdf';

import { publicKeyOf } from './public-key.js';
import { readFields, sshString, uint32 } from './wire.js';

/** Private keys in the format of OpenSSH (its PROTOCOL.key). */

const magic = Buffer.from('openssh-key-v1\0', 'latin1');

/**
 * Writes an Ed25519 key, unencrypted: the SSH library reads Ed25519 in this format only.
 *
 * @throws TypeError when the key is no Ed25519 private key.
 */
export function opensshEd25519(key: KeyObject): string {
  const { d, x } = key.export({ format: 'jwk' });
  const known = publicKeyOf(key);
  if (known?.type !== 'ssh-ed25519' || d === undefined || x === undefined) {
    throw new TypeError('not an Ed25519 private key');
  }
  const pair = Buffer.concat([Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url')]);
  // The check number appears twice so that a wrong passphrase is noticed; unencrypted, any will do.
  const check = Buffer.alloc(8);
  const secret = Buffer.concat([check, known.blob, sshString(pair), sshString('')]);
  const padding = Buffer.from(Array.from({ length: -secret.length & 7 }, (_, index) => index + 1));
  return opensshText(known.blob, Buffer.concat([secret, padding]));
}

/** The text of an unencrypted key, from its public half and its private section. */
export function opensshText(publicKey: Buffer, secret: Buffer): string {
  const blob = Buffer.concat([
    magic,
    sshString('none'),
    sshString('none'),
    sshString(''),
    uint32(1),
    sshString(publicKey),
    sshString(secret),
  ]);
  const lines = blob.toString('base64').match(/.{1,70}/g) ?? [];
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join('\n')}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

/** What can be seen of a key without its passphrase. */
export interface OpensshKey {
  readonly kind: 'whole';
  readonly encrypted: boolean;
  readonly type: string;
  /** The public half, as it goes over the wire. */
  readonly publicKey: Buffer;
  /** The private section: undefined when the passphrase is wrong or the section is damaged. */
  decrypt(passphrase: string): Buffer | undefined;
}

/** Walks through the outer fields of a private key. */
export function readOpensshKey(
  blob: Buffer,
): OpensshKey | { readonly kind: 'truncated' | 'foreign' } {
  if (!blob.subarray(0, magic.length).equals(magic.subarray(0, blob.length))) {
    return { kind: 'foreign' };
  }
  const fields = readFields(blob.subarray(magic.length));
  const cipher = fields.string()?.toString('latin1');
  const kdf = fields.string()?.toString('latin1');
  const kdfOptions = fields.string();
  fields.uint32();
  const publicKey = fields.string();
  const secret = fields.string();
  if (kdfOptions === undefined || publicKey === undefined || secret === undefined) {
    return { kind: 'truncated' };
  }
  const tag = fields.rest();
  return {
    kind: 'whole',
    encrypted: cipher !== 'none',
    type: readFields(publicKey).string()?.toString('latin1') ?? '',
    publicKey,
    decrypt: (passphrase) => {
      if (cipher === 'none') return checked(secret);
      if (cipher === undefined || kdf !== 'bcrypt') return undefined;
      return checked(decrypt(cipher, kdfOptions, passphrase, secret, tag));
    },
  };
}

/** Both copies of the check number are the same where the passphrase was the right one. */
function checked(secret: Buffer | undefined): Buffer | undefined {
  if (secret === undefined || secret.length < 8) return undefined;
  return secret.subarray(0, 4).equals(secret.subarray(4, 8)) ? secret : undefined;
}

function decrypt(
  cipher: string,
  kdfOptions: Buffer,
  passphrase: string,
  secret: Buffer,
  tag: Buffer,
): Buffer | undefined {
  const [, bits, mode] = /^aes(128|192|256)-(ctr|cbc|gcm@openssh\.com)$/.exec(cipher) ?? [];
  const options = readFields(kdfOptions);
  const salt = options.string();
  const rounds = options.uint32();
  if (bits === undefined || salt === undefined || rounds === undefined) return undefined;
  const keyLength = Number(bits) / 8;
  const ivLength = mode === 'ctr' || mode === 'cbc' ? 16 : 12;
  const derived = Buffer.alloc(keyLength + ivLength);
  const phrase = Buffer.from(passphrase, 'utf8');
  if (pbkdf(phrase, phrase.length, salt, salt.length, derived, derived.length, rounds) !== 0) {
    return undefined;
  }
  const key = derived.subarray(0, keyLength);
  const iv = derived.subarray(keyLength);
  try {
    if (mode === 'ctr' || mode === 'cbc') {
      const decipher = createDecipheriv(`aes-${bits}-${mode}`, key, iv).setAutoPadding(false);
      return Buffer.concat([decipher.update(secret), decipher.final()]);
    }
    const gcm = gcmCiphers[bits];
    if (gcm === undefined) return undefined;
    const decipher = createDecipheriv(gcm, key, iv).setAuthTag(tag.subarray(0, 16));
    return Buffer.concat([decipher.update(secret), decipher.final()]);
  } catch {
    // A damaged section, or, with GCM, the wrong passphrase.
    return undefined;
  }
}

const gcmCiphers: Readonly<Record<string, CipherGCMTypes>> = {
  128: 'aes-128-gcm',
  256: 'aes-256-gcm',
};

import { createPrivateKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

import { fingerprintOf } from './known-hosts.js';
import { opensshEd25519, opensshText, readOpensshKey } from './openssh-key.js';
import { publicKeyOf } from './public-key.js';
import type { PublicKey } from './public-key.js';

export type KeyJudgement =
  | {
      readonly ok: true;
      /** `ssh-ed25519`, `ssh-rsa`, `ecdsa-sha2-nistp256`, … */
      readonly type: string;
      /** `SHA256:…` of the public key, as ssh-keygen prints it. */
      readonly fingerprint: string;
      /** The line for `~/.ssh/authorized_keys`. */
      readonly authorizedKey: string;
    }
  | { readonly ok: false; readonly kind: KeyProblem; readonly problem: string };

export type KeyProblem =
  | 'empty'
  | 'public-key'
  | 'putty'
  | 'not-a-key'
  | 'truncated'
  | 'passphrase-missing'
  | 'passphrase-wrong'
  | 'unsupported';

/** A key that may be used: what was judged of it, and the text that the SSH library reads. */
export type LoadedKey =
  | (Extract<KeyJudgement, { ok: true }> & {
      /** OpenSSH, PKCS#1 or SEC1, decrypted: it is kept in memory only. */
      readonly text: string;
    })
  | Extract<KeyJudgement, { ok: false }>;

/** What to do about each problem, and how it is told. */
const sentences: Readonly<Record<KeyProblem, string>> = {
  empty: 'is empty: give the whole text of the private key, usually from a secret',
  'public-key':
    'is a public key: give the private key, the file of the same name without .pub; ' +
    'the public one belongs into ~/.ssh/authorized_keys on the host',
  putty:
    'is in the format of PuTTY: convert it with `puttygen key.ppk -O private-openssh -o key`, or in ' +
    'PuTTYgen with Conversions > Export OpenSSH key',
  'not-a-key':
    'is no private key: give the whole text of the file, from -----BEGIN to the end of the -----END line',
  truncated: 'is cut short: paste it again whole, from -----BEGIN to the end of the -----END line',
  'passphrase-missing':
    'is encrypted with a passphrase: set the input `passphrase`, or use a key without one',
  'passphrase-wrong': 'cannot be decrypted with this passphrase: correct the input `passphrase`',
  unsupported: 'is of a type that cannot be used here: use an Ed25519, ECDSA or RSA key',
};

/**
 * Mends what pasting does to a key: CRLF, a missing last newline, literal `\n`, quotes around it,
 * indentation, and newlines that became blanks. Text that is no PEM comes back trimmed.
 */
export function mendPrivateKey(text: string): string {
  const unquoted = text
    .replace(/^\uFEFF/, '')
    .trim()
    .replace(/^(["'])([\s\S]*)\1$/, '$2');
  const lines = unquoted
    .replace(/(\\r)?\\n/g, '\n')
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim());
  const joined = lines.join('\n').trim();
  if (joined === '') return '';
  return `${splitOneLinePem(joined)}\n`;
}

/** Puts back the newlines of a PEM that was pasted into one line. */
function splitOneLinePem(text: string): string {
  const match =
    /^(-----BEGIN [A-Z ]+-----)[ \t]*([A-Za-z0-9+/= \t]+?)[ \t]*(-----END [A-Z ]+-----)$/.exec(
      text,
    );
  if (match === null) return text;
  const [, begin = '', body = '', end = ''] = match;
  const lines = body.replace(/[ \t]/g, '').match(/.{1,64}/g) ?? [];
  return [begin, ...lines, end].join('\n');
}

/** Judges a mended key without connecting; `problem` is a clause that follows the input's name. */
export function judgePrivateKey(text: string, passphrase: string | undefined): KeyJudgement {
  const loaded = loadPrivateKey(text, passphrase);
  if (!loaded.ok) return loaded;
  const { ok, type, fingerprint, authorizedKey } = loaded;
  return { ok, type, fingerprint, authorizedKey };
}

/** Judges a mended key, and turns it into a form that the SSH library can read. */
export function loadPrivateKey(text: string, passphrase: string | undefined): LoadedKey {
  const trimmed = text.trim();
  if (trimmed === '') return problem('empty');
  if (isPublicKey(trimmed)) return problem('public-key');
  if (trimmed.startsWith('PuTTY-User-Key-File-')) return problem('putty');
  const begin = /-----BEGIN ((?:[A-Z0-9]+ )*PRIVATE KEY)-----/.exec(trimmed);
  if (begin === null) return problem('not-a-key');
  const label = begin[1] ?? '';
  const from = begin.index;
  const endLine = `-----END ${label}-----`;
  const end = trimmed.indexOf(endLine, from);
  if (end === -1) return problem('truncated');
  const pem = `${trimmed.slice(from, end + endLine.length)}\n`;
  const secret = passphrase === '' ? undefined : passphrase;
  return label === 'OPENSSH PRIVATE KEY' ? loadOpenssh(pem, secret) : loadPem(pem, label, secret);
}

function isPublicKey(text: string): boolean {
  return (
    /^(ssh-(rsa|dss|ed25519)|ecdsa-sha2-nistp\d+|sk-[a-z0-9@.-]+) AAAA/.test(text) ||
    text.startsWith('---- BEGIN SSH2 PUBLIC KEY ----') ||
    /^-----BEGIN (RSA )?PUBLIC KEY-----/.test(text)
  );
}

function loadOpenssh(pem: string, passphrase: string | undefined): LoadedKey {
  const key = readOpensshKey(Buffer.from(pemBody(pem), 'base64'));
  if (key.kind !== 'whole') return problem(key.kind === 'foreign' ? 'not-a-key' : 'truncated');
  const { encrypted, type, publicKey } = key;
  if (encrypted && passphrase === undefined) return problem('passphrase-missing');
  if (!/^(ssh-rsa|ssh-ed25519|ecdsa-sha2-nistp(256|384|521))$/.test(type)) {
    return problem('unsupported');
  }
  const secret = key.decrypt(passphrase ?? '');
  if (secret === undefined) return problem(encrypted ? 'passphrase-wrong' : 'truncated');
  return usable(opensshText(publicKey, secret), { type, blob: publicKey });
}

function loadPem(pem: string, label: string, passphrase: string | undefined): LoadedKey {
  const legacy = /^Proc-Type: 4,ENCRYPTED$/m.test(pem);
  const encrypted = legacy || label.startsWith('ENCRYPTED');
  const body = Buffer.from(pemBody(pem), 'base64');
  if (legacy ? body.length % 8 !== 0 || body.length === 0 : !isWholeDer(body)) {
    return problem('truncated');
  }
  if (encrypted && passphrase === undefined) return problem('passphrase-missing');
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: pem, format: 'pem', ...(encrypted ? { passphrase } : {}) });
  } catch {
    // OpenSSL names the same mistake differently from version to version; what was checked above
    // leaves only this.
    return problem(encrypted ? 'passphrase-wrong' : 'not-a-key');
  }
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return usable(exported(key, 'pkcs1'), publicKeyOf(key));
    case 'ec':
      return usable(exported(key, 'sec1'), publicKeyOf(key));
    case 'ed25519':
      return usable(opensshEd25519(key), publicKeyOf(key));
    default:
      return problem('unsupported');
  }
}

function exported(key: KeyObject, type: 'pkcs1' | 'sec1'): string {
  return key.export({ format: 'pem', type }).toString();
}

function usable(text: string, known: PublicKey | undefined): LoadedKey {
  if (known === undefined) return problem('unsupported');
  const { type, blob } = known;
  return {
    ok: true,
    type,
    fingerprint: fingerprintOf(blob),
    authorizedKey: `${type} ${blob.toString('base64')}`,
    text,
  };
}

function pemBody(pem: string): string {
  const lines = pem.trim().split('\n').slice(1, -1);
  return lines.filter((line) => !line.includes(':')).join('');
}

/** Whether an ASN.1 SEQUENCE is there up to its end. */
function isWholeDer(body: Buffer): boolean {
  if (body.length < 4 || body[0] !== 0x30) return false;
  const first = body.readUInt8(1);
  if (first < 0x80) return body.length >= 2 + first;
  const bytes = first & 0x7f;
  if (bytes === 0 || bytes > 4 || body.length < 2 + bytes) return false;
  return body.length >= 2 + bytes + body.readUIntBE(2, bytes);
}

function problem(kind: KeyProblem): Extract<KeyJudgement, { ok: false }> {
  return { ok: false, kind, problem: sentences[kind] };
}

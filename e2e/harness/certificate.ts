import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate that is its own authority, valid for two days. */
export interface Certificate {
  /** PEM. */
  readonly key: string;
  /** PEM. */
  readonly certificate: string;
  /** SHA-256, as Node prints a peer's. */
  readonly fingerprint: string;
}

export async function makeCertificate(name: string): Promise<Certificate> {
  const directory = await mkdtemp(join(tmpdir(), 'resee-e2e-tls-'));
  try {
    const words = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2';
    const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`];
    execFileSync('openssl', [...words.split(' '), '-keyout', 'key', '-out', 'cert', ...subject], {
      cwd: directory,
      stdio: 'ignore',
    });
    const printed = execFileSync(
      'openssl',
      'x509 -in cert -noout -fingerprint -sha256'.split(' '),
      {
        cwd: directory,
        encoding: 'utf8',
      },
    );
    return {
      key: await readFile(join(directory, 'key'), 'utf8'),
      certificate: await readFile(join(directory, 'cert'), 'utf8'),
      fingerprint: printed.replace(/^.*=/, '').trim(),
    };
  } finally {
    await rm(directory, { recursive: true });
  }
}

import { checkServerIdentity, connect as connectTls, type TLSSocket } from 'node:tls';
import type { Dial } from '../health/http.js';
import { unlessAborted } from '../ssh/abort.js';

const TIMEOUT_MS = 5_000;
const UNASKED = 'could not be asked';
/** Who issues Cloudflare's origin certificates, which Cloudflare takes and browsers do not. */
const ORIGIN_CA = /CloudFlare Origin SSL( ECC)? Certificate Authority/i;

/**
 * Whether the host answers on port 443 with a certificate that Cloudflare takes under `ssl: strict`: valid now, for these
 * names, of a public authority or of Cloudflare's own. Asked at the host itself, through the connection to it.
 *
 * @returns why it does not; undefined where it does. Never rejects.
 */
export async function originProblem(
  dial: Dial,
  names: readonly string[],
  nowMs = Date.now(),
): Promise<string | undefined> {
  for (const name of names) {
    try {
      const problem = await certificateProblem(dial, name, nowMs);
      if (problem !== undefined) return `Port 443 of the host, asked for ${name}: ${problem}.`;
    } catch (error) {
      return `Port 443 of the host ${UNASKED} for ${name}: ${String(error)}.`;
    }
  }
  return undefined;
}

/** Whether the problem is that no certificate was seen: that says nothing of one that serves visitors already. */
export function isUnasked(problem: string): boolean {
  return problem.includes(UNASKED);
}

async function certificateProblem(
  dial: Dial,
  name: string,
  nowMs: number,
): Promise<string | undefined> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const dialled = dial('localhost', 443).then((stream) => {
    stream.on('error', () => undefined);
    if (timeout.aborted) stream.destroy();
    return stream;
  });
  const stream = await unlessAborted(dialled, timeout);
  try {
    // What is wrong with the certificate is the answer, so it must not end the handshake.
    const tls = connectTls({ socket: stream, servername: name, rejectUnauthorized: false });
    stream.on('error', (error) => tls.destroy(error));
    await unlessAborted(secured(tls), timeout);
    return judge(tls, name, nowMs);
  } finally {
    stream.destroy();
  }
}

function secured(tls: TLSSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    tls.once('secureConnect', resolve);
    tls.once('error', reject);
    tls.once('close', () => {
      reject(new Error('the connection was closed'));
    });
  });
}

function judge(tls: TLSSocket, name: string, nowMs: number): string | undefined {
  const certificate = tls.getPeerCertificate();
  const until = Date.parse(certificate.valid_to);
  if (nowMs > until) return `its certificate has expired (${certificate.valid_to})`;
  if (nowMs < Date.parse(certificate.valid_from)) return 'its certificate is not valid yet';
  const wrongName = checkServerIdentity(name, certificate);
  if (wrongName !== undefined)
    return `its certificate is for ${certificate.subjectaltname ?? 'no name'}`;
  const { issuer } = certificate;
  const isOriginCa = ORIGIN_CA.test(`${String(issuer.OU)} ${String(issuer.CN)}`);
  if (tls.authorized || isOriginCa) return undefined;
  return `nobody vouches for its certificate (${String(tls.authorizationError)})`;
}

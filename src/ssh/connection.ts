import type { Duplex, Readable } from 'node:stream';

import type { Client, ClientChannel } from 'ssh2';

import type { Clock } from '../clock.js';
import { DeployError } from '../errors.js';
import { dialThrough } from './dial.js';
import type { Handshaken } from './handshake.js';
import { fingerprintOf } from './known-hosts.js';
import { SessionLostError } from './lost.js';
import { refusedSession } from './refused-session.js';
import { SESSION_LOOP } from './session-loop.js';
import { createNonce, startSession } from './session.js';
import type { Session } from './session.js';
import { uploadThrough } from './upload.js';

/** One authenticated connection to the host. */
export interface Connection {
  /** A shell session on the host: commands go one after the other. */
  openSession(): Promise<Session>;
  /**
   * A TCP stream to host:port as seen from the host (direct-tcpip).
   *
   * @throws DeployError when sshd forbids it, DialError when the host cannot connect,
   *   SessionLostError when our own connection is gone.
   */
  dial(host: string, port: number): Promise<Duplex>;
  /**
   * Writes a stream to a file on the host, mode 600; what was written before it failed stays.
   *
   * @throws DeployError when the host cannot write, SessionLostError when our own connection is gone. Rejects
   *   with the stream's own error, and with the signal's reason.
   */
  upload(path: string, source: Readable, signal: AbortSignal): Promise<void>;
  /** `SHA256:…` of the key that the host showed. */
  readonly fingerprint: string;
  /** Resolves when the connection ends, with why; undefined if we closed it. Never rejects. */
  readonly closed: Promise<Error | undefined>;
  /** Tells the host that we go; `closed` resolves when it has taken note. */
  close(): Promise<void>;
}

const closeTimeoutMs = 2_000;
const helloTimeoutMs = 30_000;

export interface Established extends Handshaken {
  readonly host: string;
  readonly clock: Clock;
  /** Nobody waits for the stream below any more. */
  readonly release: () => void;
  /** Cuts the stream below. */
  readonly destroy: () => void;
}

/** Says goodbye, and waits for no answer: a peer that is gone never gives one. */
export function hangUp({ ssh, release, destroy }: Omit<Established, 'clock'>): void {
  ssh.dispose();
  release();
  setTimeout(destroy, closeTimeoutMs).unref();
}

/** The connection to a host, over those to the jump hosts before it. */
export function toConnection(
  established: Established,
  before: readonly Omit<Established, 'clock'>[],
): Connection {
  const { ssh, client, host, hostKey, clock } = established;
  // Each stream that is open listens for the end of the connection.
  client.setMaxListeners(0);
  let closing = false;
  let lastError: Error | undefined;
  client.on('error', (error) => {
    lastError ??= error;
  });
  const closed = new Promise<Error | undefined>((resolve) => {
    client.on('close', () => {
      const why = new SessionLostError(`the SSH connection to ${host} was lost`, lastError);
      resolve(closing ? undefined : why);
    });
  });
  return {
    fingerprint: fingerprintOf(hostKey),
    closed,
    openSession: () => openSession(client, host, clock),
    dial: (address, port) => dialThrough({ ssh, client }, host, address, port),
    upload: (path, source, signal) => uploadThrough(client, host, { path, source, signal }),
    close: () => {
      closing = true;
      for (const each of [established, ...before.toReversed()]) hangUp(each);
      return Promise.resolve();
    },
  };
}

async function openSession(client: Client, host: string, clock: Clock): Promise<Session> {
  const nonce = createNonce();
  const opened = new AbortController();
  const started = execLoop(client, host).then((channel) => startSession(channel, nonce, host));
  // A connection that is lost rejects by itself; a login shell that hangs does not.
  const tooLate = clock.sleep(helloTimeoutMs, opened.signal).then(
    () => 'too-late' as const,
    () => 'opened' as const,
  );
  try {
    const session = await Promise.race([started, tooLate]);
    if (typeof session !== 'string') return session;
  } finally {
    opened.abort();
  }
  // Once it does come, nobody wants it any more.
  void started.then((session) => session.close()).catch(() => undefined);
  throw new DeployError({
    what: `The login shell gave no answer within ${helloTimeoutMs / 1000} s`,
    where: host,
    next: 'Look for a command that waits in ~/.bashrc, ~/.profile or /etc/profile.d on the host.',
  });
}

function execLoop(client: Client, host: string): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    const lost = (error: unknown): void => {
      reject(
        refusedSession(error, host) ??
          new SessionLostError(`no SSH session could be opened on ${host}`, error),
      );
    };
    try {
      client.exec(SESSION_LOOP, (error, channel) => {
        if (error === undefined) resolve(channel);
        else lost(error);
      });
    } catch (error) {
      // The library throws at once when its socket is no longer writable.
      lost(error);
    }
  });
}

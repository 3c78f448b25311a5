import { connect as connectTcp } from 'node:net';
import type { Socket } from 'node:net';

import ssh2 from 'ssh2';
import type { Client, ServerHostKeyAlgorithm } from 'ssh2';

import type { Clock } from '../clock.js';
import type { ConnectionInputs } from '../inputs.js';
import { unlessAborted } from './abort.js';
import { codeOf } from './error-code.js';
import { judgeHostKey } from './host-key.js';
import type { HostKeyVerdict } from './host-key.js';
import type { LoadedKey } from './private-key.js';

export type UsableKey = Extract<LoadedKey, { ok: true }>;

/** Why one attempt to connect failed. */
export type AttemptFailure =
  | { readonly kind: 'dns'; readonly code: string }
  /** The system's code: ECONNREFUSED, EHOSTUNREACH, ECONNRESET, … */
  | { readonly kind: 'network'; readonly code: string }
  /** Nobody answered the TCP connection. */
  | { readonly kind: 'no-answer' }
  /** TCP was there, SSH was not, until the time was over. */
  | { readonly kind: 'ssh-silent' }
  | { readonly kind: 'dropped'; readonly message: string }
  | { readonly kind: 'auth'; readonly methods: readonly string[]; readonly message: string }
  | { readonly kind: 'host-key'; readonly verdict: HostKeyVerdict; readonly key: Buffer }
  | { readonly kind: 'no-host-key-algorithm' }
  | { readonly kind: 'protocol'; readonly message: string };

export type AttemptResult =
  | {
      readonly kind: 'ready';
      readonly client: Client;
      readonly socket: Socket;
      readonly hostKey: Buffer;
    }
  | { readonly kind: 'failed'; readonly failure: AttemptFailure };

export interface AttemptDeps {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly keepaliveIntervalMs: number;
}

/** Answers that stay away for this many intervals mean that the connection is lost. */
const keepaliveCountMax = 3;
/** Per address where a name has several; Node's own 250 ms is less than one trip around the world. */
const perAddressTimeoutMs = 2_500;

/**
 * Connects once: TCP, SSH handshake with the host key judged, authentication; all of it within
 * `inputs.connectTimeoutMs`. Nothing is sent of the user before the host key is trusted.
 * Rejects only with the signal's reason.
 */
export async function attempt(
  inputs: ConnectionInputs,
  key: UsableKey,
  algorithms: ServerHostKeyAlgorithm[],
  deps: AttemptDeps,
): Promise<AttemptResult> {
  const timer = new AbortController();
  const socket = connectTcp({
    host: inputs.host.replace(/^\[(.*)\]$/, '$1'),
    port: inputs.port,
    // Without it each exec waits for a delayed ACK: 87 ms instead of 3 on loopback.
    noDelay: true,
    autoSelectFamilyAttemptTimeout: perAddressTimeoutMs,
  });
  const timeout = deps.clock.sleep(inputs.connectTimeoutMs, timer.signal).then(
    (): AttemptResult => failed({ kind: socket.connecting ? 'no-answer' : 'ssh-silent' }),
    () => new Promise<never>(ignore),
  );
  try {
    const ready = openTcp(socket).then(
      (failure) => failure ?? handshake(socket, inputs, key, algorithms, deps),
    );
    const result = await unlessAborted(Promise.race([ready, timeout]), deps.signal);
    if (result.kind === 'failed') socket.destroy();
    return result;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    timer.abort();
  }
}

function failed(failure: AttemptFailure): AttemptResult {
  return { kind: 'failed', failure };
}

function ignore(): void {
  // A promise that never settles, and errors of a socket that was given up.
}

function openTcp(socket: Socket): Promise<AttemptResult | undefined> {
  return new Promise((resolve) => {
    socket.on('error', ignore);
    socket.once('error', (error) => {
      resolve(failed(networkFailure(error)));
    });
    socket.once('connect', () => {
      resolve(undefined);
    });
  });
}

function networkFailure(error: Error): AttemptFailure {
  const code = codeOf(error) ?? error.message;
  if ('syscall' in error && error.syscall === 'getaddrinfo') return { kind: 'dns', code };
  return code === 'ETIMEDOUT' ? { kind: 'no-answer' } : { kind: 'network', code };
}

function handshake(
  socket: Socket,
  inputs: ConnectionInputs,
  key: UsableKey,
  algorithms: ServerHostKeyAlgorithm[],
  deps: AttemptDeps,
): Promise<AttemptResult> {
  return new Promise((resolve) => {
    const client = new ssh2.Client();
    let hostKey: Buffer = Buffer.alloc(0);
    let verdict: HostKeyVerdict = { kind: 'unpinned' };
    let offered = false;

    const fail = (error: Error): void => {
      const trusted = verdict.kind === 'trusted' || verdict.kind === 'unchecked';
      if (hostKey.length > 0 && !trusted) {
        resolve(failed({ kind: 'host-key', verdict, key: hostKey }));
      } else if (offered && codeOf(error) === undefined) {
        resolve(failed({ kind: 'auth', methods: [], message: error.message }));
      } else {
        resolve(failed(sshFailure(error)));
      }
    };
    client.on('error', fail);
    client.on('close', () => {
      resolve(failed({ kind: 'dropped', message: 'the host closed the connection' }));
    });
    client.once('ready', () => {
      resolve({ kind: 'ready', client, socket, hostKey });
    });
    client.connect({
      sock: socket,
      username: inputs.username,
      privateKey: key.text,
      ...(key.passphrase === undefined ? {} : { passphrase: key.passphrase }),
      algorithms: { serverHostKey: algorithms },
      hostVerifier: (shown: Buffer) => {
        hostKey = shown;
        verdict = judgeHostKey(inputs.hostKeys, inputs.host, inputs.port, shown);
        return verdict.kind === 'trusted' || verdict.kind === 'unchecked';
      },
      // Straight to the key: asking with "none" first would cost a round trip.
      authHandler: (methods, partial, next) => {
        if (offered) {
          const message = partial ? 'the key was accepted, but the host asks for more' : '';
          resolve(failed({ kind: 'auth', methods, message }));
        } else {
          offered = true;
          next('publickey');
        }
      },
      readyTimeout: 0,
      keepaliveInterval: deps.keepaliveIntervalMs,
      keepaliveCountMax,
    });
  });
}

/** Tells errors of the SSH library apart by what they say: it gives them no codes. */
function sshFailure(error: Error): AttemptFailure {
  const code = codeOf(error);
  // sshd that sheds load, and a firewall that bans, reset connections which were accepted before.
  if (code === 'ECONNRESET' || code === 'EPIPE') return { kind: 'dropped', message: code };
  if (code !== undefined) return { kind: 'network', code };
  if (error.message.includes('no matching host key format'))
    return { kind: 'no-host-key-algorithm' };
  if (error.message.includes('Connection lost before handshake')) {
    return { kind: 'dropped', message: 'the host closed the connection before SSH began' };
  }
  return { kind: 'protocol', message: error.message };
}

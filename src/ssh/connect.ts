import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import type { Client, ClientChannel } from 'ssh2';

import type { Clock } from '../clock.js';
import { DeployError, RefusedError } from '../errors.js';
import type { ConnectionInputs } from '../inputs.js';
import type { Log } from '../log.js';
import { attempt } from './attempt.js';
import type { AttemptFailure, AttemptResult, UsableKey } from './attempt.js';
import { explainFailure } from './connect-errors.js';
import { dialThrough } from './dial.js';
import { hostKeyAlgorithms } from './host-key.js';
import { fingerprintOf, keyType, parseKnownHosts } from './known-hosts.js';
import { SessionLostError } from './lost.js';
import { loadPrivateKey } from './private-key.js';
import { sessionLoop } from './session-loop.js';
import { createNonce, startSession } from './session.js';
import type { Session } from './session.js';

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
  /** `SHA256:…` of the key that the host showed. */
  readonly fingerprint: string;
  /** Resolves when the connection ends, with why; undefined if we closed it. Never rejects. */
  readonly closed: Promise<Error | undefined>;
  /** Tells the host that we go; `closed` resolves when it has taken note. */
  close(): Promise<void>;
}

export interface ConnectDeps {
  readonly log: Log;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  /** Three unanswered ones mean that the connection is lost. */
  readonly keepaliveIntervalMs?: number;
}

const maxAttempts = 5;
const firstBackoffMs = 1_000;
/** No attempt begins later than this after the first: 5 refused ones, or 3 that time out. */
const retryBudgetMs = 45_000;
const defaultKeepaliveIntervalMs = 15_000;
const closeTimeoutMs = 2_000;
const helloTimeoutMs = 30_000;

/**
 * Connects and authenticates. Network failures are tried again with exponential backoff; a host
 * key or a user key that is not accepted never is.
 *
 * @throws DeployError with the remedy; RefusedError for keys and host keys. Rejects with the
 *   signal's reason when it is aborted.
 */
export async function connect(inputs: ConnectionInputs, deps: ConnectDeps): Promise<Connection> {
  const { log, clock } = deps;
  const signal = deps.signal ?? new AbortController().signal;
  signal.throwIfAborted();
  const key = usableKey(inputs);
  warnOfPolicy(inputs, log);
  const keepaliveIntervalMs = deps.keepaliveIntervalMs ?? defaultKeepaliveIntervalMs;
  const startedAt = clock.now();
  const shownKeys: Buffer[] = [];

  for (let attempts = 1; ;) {
    const result = await tryOnce(inputs, key, shownKeys, { clock, signal, keepaliveIntervalMs });
    if (result.kind === 'ready') {
      const { client, socket, hostKey } = result;
      log.debug(`connected to ${inputs.host}, host key ${fingerprintOf(hostKey)}`);
      return toConnection({ client, socket, host: inputs.host, hostKey, clock });
    }
    const { failure } = result;
    if (failure.kind === 'host-key') {
      shownKeys.push(failure.key);
      // The host may have another key, of the type that is pinned: ask for the other types.
      if (failure.verdict.kind === 'mismatch' && hasOtherTypes(inputs, shownKeys)) continue;
    }
    const delayMs = firstBackoffMs * 2 ** (attempts - 1);
    const late = clock.now() - startedAt + delayMs > retryBudgetMs;
    if (!isTransient(failure) || attempts >= maxAttempts || late) {
      throw explainFailure({ inputs, key, failure, shownKeys, attempts });
    }
    log.info(`${describeFailure(failure)}; next attempt in ${String(delayMs / 1000)} s`);
    await clock.sleep(delayMs, signal);
    attempts += 1;
  }
}

function usableKey(inputs: ConnectionInputs): UsableKey {
  const key = loadPrivateKey(inputs.key, inputs.passphrase);
  if (key.ok) return key;
  throw new RefusedError({
    what: `The private key ${key.problem}`,
    where: 'input key',
    next: 'Correct the secret that the input `key` takes its value from.',
  });
}

function warnOfPolicy({ hostKeys }: ConnectionInputs, log: Log): void {
  if (hostKeys.kind === 'any') {
    log.warn(
      'strict-host-key-checking is false: any host key is accepted, so anybody between the runner ' +
        'and the host could take its place. Pin the key with host-fingerprint.',
    );
    return;
  }
  for (const warning of parseKnownHosts(hostKeys.knownHosts).warnings) log.warn(warning);
}

type AttemptDeps = Parameters<typeof attempt>[3];

async function tryOnce(
  inputs: ConnectionInputs,
  key: UsableKey,
  shownKeys: readonly Buffer[],
  deps: AttemptDeps,
): Promise<AttemptResult> {
  return attempt(inputs, key, openAlgorithms(inputs, shownKeys), deps);
}

function openAlgorithms(inputs: ConnectionInputs, shownKeys: readonly Buffer[]) {
  const shown = new Set(shownKeys.map(keyType));
  return hostKeyAlgorithms(inputs.hostKeys, inputs.host, inputs.port, shown);
}

function hasOtherTypes(inputs: ConnectionInputs, shownKeys: readonly Buffer[]): boolean {
  return openAlgorithms(inputs, shownKeys).length > 0;
}

function isTransient(failure: AttemptFailure): boolean {
  switch (failure.kind) {
    case 'network':
    case 'no-answer':
    case 'ssh-silent':
    case 'dropped':
      return true;
    case 'dns':
      // EAI_AGAIN: the resolver had no answer; ENOTFOUND: it said that there is no such name.
      return failure.code === 'EAI_AGAIN';
    case 'auth':
    case 'host-key':
    case 'no-host-key-algorithm':
    case 'protocol':
      return false;
  }
}

function describeFailure(failure: AttemptFailure): string {
  return 'code' in failure ? `${failure.kind}: ${failure.code}` : failure.kind;
}

interface Established {
  readonly client: Client;
  readonly socket: Socket;
  readonly host: string;
  readonly hostKey: Buffer;
  readonly clock: Clock;
}

function toConnection({ client, socket, host, hostKey, clock }: Established): Connection {
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
    dial: (address, port) => dialThrough(client, host, address, port),
    close: () => {
      closing = true;
      client.end();
      // Nobody waits for the host's answer; a peer that is gone never gives one.
      socket.unref();
      setTimeout(() => socket.destroy(), closeTimeoutMs).unref();
      return Promise.resolve();
    },
  };
}

async function openSession(client: Client, host: string, clock: Clock): Promise<Session> {
  const nonce = createNonce();
  const opened = new AbortController();
  const started = execLoop(client, nonce, host).then((channel) =>
    startSession(channel, nonce, host),
  );
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

function execLoop(client: Client, nonce: string, host: string): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    const lost = (error: unknown): void => {
      reject(new SessionLostError(`no SSH session could be opened on ${host}`, error));
    };
    try {
      client.exec(sessionLoop(nonce), (error, channel) => {
        if (error === undefined) resolve(channel);
        else lost(error);
      });
    } catch (error) {
      // The library throws at once when its socket is no longer writable.
      lost(error);
    }
  });
}

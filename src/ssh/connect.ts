import type { Clock } from '../clock.js';
import { RefusedError } from '../errors.js';
import type { ConnectionInputs } from '../inputs.js';
import type { Log } from '../log.js';
import { describeFailure, isTransient } from './attempt-failure.js';
import { attempt } from './attempt.js';
import type { AttemptDeps, AttemptResult } from './attempt.js';
import { explainFailure } from './connect-errors.js';
import { toConnection } from './connection.js';
import type { Connection } from './connection.js';
import type { UsableKey } from './handshake.js';
import { hostKeyAlgorithms } from './host-key.js';
import { fingerprintOf, keyType, parseKnownHosts } from './known-hosts.js';
import { loadPrivateKey } from './private-key.js';
import { tcpTransport } from './transport.js';

export type { Connection } from './connection.js';

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
      log.debug(`connected to ${inputs.host}, host key ${fingerprintOf(result.hostKey)}`);
      return toConnection({ ...result, host: inputs.host, clock });
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

async function tryOnce(
  inputs: ConnectionInputs,
  key: UsableKey,
  shownKeys: readonly Buffer[],
  deps: AttemptDeps,
): Promise<AttemptResult> {
  const transport = tcpTransport(inputs.host, inputs.port);
  return attempt(transport, inputs, key, openAlgorithms(inputs, shownKeys), deps);
}

function openAlgorithms(inputs: ConnectionInputs, shownKeys: readonly Buffer[]) {
  const shown = new Set(shownKeys.map(keyType));
  return hostKeyAlgorithms(inputs.hostKeys, inputs.host, inputs.port, shown);
}

function hasOtherTypes(inputs: ConnectionInputs, shownKeys: readonly Buffer[]): boolean {
  return openAlgorithms(inputs, shownKeys).length > 0;
}

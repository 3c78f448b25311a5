import type { Clock } from '../clock.js';
import { RefusedError } from '../errors.js';
import type { ConnectionInputs } from '../inputs.js';
import type { Log } from '../log.js';
import { describeFailure, isTransient } from './attempt-failure.js';
import { attempt } from './attempt.js';
import type { AttemptDeps } from './attempt.js';
import { explainFailure } from './connect-errors.js';
import { hangUp, toConnection } from './connection.js';
import type { Connection, Established } from './connection.js';
import type { UsableKey } from './handshake.js';
import { hostKeyAlgorithms } from './host-key.js';
import { jumpTransport } from './jump-transport.js';
import { fingerprintOf, keyType, parseKnownHosts } from './known-hosts.js';
import { legsOf, whereOf } from './leg.js';
import type { Leg } from './leg.js';
import { loadPrivateKey } from './private-key.js';
import { expandProxyCommand, proxyTransport } from './proxy-command.js';
import { tcpTransport } from './transport.js';
import type { Transport } from './transport.js';

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
 * Connects and authenticates, through the jump hosts where there are some. Network failures are tried
 * again with exponential backoff; a host key or a user key that is not accepted never is.
 *
 * @throws DeployError with the remedy; RefusedError for keys and host keys. Rejects with the
 *   signal's reason when it is aborted.
 */
export async function connect(inputs: ConnectionInputs, deps: ConnectDeps): Promise<Connection> {
  const { log, clock } = deps;
  const signal = deps.signal ?? new AbortController().signal;
  signal.throwIfAborted();
  const keepaliveIntervalMs = deps.keepaliveIntervalMs ?? defaultKeepaliveIntervalMs;
  const legs = legsOf(inputs).map((leg) => ({ leg, key: usableKey(leg) }));
  for (const { leg } of legs) warnOfPolicy(leg, log);
  const made: Reached[] = [];
  try {
    for (const { leg, key } of legs) {
      const transport = transportTo(leg, inputs, made.at(-1), log);
      const reached = await reach(leg, key, transport, { clock, signal, keepaliveIntervalMs, log });
      log.debug(`connected to ${whereOf(leg)}, host key ${fingerprintOf(reached.hostKey)}`);
      made.push(reached);
    }
    const host = made.pop();
    if (host === undefined) throw new TypeError('no host to connect to');
    return toConnection({ ...host, clock }, made);
  } catch (error) {
    for (const jumpHost of made.toReversed()) hangUp(jumpHost);
    throw error;
  }
}

type Reached = Omit<Established, 'clock'>;

function transportTo(
  { login }: Leg,
  { proxyCommand, passphrase }: ConnectionInputs,
  jumpHost: Reached | undefined,
  log: Log,
): Transport {
  const { host, port } = login;
  if (jumpHost !== undefined) return jumpTransport(jumpHost, host, port);
  if (proxyCommand === undefined) return tcpTransport(host, port);
  return proxyTransport(
    expandProxyCommand(proxyCommand, login),
    passphrase === undefined ? [] : [passphrase],
    log,
  );
}

/** One leg of the way, with all its attempts. */
async function reach(
  leg: Leg,
  key: UsableKey,
  transport: Transport,
  { log, ...deps }: AttemptDeps & { readonly log: Log },
): Promise<Reached> {
  const { clock, signal } = deps;
  const startedAt = clock.now();
  const shownKeys: Buffer[] = [];
  for (let attempts = 1; ;) {
    const result = await attempt(transport, leg, key, openAlgorithms(leg, shownKeys), deps);
    if (result.kind === 'ready') return { ...result, host: leg.login.host };
    const { failure } = result;
    if (failure.kind === 'host-key') {
      shownKeys.push(failure.key);
      // The host may have another key, of the type that is pinned: ask for the other types.
      if (failure.verdict.kind === 'mismatch' && openAlgorithms(leg, shownKeys).length > 0)
        continue;
    }
    const delayMs = firstBackoffMs * 2 ** (attempts - 1);
    const late = clock.now() - startedAt + delayMs > retryBudgetMs;
    if (!isTransient(failure) || attempts >= maxAttempts || late) {
      throw explainFailure({ leg, key, failure, shownKeys, attempts });
    }
    const where = leg.called === 'host' ? '' : `${leg.called} ${leg.login.host}: `;
    log.info(`${where}${describeFailure(failure)}; next attempt in ${String(delayMs / 1000)} s`);
    await clock.sleep(delayMs, signal);
    attempts += 1;
  }
}

function usableKey({ login, inputPrefix }: Leg): UsableKey {
  const key = loadPrivateKey(login.key, login.passphrase);
  if (key.ok) return key;
  const input = `${inputPrefix}key`;
  throw new RefusedError({
    what: `The private key ${key.problem}`,
    where: `input ${input}`,
    next: `Correct the secret that the input \`${input}\` takes its value from.`,
  });
}

function warnOfPolicy({ login: { hostKeys }, inputPrefix }: Leg, log: Log): void {
  if (hostKeys.kind === 'any') {
    log.warn(
      'strict-host-key-checking is false: any host key is accepted, so anybody between the runner ' +
        'and the host could take its place. Pin the key with host-fingerprint.',
    );
    return;
  }
  for (const warning of parseKnownHosts(hostKeys.knownHosts).warnings) {
    log.warn(`${inputPrefix}${warning}`);
  }
}

function openAlgorithms({ login }: Leg, shownKeys: readonly Buffer[]) {
  const shown = new Set(shownKeys.map(keyType));
  return hostKeyAlgorithms(login.hostKeys, login.host, login.port, shown);
}

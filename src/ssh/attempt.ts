import type { ServerHostKeyAlgorithm } from 'ssh2';

import type { Clock } from '../clock.js';
import { unlessAborted } from './abort.js';
import type { AttemptFailure } from './attempt-failure.js';
import { handshake } from './handshake.js';
import type { Handshaken, UsableKey } from './handshake.js';
import type { Leg } from './leg.js';
import type { OpenTransport, Transport } from './transport.js';

export type AttemptResult =
  | ({ readonly kind: 'ready'; readonly destroy: () => void } & Handshaken & OpenTransport)
  | { readonly kind: 'failed'; readonly failure: AttemptFailure };

export interface AttemptDeps {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly keepaliveIntervalMs: number;
}

/**
 * Connects once: a stream to sshd, SSH handshake with the host key judged, authentication; all of
 * it within `connectTimeoutMs`. Rejects only with the signal's reason.
 */
export async function attempt(
  transport: Transport,
  { login, connectTimeoutMs }: Leg,
  key: UsableKey,
  algorithms: ServerHostKeyAlgorithm[],
  { clock, signal, keepaliveIntervalMs }: AttemptDeps,
): Promise<AttemptResult> {
  const timer = new AbortController();
  const { opened, destroy } = transport.open();
  let isOpen = false;
  const connecting = async (): Promise<AttemptResult> => {
    const open = await opened;
    if ('failure' in open) return { kind: 'failed', ...open };
    isOpen = true;
    const result = await handshake(open.stream, login, key, algorithms, keepaliveIntervalMs);
    if ('failure' in result) return { kind: 'failed', ...result };
    return { kind: 'ready', destroy, ...open, ...result };
  };
  const timeout = clock.sleep(connectTimeoutMs, timer.signal).then(
    (): AttemptResult => ({
      kind: 'failed',
      failure: { kind: isOpen ? 'ssh-silent' : 'no-answer' },
    }),
    () => new Promise<never>(ignore),
  );
  try {
    const result = await unlessAborted(Promise.race([connecting(), timeout]), signal);
    if (result.kind === 'failed') destroy();
    return result;
  } catch (error) {
    destroy();
    throw error;
  } finally {
    timer.abort();
  }
}

function ignore(): void {
  // A promise that never settles.
}

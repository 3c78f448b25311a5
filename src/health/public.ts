import { connect } from 'node:net';

import type { Clock } from '../clock.js';
import { describeAnswer } from './check.js';
import { httpGet } from './http.js';
import type { Dial, HttpAnswer } from './http.js';
import type { Measurement } from './measurement.js';
import { startProbe } from './probe.js';
import type { Probe } from './probe.js';
import { asVisitor } from './sample.js';

const ATTEMPTS = 3;
const BETWEEN_ATTEMPTS_MS = 2_000;
const REQUEST_TIMEOUT_MS = 5_000;
/** At most two requests a second, one at a time: a CDN may stand there, and others share the way. */
const SHORTEST_INTERVAL_MS = 500;

/** Asks the public address, over whatever stands before the host (DNS, a CDN). */
export type AskPublic = (signal?: AbortSignal) => Promise<HttpAnswer>;

/** From this machine, as a visitor would: one GET on a fresh connection. */
export function publicWay(url: string): AskPublic {
  return (signal) => httpGet(dialDirectly, new URL(url), { timeoutMs: REQUEST_TIMEOUT_MS, signal });
}

const dialDirectly: Dial = (host, port) =>
  new Promise((resolve, reject) => {
    // A connect that hangs must not keep this process alive after its request was given up.
    const socket = connect({ host, port, timeout: REQUEST_TIMEOUT_MS });
    socket.once('timeout', () => socket.destroy());
    socket.once('error', reject);
    socket.once('connect', () => {
      resolve(socket);
    });
  });

/**
 * Whether visitors get through, asked up to three times. A redirect is a good answer: it is what an
 * entrance often gives. Rejects only with the signal's reason.
 *
 * @returns undefined when it answers well; otherwise what it said last, for a person
 */
export async function publicProblem(
  ask: AskPublic,
  clock: Clock,
  signal?: AbortSignal,
): Promise<string | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await ask(signal);
    signal?.throwIfAborted();
    if (asVisitor(answer).kind === 'ok') return undefined;
    if (attempt === ATTEMPTS) return describeAnswer(answer);
    await clock.sleep(BETWEEN_ATTEMPTS_MS, signal);
  }
}

export interface PublicMeasuring {
  /** Sends no more, waits for the answer under way unless `hurry` is aborted, and sums up. */
  stop(hurry?: AbortSignal): Promise<Measurement>;
}

/**
 * Measures the public address from now on. The first answer decides whether there is anything to
 * measure: the failures of an address that does not answer before the deploy are not the deploy's. It
 * is not waited for here.
 */
export function measurePublic(
  { address, intervalMs }: { readonly address: string; readonly intervalMs: number },
  ask: AskPublic,
  clock: Clock,
): PublicMeasuring {
  const givenUp = new AbortController();
  const askNow = (): Promise<HttpAnswer> => ask(givenUp.signal);
  const options = {
    intervalMs: Math.max(intervalMs, SHORTEST_INTERVAL_MS),
    maxInFlight: 1,
    judge: asVisitor,
  };
  let stopping = false;
  const opened = askNow().then((first): Probe | string => {
    if (asVisitor(first).kind !== 'ok') {
      return `it did not answer before the deploy (${describeAnswer(first)})`;
    }
    if (stopping) return 'the deploy was over before its first answer came';
    return startProbe(askNow, options, clock);
  });
  return {
    stop: async (hurry) => {
      stopping = true;
      const giveUp = (): void => {
        givenUp.abort();
      };
      if (hurry?.aborted === true) giveUp();
      hurry?.addEventListener('abort', giveUp, { once: true });
      try {
        const probe = await opened;
        return typeof probe === 'string'
          ? { kind: 'unmeasured', address, why: probe }
          : { kind: 'measured', address, summary: await probe.stop(hurry) };
      } finally {
        hurry?.removeEventListener('abort', giveUp);
      }
    },
  };
}

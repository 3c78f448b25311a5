import { keepLease } from '../host/lease.js';
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import type { Session } from '../ssh/session.js';

/** The lease's sign of life, from the moment that there is a lease to the end of the run's work. */
export interface Heartbeat {
  /** The lease is there; called once more it does nothing. */
  start(fence: string): void;
  /** Returns when the lease is kept. @throws where its session could not be opened */
  started(): Promise<void>;
  /** The lease is kept no longer; where its session is only just being opened, it ends as soon as it is there. */
  stop(): void;
  /** Aborted where the Docker Engine has stopped answering: what waits for it would wait for ever. */
  readonly engineSilent: AbortSignal;
}

/** @param openSession a session beside the one in which the scripts run: these may take longer than the lease lives */
export function createHeartbeat(
  openSession: () => Promise<Session>,
  state: string,
  deps: { readonly clock: Clock; readonly log: Log },
): Heartbeat {
  let kept: Promise<{ stop(): void }> | undefined;
  const silent = new AbortController();
  const engineSilent = (why: Error): void => {
    silent.abort(why);
  };
  return {
    engineSilent: silent.signal,
    start: (fence) => {
      kept ??= Promise.resolve()
        .then(openSession)
        .then((session) => keepLease(session, state, fence, { ...deps, engineSilent }));
      // Who waits for it hears of it.
      kept.catch(() => undefined);
    },
    started: async () => {
      await kept;
    },
    stop: () => {
      void kept?.then(
        (keeping) => {
          keeping.stop();
        },
        () => undefined,
      );
    },
  };
}

import type { Clock } from '../clock.js';
import type { Pause } from './sample.js';

const everyMs = 1_000;
/** A round trip to the other side of the world takes a third of it. */
const slowMs = 1_000;
const why = 'the SSH connection was busy';

/**
 * Sends `pulse` every second until `stopped`, and tells of each one that took longer than a second. A
 * pulse that rejects is the last: a connection that is lost shows in the requests themselves.
 */
export function watchPulse(
  pulse: (() => Promise<unknown>) | undefined,
  clock: Clock,
  stopped: AbortSignal,
  onPause: (pause: Pause) => void,
): {
  /** The pause that has not ended yet. */
  open(): Pause | undefined;
} {
  let sentAt: number | undefined;
  const pauseNow = (): Pause | undefined => {
    const until = clock.now();
    return sentAt !== undefined && until - sentAt > slowMs
      ? { from: sentAt, until, why }
      : undefined;
  };
  const watch = async (send: () => Promise<unknown>): Promise<void> => {
    for (;;) {
      await clock.sleep(everyMs, stopped);
      sentAt = clock.now();
      await send();
      const pause = pauseNow();
      if (pause !== undefined) onPause(pause);
      sentAt = undefined;
    }
  };
  if (pulse !== undefined) {
    void watch(pulse).catch(() => {
      sentAt = undefined;
    });
  }
  return { open: pauseNow };
}

import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from './clock.js';

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      await delay(ms, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      // node wraps the reason; whoever aborted wants to see their own.
      signal?.throwIfAborted();
      throw error;
    }
  },
};

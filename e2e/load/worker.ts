import { type Progress, runLoad } from './run-load.js';
import type { LoadSpec } from './spec.js';
import type { LoadResult } from './tally.js';

/** What a load's process says to its owner. */
export type WorkerMessage =
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'result'; readonly result: LoadResult }
  | { readonly kind: 'refused'; readonly reason: string };

/** What it is told. */
export type WorkerOrder =
  { readonly kind: 'start'; readonly spec: LoadSpec } | { readonly kind: 'stop' };

function serve(say: (message: WorkerMessage) => void): void {
  const stop = new AbortController();
  // An owner that died must not leave a load behind.
  process.on('disconnect', () => {
    stop.abort();
  });
  // Ctrl-C reaches the whole process group; the owner decides when the load ends.
  process.on('SIGINT', () => undefined);
  process.on('message', (order: WorkerOrder) => {
    if (order.kind === 'stop') {
      stop.abort();
      return;
    }
    const progressed = (progress: Progress): void => {
      say({ kind: 'progress', progress });
    };
    const ended = (message: WorkerMessage): void => {
      say(message);
      if (process.connected) process.disconnect();
    };
    runLoad(order.spec, stop.signal, progressed).then(
      (result) => {
        ended({ kind: 'result', result });
      },
      (error: unknown) => {
        ended({ kind: 'refused', reason: String(error) });
      },
    );
  });
}

if (process.send !== undefined) {
  const send = process.send.bind(process);
  serve((message) => {
    if (process.connected) send(message);
  });
}

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Progress } from './run-load.js';
import type { LoadSpec } from './spec.js';
import type { LoadResult } from './tally.js';
import type { WorkerMessage, WorkerOrder } from './worker.js';

export interface Load {
  /** Undefined until the first quarter of a second has passed. */
  readonly progress: () => Progress | undefined;
  /** Resolves once so many good answers have come. @throws Error when they have not within `timeoutMs`. */
  answered(count: number, timeoutMs: number): Promise<void>;
  /** Ends the load, lets what is in flight end, and tells all. */
  stop(): Promise<LoadResult>;
}

/**
 * Starts a load in a process of its own, so that neither side's work makes the other late.
 * The process ends with its owner, and by itself after `spec.maxMs`.
 */
export function startLoad(spec: LoadSpec): Load {
  const worker = fork(fileURLToPath(new URL('./worker.ts', import.meta.url)), {
    execArgv: ['--import', 'tsx'],
  });
  const listeners = new Set<(progress: Progress) => void>();
  let latest: Progress | undefined;

  const result = new Promise<LoadResult>((resolve, reject) => {
    worker.on('message', (message: WorkerMessage) => {
      if (message.kind === 'result') {
        resolve(message.result);
      } else if (message.kind === 'refused') {
        reject(new Error(message.reason));
      } else {
        latest = message.progress;
        for (const listener of listeners) listener(message.progress);
      }
    });
    worker.on('error', reject);
    worker.on('exit', (code) => {
      reject(new Error(`The load's process ended without a result (exit ${String(code)})`));
    });
  });
  // A load that dies early is told to whoever stops it, not to the process.
  result.catch(() => undefined);

  const order = (message: WorkerOrder): void => {
    if (worker.connected) worker.send(message);
  };
  order({ kind: 'start', spec });
  return {
    progress: () => latest,
    answered: (count, timeoutMs) => goodAnswers(count, { result, listeners, timeoutMs }),
    stop: () => {
      order({ kind: 'stop' });
      return result;
    },
  };
}

interface Heard {
  readonly result: Promise<LoadResult>;
  readonly listeners: Set<(progress: Progress) => void>;
  readonly timeoutMs: number;
}

function goodAnswers(count: number, { result, listeners, timeoutMs }: Heard): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      settle(() => {
        reject(
          new Error(`Not ${String(count)} good answers within ${String(timeoutMs)} ms of load`),
        );
      });
    }, timeoutMs);
    const heard = (progress: Progress): void => {
      if (progress.sent - progress.failed >= count) settle(resolve);
    };
    const settle = (then: () => void): void => {
      clearTimeout(timer);
      listeners.delete(heard);
      then();
    };
    listeners.add(heard);
    result.catch((error: unknown) => {
      settle(() => {
        reject(error instanceof Error ? error : new Error(String(error)));
      });
    });
  });
}

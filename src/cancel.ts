import { DeployError } from './errors.js';

/** The runner cancels with SIGINT, then SIGTERM: stop what we do, and hand the stack back. */
export function cancelOnSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      controller.abort(
        new DeployError({
          what: 'the run was cancelled',
          next: 'Start it again when you are ready.',
        }),
      );
    });
  }
  return controller.signal;
}

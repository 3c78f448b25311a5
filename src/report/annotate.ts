import { DeployError } from '../errors.js';
import type { ActionsLog } from './actions-log.js';

const LONGEST_TITLE = 120;

/** Any error as the one that a user reads; an error that nobody foresaw is a bug, and says so. */
export function asDeployError(error: unknown): DeployError {
  if (error instanceof DeployError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error ? error.stack : undefined;
  return new DeployError({
    what: `An error that this action did not foresee: ${message}`,
    next:
      'This is a bug of the action: please report it with the log above. `operation: status` tells ' +
      'what runs on the host.',
    cause: error,
    ...(stack === undefined ? {} : { evidence: stack }),
  });
}

/**
 * The one annotation of a failed run: what happened, where, what to do next. The evidence is printed
 * above it, as what came from the host.
 */
export async function annotateFailure(error: DeployError, log: ActionsLog): Promise<void> {
  const { evidence } = error;
  if (evidence !== undefined && evidence.trim() !== '') {
    await log.group('Last output', () => {
      for (const line of evidence.trimEnd().split(/\r?\n/)) log.remote(line);
      return Promise.resolve();
    });
  }
  for (const cause of causesOf(error)) log.debug(`caused by ${cause}`);
  const [firstLine = ''] = error.what.split('\n');
  const title = firstLine.replace(/[:.]$/, '');
  log.fail(
    title.length > LONGEST_TITLE ? `${title.slice(0, LONGEST_TITLE)}…` : title,
    error.message,
  );
}

function causesOf(error: Error): readonly string[] {
  const causes: string[] = [];
  let cause: unknown = error.cause;
  // Bounded, since a chain of causes may be a circle.
  while (cause instanceof Error && causes.length < 10) {
    causes.push(cause.stack ?? cause.message);
    cause = cause.cause;
  }
  return causes;
}

import type { Edge } from '../edge/edge.js';
import { DeployError, RefusedError } from '../errors.js';
import type { Inputs } from '../inputs.js';
import type { Log } from '../log.js';
import { asDeployError } from '../report/annotate.js';
import type { Connection } from '../ssh/connect.js';
import { SessionLostError } from '../ssh/lost.js';
import { ProxyCommandError } from '../ssh/proxy-command.js';
import type { Clock } from '../clock.js';
import { forgetRun, handStackBack } from './hand-stack-back.js';
import type { Progress } from './progress.js';

const LOSS_IS_TOLD_WITHIN_MS = 200;

/** A connection that breaks is no bug of ours: the error names the connection, and why it ended. */
async function explainLostConnection(
  problem: SessionLostError,
  host: string,
  { closed }: Connection,
  clock: Clock,
): Promise<DeployError> {
  // A session may hear of it a moment before the connection does.
  const why = await Promise.race([closed, clock.sleep(LOSS_IS_TOLD_WITHIN_MS)]);
  const program = why?.cause instanceof ProxyCommandError ? why.cause : undefined;
  return new DeployError({
    what: `the connection to the host was lost${program === undefined ? '' : `: ${program.message}`}`,
    where: host,
    next: 'Run the workflow again.',
    cause: why ?? problem,
    ...(program === undefined ? {} : { evidence: program.evidence }),
  });
}

interface SettleDeps {
  readonly inputs: Inputs;
  /** The run's name on the host. */
  readonly run: string;
  readonly connection: Connection;
  readonly edge: Edge | undefined;
  readonly progress: Progress;
  readonly clock: Clock;
  readonly log: Log;
  /** The run was told to end. */
  readonly cancelled: boolean;
}

/** After a failure: the stack is handed back, and the error tells how it stands. */
export async function settle(
  problem: unknown,
  { inputs, run, connection, edge, progress, clock, log, cancelled }: SettleDeps,
): Promise<DeployError> {
  const error =
    problem instanceof SessionLostError
      ? await explainLostConnection(problem, inputs.connection.host, connection, clock)
      : asDeployError(problem);
  const { fence } = progress.facts;
  if (fence === undefined) {
    // What it began on the host may still go on there.
    if (cancelled) await forgetRun({ inputs, run }, { connection, log, clock });
    return error;
  }
  try {
    const back = await progress.phase('roll back', () =>
      handStackBack({ inputs, run, fence }, { connection, log, clock }),
    );
    if (error instanceof RefusedError) return error;
    if (back.whole) {
      // The release that is gone may have answered visitors, and a cache may have kept it.
      if (progress.facts.leftOld) await edge?.purge(back.finished ? 'the release' : 'the rollback');
      progress.end(back.finished ? 'deployed' : 'rolled-back');
      return back.finished
        ? error.and('The new release is in place: it was finished on the host.')
        : error.and(takenBack(progress.facts));
    }
    progress.end('failed');
    return error.and(
      'Rolling back failed as well, and the host goes on trying. The log above says what stands, and the commands to type there.',
    );
  } catch (failure) {
    progress.end('failed');
    log.warn(`rolling back from here failed: ${String(failure)}`);
    return error.and(
      'The host cannot be reached to roll back. Its watchdog does it within a minute; `operation: status` tells.',
    );
  }
}

function takenBack({ previousSha, leftOld }: Progress['facts']): string {
  if (previousSha === undefined) return 'The containers that this run started were removed.';
  return leftOld
    ? 'The stack was rolled back: the old release serves.'
    : 'The old release serves, and was never left: what the run had started was taken away again.';
}

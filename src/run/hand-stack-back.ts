import { createShell, type Shell } from '../host/shell.js';
import { stateAssignment } from '../host/state.js';
import type { Clock } from '../clock.js';
import type { Inputs } from '../inputs.js';
import type { Log } from '../log.js';
import { forgetScript } from '../remote/load.js';
import { handBack, type AbortResult } from '../rollout/transaction.js';
import { connect, type Connection } from '../ssh/connect.js';

/**
 * Hands the stack back whole after a run that did not end well: over the connection that is there,
 * or, where it is gone, over a new one.
 *
 * @throws whatever connecting throws; then the watchdog on the host does the same when the lease ends
 */
export function handStackBack(
  { inputs, run, fence }: Run & { readonly fence: string },
  deps: Deps,
): Promise<AbortResult> {
  const state = stateAssignment(inputs.compose.projectName, inputs.path);
  return overAnyConnection(inputs, deps, (shell) => handBack(shell, { state, fence, run }));
}

/**
 * Ends what a run still does on the host that took no lease, and takes away what it has left there: its staged
 * tree with copies of the stack's `.env`, and what it noted meanwhile.
 *
 * @throws whatever connecting throws; then the next run that looks at the stack does the same
 */
export async function forgetRun({ inputs, run }: Run, deps: Deps): Promise<void> {
  const state = stateAssignment(inputs.compose.projectName, inputs.path);
  await overAnyConnection(inputs, deps, (shell) => shell.run(state + forgetScript(), { RUN: run }));
}

interface Run {
  readonly inputs: Inputs;
  /** Its name on the host. */
  readonly run: string;
}

interface Deps {
  readonly connection: Connection | undefined;
  readonly log: Log;
  readonly clock: Clock;
}

async function overAnyConnection<T>(
  inputs: Inputs,
  deps: Deps,
  work: (shell: Shell) => Promise<T>,
): Promise<T> {
  const over = async (connection: Connection): Promise<T> =>
    work(createShell(await connection.openSession(), deps.log));
  if (deps.connection !== undefined) {
    try {
      return await over(deps.connection);
    } catch (error) {
      deps.log.warn(`the connection is gone (${String(error)}): connecting again`);
    }
  }
  const connection = await connect(inputs.connection, deps);
  try {
    return await over(connection);
  } finally {
    await connection.close();
  }
}

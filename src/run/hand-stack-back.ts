import { createShell } from '../host/shell.js';
import { stateAssignment } from '../host/state.js';
import type { Clock } from '../clock.js';
import type { Inputs } from '../inputs.js';
import type { Log } from '../log.js';
import { handBack, type AbortResult } from '../rollout/transaction.js';
import { connect, type Connection } from '../ssh/connect.js';

/**
 * Hands the stack back whole after a run that did not end well: over the connection that is there,
 * or, where it is gone, over a new one.
 *
 * @throws whatever connecting throws; then the watchdog on the host does the same when the lease ends
 */
export async function handStackBack(
  run: { readonly inputs: Inputs; readonly run: string; readonly fence: string },
  deps: { readonly connection: Connection | undefined; readonly log: Log; readonly clock: Clock },
): Promise<AbortResult> {
  const state = stateAssignment(run.inputs.compose.projectName, run.inputs.path);
  const over = async (connection: Connection): Promise<AbortResult> => {
    const shell = createShell(await connection.openSession(), deps.log);
    return handBack(shell, { state, fence: run.fence, run: run.run });
  };
  if (deps.connection !== undefined) {
    try {
      return await over(deps.connection);
    } catch (error) {
      deps.log.warn(`the connection is gone (${String(error)}): connecting again`);
    }
  }
  const connection = await connect(run.inputs.connection, deps);
  try {
    return await over(connection);
  } finally {
    await connection.close();
  }
}

import * as core from '@actions/core';
import { forgetRun, handStackBack } from './run/hand-stack-back.js';
import { loadInputs } from './inputs.js';
import { actionsLog } from './report/actions-log.js';
import { annotateFailure, asDeployError } from './report/annotate.js';
import { STATE_FENCE, STATE_LOOKED, STATE_RUN, STATE_SETTLED, STATE_SHA } from './run-state.js';
import { systemClock } from './system-clock.js';

/** After a run that was cancelled or died: hands the stack back whole. Otherwise does nothing. */
export async function post(): Promise<void> {
  const fence = core.getState(STATE_FENCE);
  const isOver = core.getState(STATE_SETTLED) === 'true';
  if (isOver || (fence === '' && core.getState(STATE_LOOKED) === '')) return;
  const log = actionsLog();
  // A cancelled run's contexts may be gone when the runner fills in the inputs for the second time.
  if (core.getInput('sha') === '') process.env['INPUT_SHA'] = core.getState(STATE_SHA);
  try {
    const inputs = loadInputs(process.env);
    const deps = { connection: undefined, log, clock: systemClock };
    const run = core.getState(STATE_RUN);
    if (fence === '') {
      await forgetRun({ inputs, run }, deps);
      return;
    }
    const back = await handStackBack({ inputs, run, fence }, deps);
    log.info(
      back.whole ? 'The stack was handed back whole.' : 'Something could not be undone: see above.',
    );
  } catch (error) {
    await annotateFailure(asDeployError(error), log);
  } finally {
    log.close();
  }
}

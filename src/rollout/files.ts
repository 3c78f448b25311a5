import { commandLine } from '../host/quote.js';
import type { Operation } from '../plan/plan.js';
import type { RolloutContext } from './context.js';
import { lines } from './cutover.js';

/** From the staged tree, where it was judged with the commit: its text is in no argument, and sent only once. */
export async function installEnvFile(
  { transaction, observation }: RolloutContext,
  { path }: Extract<Operation, { kind: 'install-env-file' }>,
): Promise<void> {
  const { live, stage } = observation;
  await transaction.step({
    name: 'env-file',
    undo: `restore_env_file ${commandLine([live.path, path])}`,
    script: 'install_env_file "$DIR" "$STAGE" "$ENV_PATH"',
    variables: { DIR: live.path, STAGE: stage, ENV_PATH: path },
  });
}

/** Files of the commit that the containers need before they start. */
export async function installFiles(
  context: RolloutContext,
  { paths, inPlace }: Extract<Operation, { kind: 'install-files' }>,
): Promise<void> {
  if (paths.length === 0) return;
  const { live, stage } = context.observation;
  await context.transaction.step({
    name: 'files',
    undo: `restore_files first ${commandLine([live.path])}`,
    script: 'install_files first "$DIR" "$STAGE" "$PATHS" "$INPLACE"',
    variables: { DIR: live.path, STAGE: stage, PATHS: lines(paths), INPLACE: lines(inPlace) },
  });
}

import type { Operation, Plan } from '../plan/plan.js';
import type { RolloutContext } from './context.js';
import { installEnvFile, installFiles } from './files.js';
import { finish } from './finish.js';
import { prepareImages, restoreImages } from './images.js';

const ENGINE_NEUTRAL = [
  'prepare-images',
  'restore-images',
  'install-env-file',
  'install-files',
  'finish',
] as const;

/** What is done in the same way on Compose and on Swarm. */
export type EngineNeutralOperation = Extract<Operation, { kind: (typeof ENGINE_NEUTRAL)[number] }>;

export function isEngineNeutral(operation: Operation): operation is EngineNeutralOperation {
  return ENGINE_NEUTRAL.some((kind) => kind === operation.kind);
}

/** @throws whatever the operation throws; undoing is the caller's */
export function performEngineNeutral(
  operation: EngineNeutralOperation,
  context: RolloutContext,
  plan: Plan,
): Promise<void> {
  switch (operation.kind) {
    case 'prepare-images':
      return prepareImages(context, operation);
    case 'restore-images':
      return restoreImages(context, operation);
    case 'install-env-file':
      return installEnvFile(context, operation);
    case 'install-files':
      return installFiles(context, operation);
    case 'finish':
      return finish(context, operation, plan, new Date().toISOString());
  }
}

import { commandLine } from '../host/quote.js';
import { DeployError } from '../errors.js';
import type { Operation, Plan } from '../plan/plan.js';
import { cutOverBy, isImageOperation, settlePlan } from '../plan/planner.js';
import { gaps } from '../plan/gaps.js';
import { describe } from '../plan/render.js';
import {
  replaceContainers,
  runCommand,
  runJob,
  startContainers,
  stopIncumbents,
} from './containers.js';
import type { RolloutContext } from './context.js';
import { cutOver, hold, lines, withdraw } from './cutover.js';
import { finish } from './finish.js';
import { prepareImages, restoreImages } from './images.js';
import { requireHealth, soak } from './watch.js';

/** Called around each operation, so that phases can be timed and shown. */
export type Phased = <T>(operation: Operation, title: string, work: () => Promise<T>) => Promise<T>;

/**
 * Executes a plan, operation by operation. Once the images are there, what would have rolled for an
 * equal image is left out.
 *
 * @returns the plan as it was executed
 * @throws whatever the first failing operation throws; undoing is the caller's
 */
export async function executePlan(
  plan: Plan,
  context: RolloutContext,
  phased: Phased,
): Promise<Plan> {
  const perform = (operation: Operation, current: Plan): Promise<void> =>
    phased(operation, describe(operation), () => performOperation(operation, context, current));
  for (const operation of plan.operations.filter(isImageOperation)) await perform(operation, plan);
  const settled = settlePlan(
    plan,
    Object.fromEntries(context.made.imageIds),
    context.observation,
    context.planOptions,
  );
  refuseGaps(settled, context);
  for (const operation of settled.operations.filter((each) => !isImageOperation(each))) {
    await perform(operation, settled);
  }
  return settled;
}

/** Only now is it known which images differ: a gap that nobody accepted stops the deploy here. */
function refuseGaps(plan: Plan, { observation, planOptions }: RolloutContext): void {
  const against = gaps(observation, plan.services, { ...planOptions, cutOver: cutOverBy(plan) });
  if (against.length === 0) return;
  throw new DeployError({
    what: against.map(({ what }) => what).join('\n'),
    next: against.map(({ next }) => next).join('\n'),
  });
}

function performOperation(
  operation: Operation,
  context: RolloutContext,
  plan: Plan,
): Promise<void> {
  switch (operation.kind) {
    case 'prepare-images':
      return prepareImages(context, operation);
    case 'restore-images':
      return restoreImages(context, operation);
    case 'install-files':
      return installFiles(context, operation);
    case 'start':
      return startContainers(context, operation);
    case 'run-command':
      return runCommand(context, operation);
    case 'run-job':
      return runJob(context, operation);
    case 'stop-incumbents':
      return stopIncumbents(context, operation);
    case 'replace':
      return replaceContainers(context, operation);
    case 'hold':
      return hold(context, operation);
    case 'cutover':
      return cutOver(context, operation);
    case 'withdraw':
      return withdraw(context, operation);
    case 'check-health':
      return requireHealth(context);
    case 'soak':
      return soak(context);
    case 'finish':
      return finish(context, operation, plan, new Date().toISOString());
  }
}

async function installFiles(
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

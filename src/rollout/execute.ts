import { commandLine } from '../host/quote.js';
import { DeployError } from '../errors.js';
import { servicesOf, type Operation, type Plan } from '../plan/plan.js';
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
  const perform = (operations: readonly Operation[], current: Plan): Promise<void> =>
    performTogether(
      operations,
      (each, before) => performOperation(each, context, current, before),
      phased,
    );
  await Promise.all([
    perform(plan.operations.filter(isImageOperation), plan),
    // A failure of it ends the deploy at once, not after a long build.
    context.watched,
  ]);
  const settled = settlePlan(
    plan,
    Object.fromEntries(context.made.imageIds),
    context.observation,
    context.planOptions,
  );
  refuseGaps(settled, context);
  const left = settled.operations.filter((each) => !isImageOperation(each));
  for (const operations of batches(left, context)) await perform(operations, settled);
  return settled;
}

/** The first answers of a healthy release, through a tunnel around the world. */
const SOON_HEALTHY_MS = 1_000;

/** What goes together needs nothing of each other's answers; cutovers need those of what was started. */
const TOGETHER: readonly ReadonlySet<Operation['kind']>[] = [
  new Set([
    'install-files',
    'hold',
    'run-command',
    'run-job',
    'start',
    'stop-incumbents',
    'replace',
  ]),
  new Set(['cutover']),
  new Set(['check-health', 'soak']),
];

/** Operations that may be sent to the host together: one round trip for all of them. */
function batches(
  operations: readonly Operation[],
  context: RolloutContext,
): readonly (readonly Operation[])[] {
  const together: Operation[][] = [];
  let joinable: ReadonlySet<Operation['kind']> | undefined;
  for (const operation of operations) {
    const alone = takesSeveralSteps(operation, context);
    const last = together.at(-1) ?? [];
    const joins = joinable?.has(operation.kind) === true && !alone && !startsAgain(operation, last);
    if (joins) last.push(operation);
    else together.push([operation]);
    joinable = alone ? undefined : TOGETHER.find((kinds) => kinds.has(operation.kind));
  }
  return together;
}

/** How many containers of a service there are is known when its last start has ended. */
function startsAgain(operation: Operation, before: readonly Operation[]): boolean {
  if (operation.kind !== 'start') return false;
  const started = new Set(
    before.filter(({ kind }) => kind === 'start').flatMap((each) => servicesOf(each)),
  );
  return operation.services.some(({ service }) => started.has(service));
}

function takesSeveralSteps(operation: Operation, { observation }: RolloutContext): boolean {
  if (operation.kind !== 'replace') return false;
  return observation.wanted.services[operation.service]?.containerName !== undefined;
}

/** Sends all at once; the host takes them in their order, and none after one that failed. */
async function performTogether(
  operations: readonly Operation[],
  perform: (operation: Operation, before: Promise<void> | undefined) => Promise<void>,
  phased: Phased,
): Promise<void> {
  const sent: { readonly operation: Operation; readonly work: Promise<void> }[] = [];
  for (const operation of operations) {
    const work = perform(operation, sent.at(-1)?.work);
    // When one fails, those after it were not begun: only the first failure is told.
    work.catch(() => undefined);
    sent.push({ operation, work });
  }
  for (const [index, { operation, work }] of sent.entries()) {
    const later = sent.slice(index + 1).map((each) => failed(each.work));
    await phased(operation, describe(operation), () => Promise.race([work, ...later]));
  }
}

/** Resolves when the work has failed, and never otherwise. */
function failed(work: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    work.catch(() => {
      resolve();
    });
  });
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
  before: Promise<void> | undefined,
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
      return soakBeside(context, plan, before);
    case 'finish':
      return finish(context, operation, plan, new Date().toISOString());
  }
}

/**
 * The candidates are watched while the health check asks for the first time. Where it had to ask for
 * longer, the soak begins when they are well.
 */
async function soakBeside(
  context: RolloutContext,
  plan: Plan,
  healthy: Promise<void> = Promise.resolve(),
): Promise<void> {
  const { clock } = context;
  const from = clock.now();
  const healthMs = healthy.then(() => clock.now() - from);
  await Promise.all([soak(context, plan, healthMs), healthMs]);
  if ((await healthMs) > SOON_HEALTHY_MS) await soak(context, plan);
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

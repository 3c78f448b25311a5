import { commandLine } from '../host/quote.js';
import { DeployError } from '../errors.js';
import { servicesOf, type CutoverOperation, type Operation, type Plan } from '../plan/plan.js';
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
      (each, before) => performOperation(each, context, { plan: current, operations, before }),
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

type Kinds = ReadonlySet<Operation['kind']>;

const PREPARING: Kinds = new Set([
  'install-files',
  'hold',
  'run-command',
  'run-job',
  'start',
  'stop-incumbents',
  'replace',
]);

/** What may be sent behind an operation before that has ended: what needs nothing of its answer. */
function mayFollow(kind: Operation['kind']): Kinds | undefined {
  if (PREPARING.has(kind)) return PREPARING;
  // The host watches the candidates from the cutover on, while the health check asks.
  if (kind === 'cutover') return new Set(['cutover', 'check-health']);
  return kind === 'check-health' ? new Set(['soak']) : undefined;
}

/** Operations that may be sent to the host together: one round trip for all of them. */
function batches(
  operations: readonly Operation[],
  context: RolloutContext,
): readonly (readonly Operation[])[] {
  const together: Operation[][] = [];
  let joinable: Kinds | undefined;
  for (const operation of operations) {
    const alone = takesSeveralSteps(operation, context);
    const last = together.at(-1) ?? [];
    const joins = joinable?.has(operation.kind) === true && !alone && !startsAgain(operation, last);
    if (joins) last.push(operation);
    else together.push([operation]);
    joinable = alone ? undefined : mayFollow(operation.kind);
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

/** Where an operation stands. */
interface Standing {
  readonly plan: Plan;
  /** Those that are sent together with it, itself among them. */
  readonly operations: readonly Operation[];
  /** The end of the one before it, where that is one of them. */
  readonly before: Promise<void> | undefined;
}

function performOperation(
  operation: Operation,
  context: RolloutContext,
  { plan, operations, before }: Standing,
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
      // The first of them is the cutover of all.
      return before ?? cutOver(context, operations.filter(isCutover));
    case 'withdraw':
      return withdraw(context, operation);
    case 'check-health':
      return checkHealthAfter(context, before);
    case 'soak':
      return soakBeside(context, plan, before);
    case 'finish':
      return finish(context, operation, plan, new Date().toISOString());
  }
}

function isCutover(operation: Operation): operation is CutoverOperation {
  return operation.kind === 'cutover';
}

/** Before the cutover has ended, the answers may be the incumbents'. */
async function checkHealthAfter(
  context: RolloutContext,
  before: Promise<void> | undefined,
): Promise<void> {
  await before;
  const from = context.clock.now();
  await requireHealth(context);
  context.made.healthyAfterMs = context.clock.now() - from;
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
  await Promise.all([soak(context, plan, healthy), healthy]);
  if (context.made.healthyAfterMs > SOON_HEALTHY_MS) await soak(context, plan);
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

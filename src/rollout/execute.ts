import type { CutoverOperation, Operation, Plan } from '../plan/plan.js';
import {
  cameTrue,
  foreseePlan,
  isImageOperation,
  refusalsOnceSettled,
  settlePlan,
} from '../plan/planner.js';
import { remoteScript } from '../remote/load.js';
import {
  awaitIncumbents,
  replaceContainers,
  runCommand,
  runJob,
  startContainers,
  stopIncumbents,
} from './containers.js';
import { pointCallers } from './callers.js';
import { isEngineNeutral, performEngineNeutral } from './engine-neutral.js';
import { throwRefusals } from './refuse.js';
import type { RolloutContext } from './context.js';
import { cutOver, hold, withdraw } from './cutover.js';
import { follow, PREPARING, sendable, sendTogether, type Phased, type Sent } from './pipelining.js';
import { requireHealth, soak } from './watch.js';

/** Sends what makes the images of the release: nothing of it serves, or needs the lease to be known. */
export function sendImages(plan: Plan, context: RolloutContext): readonly Sent[] {
  return send(
    plan.operations.filter((each) => isImageOperation(each) && !isShipping(each)),
    plan,
    context,
  );
}

/** Images of the runner are made once the lease is there: nothing may come to the host before. */
function isShipping(operation: Operation): boolean {
  return operation.kind === 'prepare-images' && operation.verb === 'ship';
}

/** What goes on around a plan while it is executed. */
export interface ExecutionHooks {
  /** Of `sendImages`. */
  readonly images: readonly Sent[];
  /** Settles when the lease is kept and availability is measured: nothing that serves changes before. */
  readonly watched: Promise<unknown>;
  readonly phased: Phased;
}

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
  { images: sentBefore, watched, phased: inPhase }: ExecutionHooks,
): Promise<Plan> {
  const phased: Phased = (operation, ...rest) => {
    if (!CHANGES_NOTHING.has(operation.kind)) context.probe?.begin();
    return inPhase(operation, ...rest);
  };
  const images = [...sentBefore, ...send(plan.operations.filter(isShipping), plan, context)];
  const ahead = sendAhead(plan, context, { images, watched });
  // It fails only with what everything is watched by, which is told below.
  ahead.catch(() => undefined);
  await Promise.all([
    follow(images, phased),
    // A failure of it ends the deploy at once, not after a long build.
    watched,
  ]);
  const settled = settlePlan(
    plan,
    Object.fromEntries(context.results.imageIds),
    context.observation,
    context.planOptions,
  );
  throwRefusals(refusalsOnceSettled(settled, context.observation, context.planOptions));
  const sent = await ahead;
  if (sent !== undefined) await follow(sent, phased);
  const left = sendable(afterImages(settled), context.observation);
  for (const operations of sent === undefined ? left : left.slice(1))
    await follow(send(operations, settled, context), phased);
  return settled;
}

/**
 * While the images are made, the host is sent what comes after them where they turn out as foreseen, and
 * looks for itself whether they did: one way to it less.
 *
 * @returns the first of what comes after them, where it was sent and the host does it
 */
async function sendAhead(
  plan: Plan,
  context: RolloutContext,
  { images, watched }: Pick<ExecutionHooks, 'images' | 'watched'>,
): Promise<readonly Sent[] | undefined> {
  const { observation, planOptions, results } = context;
  // What is shipped reaches the host in several steps, between which nothing else may come.
  if (plan.operations.some(isShipping)) return undefined;
  const foreseen = foreseePlan(plan, observation, planOptions);
  if (foreseen === undefined) return undefined;
  if (refusalsOnceSettled(foreseen.plan, observation, planOptions).length > 0) return undefined;
  const [first = []] = sendable(afterImages(foreseen.plan), observation);
  if (!first.every(({ kind }) => PREPARING.has(kind))) return undefined;
  const ended = Promise.allSettled(images.map(({ work }) => work));
  // Where they were quick, nothing is left to be gained.
  if (await Promise.race([ended.then(() => true), watched.then(() => false)])) return undefined;
  const differ = context.transaction.step({
    name: 'foreseen',
    script: remoteScript('foreseen'),
    variables: {
      UNLESS: foreseen.unless.map(({ reference, imageId }) => `${reference} ${imageId}`).join('\n'),
    },
  });
  const sent = send(first, foreseen.plan, context);
  const answers = Promise.allSettled([differ, ...sent.map(({ work }) => work)]);
  await ended;
  if (cameTrue(foreseen, Object.fromEntries(results.imageIds))) return sent;
  // The host did none of it. Once it has said so of each, the next step starts anew.
  await answers;
  return undefined;
}

/** What visitors do not notice: until something else is done the probe sees the old release as it is. */
const CHANGES_NOTHING: ReadonlySet<Operation['kind']> = new Set([
  'prepare-images',
  'restore-images',
  'hold',
  'point-callers',
  'start',
]);

function afterImages({ operations }: Plan): readonly Operation[] {
  return operations.filter((each) => !isImageOperation(each));
}

function send(
  operations: readonly Operation[],
  plan: Plan,
  context: RolloutContext,
): readonly Sent[] {
  return sendTogether(operations, (each, before) =>
    performOperation(each, context, { plan, operations, before }),
  );
}

/** The first answers of a healthy release, through a tunnel around the world. */
const SOON_HEALTHY_MS = 1_000;

/** Where an operation stands. */
interface OperationContext {
  readonly plan: Plan;
  /** Those that are sent together with it, itself among them. */
  readonly operations: readonly Operation[];
  /** The end of the one before it, where that is one of them. */
  readonly before: Promise<void> | undefined;
}

function performOperation(
  operation: Operation,
  context: RolloutContext,
  { plan, operations, before }: OperationContext,
): Promise<void> {
  if (isEngineNeutral(operation)) return performEngineNeutral(operation, context, plan);
  switch (operation.kind) {
    case 'start':
      return startContainers(context, operation, plan);
    case 'run-command':
      return runCommand(context, operation);
    case 'run-job':
      return runJob(context, operation, plan);
    case 'stop-incumbents':
      return stopIncumbents(context, operation, plan);
    case 'await-incumbents':
      return awaitIncumbents(context);
    case 'replace':
      return replaceContainers(context, operation);
    case 'hold':
      return hold(context, operation);
    case 'point-callers':
      return pointCallers(context, operation);
    case 'update-services':
      throw new Error('Compose has no operation update-services');
    case 'cutover':
      // The first of them is the cutover of all.
      return before ?? cutOver(context, operations.filter(isCutover));
    case 'withdraw':
      return withdraw(context, operation);
    case 'check-health':
      return checkHealthAfter(context, before);
    case 'soak':
      return soakBeside(context, operation, plan, before);
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
  context.results.healthyAfterMs = context.clock.now() - from;
}

/**
 * The candidates are watched while the health check asks for the first time. Where it had to ask for
 * longer, the soak begins when they are well.
 */
async function soakBeside(
  context: RolloutContext,
  { part }: Extract<Operation, { kind: 'soak' }>,
  plan: Plan,
  healthy: Promise<void> = Promise.resolve(),
): Promise<void> {
  await Promise.all([soak(context, plan, part, healthy), healthy]);
  if (context.results.healthyAfterMs > SOON_HEALTHY_MS) await soak(context, plan, part);
}

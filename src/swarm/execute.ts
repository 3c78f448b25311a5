import { parseTasks } from '../host/containers.js';
import { commandLine, quote } from '../host/quote.js';
import type { SwarmStack } from '../plan/observation.js';
import type { Operation, Plan } from '../plan/plan.js';
import { isImageOperation } from '../plan/planner.js';
import { describe } from '../plan/render.js';
import { remoteScript } from '../remote/load.js';
import { isEngineNeutral, performEngineNeutral } from '../rollout/engine-neutral.js';
import { throwRefusals } from '../rollout/refuse.js';
import type { RolloutContext } from '../rollout/context.js';
import type { ExecutionHooks } from '../rollout/execute.js';
import { follow } from '../rollout/pipelining.js';
import { requireHealth, soak } from '../rollout/watch.js';
import { jobFile } from './job.js';
import { settleSwarmPlan, swarmRefusals } from './plan.js';
import { renderStack, translateProject } from './stack-file.js';

/** What a stack that is brought back has beside `ready-timeout`: its old tasks may have to start again. */
const UNDO_SECONDS = 60;

/**
 * Executes a plan on a Swarm, operation by operation. Once the images are there, services for which they are equal
 * are left out.
 *
 * @returns the plan as it was executed
 * @throws whatever the first failing operation throws; undoing is the caller's
 */
export async function executeSwarm(
  plan: Plan,
  context: RolloutContext,
  stack: SwarmStack,
  { images, watched, phased }: ExecutionHooks,
): Promise<Plan> {
  await Promise.all([follow(images, phased), watched]);
  const { observation, planOptions, results } = context;
  const imageIds = Object.fromEntries(results.imageIds);
  const settled = settleSwarmPlan(plan, imageIds, observation, planOptions);
  const file = translateProject(stack.project, stack.contents);
  throwRefusals(swarmRefusals(observation, settled.services, file, planOptions));
  for (const operation of settled.operations) {
    await phased(operation, describe(operation), () => perform(operation, context, stack, settled));
  }
  return {
    ...settled,
    operations: [...plan.operations.filter(isImageOperation), ...settled.operations],
  };
}

function perform(
  operation: Operation,
  context: RolloutContext,
  stack: SwarmStack,
  plan: Plan,
): Promise<void> {
  if (isEngineNeutral(operation)) return performEngineNeutral(operation, context, plan);
  switch (operation.kind) {
    case 'run-command':
      return runInSwarm(context, stack, operation);
    case 'update-services':
      return updateServices(context, stack, operation);
    case 'check-health':
      return requireHealth(context);
    case 'soak':
      return soak(context, plan, operation.part);
    default:
      throw new Error(`${operation.kind} is no operation of a Swarm`);
  }
}

/** The steps that change services share one undo: it brings all of them back, and comes after the files. */
function undoOf({ observation, inputs }: RolloutContext): { readonly lastUndo: string } {
  const seconds = Math.ceil(inputs.readyTimeoutMs / 1000) + UNDO_SECONDS;
  return { lastUndo: `swarm_restore ${quote(observation.wanted.project)} ${String(seconds)}` };
}

async function updateServices(
  context: RolloutContext,
  stack: SwarmStack,
  { services }: Extract<Operation, { kind: 'update-services' }>,
): Promise<void> {
  const { observation, inputs, transaction, results } = context;
  const images = Object.fromEntries(
    services.map((service) => [service, imageOf(context, service)] as const),
  );
  const output = await transaction.step({
    name: 'swarm',
    ...undoOf(context),
    script: remoteScript('update-services'),
    variables: {
      STACK: observation.wanted.project,
      FILE: renderStack(translateProject(stack.project, stack.contents), images),
      SERVICES: commandLine(services),
      TIMEOUT: String(Math.ceil(inputs.readyTimeoutMs / 1000)),
    },
  });
  const tasks = output.split(/^next$/m).flatMap(parseTasks);
  for (const service of services) {
    const name = `${observation.wanted.project}_${service}`;
    const own = tasks.filter((each) => each.service === name);
    results.candidates.set(
      service,
      own.map((each) => ({ ...each, service })),
    );
  }
}

/** `pre-deploy`: a job beside the stack's services. */
async function runInSwarm(
  context: RolloutContext,
  stack: SwarmStack,
  operation: Extract<Operation, { kind: 'run-command' }>,
): Promise<void> {
  const { observation, inputs, transaction } = context;
  const { name, file } = jobFile(
    translateProject(stack.project, stack.contents),
    operation,
    imageOf(context, operation.service),
  );
  await transaction.step({
    name: 'swarm',
    ...undoOf(context),
    script: remoteScript('swarm-command'),
    variables: {
      STACK: observation.wanted.project,
      FILE: file,
      JOB: name,
      TIMEOUT: String(Math.ceil(inputs.readyTimeoutMs / 1000)),
    },
  });
}

/**
 * By its id, on a Swarm of one node: that names one image for ever, and no registry is asked for it. One that is
 * not on the host yet is pulled by Swarm.
 */
function imageOf({ results, observation }: RolloutContext, service: string): string {
  const reference = observation.wanted.services[service]?.image ?? '';
  return results.imageIds.get(reference) ?? observation.images[reference] ?? reference;
}

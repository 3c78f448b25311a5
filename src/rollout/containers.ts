import { commandLine, quote } from '../host/quote.js';
import { variablesBefore } from '../host/state.js';
import { commandWords } from '../plan/compose/commands.js';
import type { Operation, Plan } from '../plan/plan.js';
import type { ServiceScale } from '../plan/scale.js';
import { remoteScript } from '../remote/load.js';
import { askingOf } from './candidate-checks.js';
import { create } from './create.js';
import { runningOf } from './creation.js';
import type { RolloutContext } from './context.js';
import { runsAgain, type RunJob } from './jobs.js';
import { candidateLines } from './liveness.js';
import { withoutOthers } from './recreation.js';
import { isInTheWay } from './volumes.js';
import { countHeld, drains, together } from './cutover.js';

type Start = Extract<Operation, { kind: 'start' }>;
type Stop = Extract<Operation, { kind: 'stop-incumbents' }>;
type Replace = Extract<Operation, { kind: 'replace' }>;
type RunCommand = Extract<Operation, { kind: 'run-command' }>;

const NOTHING_MORE = { resumed: [], port: undefined, drainFile: undefined };

/** Starts containers beside the incumbents, and waits until they are ready, and answer as these do. */
export async function startContainers(
  context: RolloutContext,
  operation: Start,
  plan: Plan,
): Promise<void> {
  const services: ServiceScale[] = [];
  for (const scale of operation.services) {
    const isMade = isInTheWay(context.observation.wanted, scale);
    services.push(isMade ? await withoutOthers(context, scale) : scale);
  }
  const asking = askingOf(context, plan, services);
  const again = runningOf(context, services, plan);
  await create(context, { name: 'start', services, again, then: START, asking });
}

/** Lets the incumbents finish what they hold; they are kept, stopped, until the release is proven. */
export async function stopIncumbents(
  context: RolloutContext,
  operation: Stop,
  plan: Plan,
): Promise<void> {
  if (operation.ids.length === 0) return;
  const { ids, drained } = operation;
  const draining = drains(context, drained, ids);
  const output = await context.transaction.step({
    name: 'stop',
    undo: startsAgain(operation),
    script: [
      // Requests go to the candidates alone by now.
      ...(draining.length === 0 ? [] : [`while_alive "$CANDIDATES" ${quote(together(draining))}`]),
      // Where a gap is accepted, somebody may be known to go on with them.
      `require_left ${context.inputs.allowDowntime ? 'no' : 'yes'} ${ids.join(' ')}`,
      `${stopsBy(operation)} ${ids.join(' ')}`,
    ].join('\n'),
    variables: { CANDIDATES: candidateLines(context, plan.services) },
  });
  countHeld(context, output);
}

function stopsBy({ aside, retiring }: Stop): string {
  if (aside) return 'stop_aside';
  return retiring ? 'stop_timed' : 'stop_containers';
}

/** Those that nothing is sent to come first: others may need them to be ready. */
function startsAgain({ ids, serving }: Stop): string {
  const ready = serving.map(({ id, port }) => (port === undefined ? id : `${id}:${String(port)}`));
  const others = ids.filter((id) => !serving.some((each) => each.id === id));
  return [
    ...(others.length === 0 ? [] : [`start_containers ${others.join(' ')}`]),
    ...(ready.length === 0 ? [] : [`serve_again ${ready.join(' ')}`]),
  ].join('\n');
}

/** The end of a stop that went on beside other changes. */
export async function awaitIncumbents({ transaction }: RolloutContext): Promise<void> {
  await transaction.step({ name: 'stopped', script: 'await_stopped', variables: {} });
}

/**
 * The incumbent goes first, then the new container starts: never two at once. The new one is created
 * beforehand, so that between the two lie only a stop and a start.
 */
export async function replaceContainers(
  context: RolloutContext,
  operation: Replace,
): Promise<void> {
  const { service, replicas, incumbents, dead, handed, proxies } = operation;
  const scale: ServiceScale = { ...NOTHING_MORE, service, replicas, incumbents, dead, handed };
  const afterUndos = proxies.map(
    ({ kind, container }) => `lead_again ${kind} ${quote(container)} yes ''`,
  );
  if (context.observation.wanted.services[service]?.containerName !== undefined) {
    // A fixed `container_name` allows no second container: the incumbent is removed first.
    const services = [await withoutOthers(context, scale, afterUndos)];
    await create(context, { name: 'start', services, then: START });
  } else {
    const services = [scale];
    await create(context, {
      name: `replace-${service}`,
      services,
      stop: incumbents,
      then: START,
      afterUndos,
    });
  }
}

/**
 * Runs a job's service to its end; its exit code decides. Where its name is not fixed, the container of
 * the last run stays beside it until the release is proven.
 */
export async function runJob(
  context: RolloutContext,
  operation: RunJob,
  plan: Plan,
): Promise<void> {
  const { service, again, incumbents: running, dead: ended, handed } = operation;
  const stays = context.observation.wanted.services[service]?.containerName === undefined;
  // One that still runs goes first: a job is never done twice at once.
  const [incumbents, dead] = stays ? [ended, running] : [[], [...running, ...ended]];
  // Their volumes stay without them.
  const alone = handed.map((each) => ({ ...each, container: '' }));
  const scale = { ...NOTHING_MORE, service, replicas: 1, incumbents, dead, handed: alone };
  const lastUndo = again ? runsAgain(context, plan, operation) : undefined;
  await create(context, { name: `job-${service}`, services: [scale], then: ['job'], lastUndo });
}

/** Runs a command once in the release's image: `pre-deploy`, `post-deploy`. */
export async function runCommand(context: RolloutContext, operation: RunCommand): Promise<void> {
  const { service, command } = operation;
  const name = `resee-deploy-${context.observation.wanted.project}-${service}-${context.fence}`;
  await context.transaction.step({
    name: 'run',
    undo: `remove_container ${quote(name)}`,
    script: remoteScript('command'),
    variables: {
      DIR: context.observation.live.path,
      COMPOSE: context.compose,
      VARIABLES: variablesBefore(context.inputs.compose.variables),
      SERVICE: service,
      WORDS: commandLine(commandWords(command)),
      NAME: name,
      POLICY: hasPullPolicy(context, service) ? 'yes' : 'no',
    },
  });
}

function hasPullPolicy({ observation }: RolloutContext, service: string): boolean {
  return observation.wanted.services[service]?.definition['pull_policy'] !== undefined;
}

/** Scripts that follow the creation: what becomes of the new containers. */
const START = ['begin', 'ready'] as const;

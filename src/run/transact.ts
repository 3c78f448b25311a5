import type { Clock } from '../clock.js';
import { watchEdge, type EdgeOfRelease } from './edge.js';
import type { Edge } from '../edge/edge.js';
import { openEntrance, type Entrance } from '../health/entrance.js';
import type { Probe } from '../health/probe.js';
import type { Lease } from '../host/lease.js';
import type { RunnerImages } from '../images/runner.js';
import type { Shell } from '../host/shell.js';
import { composeArguments, stateAssignment } from '../host/state.js';
import type { Inputs } from '../inputs.js';
import type { Log } from '../log.js';
import { checkPublicUrl, startMeasuring } from './measure.js';
import { warnOfDoubt } from '../health/doubt.js';
import type { Heartbeat } from './heartbeat.js';
import type { Opening } from './opening.js';
import { healthTarget } from '../plan/health/health-host.js';
import type { Observation, ReleaseRecord } from '../plan/observation.js';
import type { Plan } from '../plan/plan.js';
import { changesNothing } from '../plan/planner.js';
import type { PlanOptions } from '../plan/plan-options.js';
import type { Progress } from './progress.js';
import { runCommand } from '../rollout/containers.js';
import { noResults, type RolloutContext } from '../rollout/context.js';
import { executePlan, sendImages, type ExecutionHooks } from '../rollout/execute.js';
import { explainFailure } from '../rollout/failure.js';
import { openTransaction } from '../rollout/transaction.js';
import { executeSwarm } from '../swarm/execute.js';
import { requireLastAnswers } from '../rollout/watch.js';
import type { Connection } from '../ssh/connect.js';

export interface DeployRequest {
  readonly inputs: Inputs;
  /** The commit to bring. */
  readonly sha: string;
  /** For a rollback: the kept release to go back to. */
  readonly release: ReleaseRecord | undefined;
  /** This run's name on the host: letters, digits, dashes. */
  readonly run: string;
  /** Who deploys, as JSON, for those who must wait. */
  readonly owner: string;
}

export interface DeployDeps {
  readonly connection: Connection;
  readonly shell: Shell;
  /** Opened together with the shell. */
  readonly opening: Opening | undefined;
  /** Where the workflow names a zone of Cloudflare. */
  readonly edge?: Edge | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Keeps the lease from when it is there. */
  readonly heartbeat: Heartbeat;
  /** With `build: runner`. */
  readonly runnerImages: RunnerImages | undefined;
}

/** What is to be executed, and on what it was planned. */
export interface Judged {
  readonly plan: Plan;
  readonly options: PlanOptions;
  readonly observation: Observation;
}

/**
 * Executes a plan as one transaction. The site's availability is measured from
 * before the first change; undoing is the caller's, and so is the end of the measuring, after it.
 *
 * @param leasing the lease, or where it was only just asked for, its coming: images are made behind it
 * @returns false where nothing was done: while it came, somebody else may have changed the stack
 */
export async function transact(
  { plan, options, observation }: Judged,
  leasing: Lease | Promise<Lease>,
  request: DeployRequest,
  deps: DeployDeps,
): Promise<boolean> {
  const { connection, shell, clock, log, signal } = deps;
  const { run } = request;
  const inputs = withHealthTarget(request.inputs, observation);
  const state = stateAssignment(inputs.compose.projectName, inputs.path);
  const behind = leasing instanceof Promise ? leasing : undefined;
  // What was opened before somebody else was waited for tells of another time.
  const opened = behind === undefined ? undefined : deps.opening?.entrance;
  const entrance = entranceFor(inputs.health, opened, request, deps);
  const late: LateValues = {};
  const context: RolloutContext = {
    transaction: openTransaction(shell, { state, signal, behind }),
    observation,
    inputs,
    planOptions: options,
    compose: composeArguments(inputs.compose),
    run,
    get fence() {
      if (late.lease === undefined) throw new Error('The lease is not there yet');
      return late.lease.fence;
    },
    runnerImages: deps.runnerImages,
    upload: connection.upload,
    checkHealth: async () => (await entrance).check(),
    entrance,
    get probe() {
      return late.probe;
    },
    clock,
    log,
    signal,
    results: noResults(),
  };
  const images = sendImages(plan, context);
  const lease = await leasing;
  late.lease = lease;
  if (behind !== undefined && lease.changed) return false;

  const measure = async (): Promise<void> => {
    const way = await entrance;
    void warnOfDoubt(way, way.first, inputs, log);
    late.probe = await measureFrom(way, inputs, deps);
  };
  const watched = Promise.all([deps.heartbeat.started(), measure()]);
  const edge = watchEdge({ inputs, observation, entrance }, edgeDeps(deps));
  try {
    await executeToItsEnd(plan, context, { images, watched, edge }, deps);
  } finally {
    deps.progress.counted(context.results);
    // What was only just being opened has to be there, or to have failed, before it can be ended.
    await Promise.allSettled([watched]);
  }
  return true;
}

function edgeDeps({ edge, progress }: DeployDeps): Parameters<typeof watchEdge>[1] {
  return { edge, note: progress.noted };
}

/** With the name that the proxy serves the application to, where the workflow names none. */
export function withHealthTarget(inputs: Inputs, observation: Observation): Inputs {
  const { url, host } = healthTarget(observation, inputs.health);
  if (url === inputs.health.url && host === inputs.health.host) return inputs;
  return { ...inputs, health: { ...inputs.health, url, host } };
}

/** The entrance by the name that is asked for; one that was opened by another name is not needed any more. */
function entranceFor(
  health: Inputs['health'],
  opened: Promise<Entrance> | undefined,
  { inputs }: DeployRequest,
  deps: Pick<DeployDeps, 'connection' | 'clock' | 'log'>,
): Promise<Entrance> {
  if (opened !== undefined && health === inputs.health) return opened;
  void opened?.then((first) => first.close()).catch(() => undefined);
  const entrance = openEntrance(deps.connection, health, deps);
  entrance.catch(() => undefined);
  return entrance;
}

async function measureFrom(
  entrance: Entrance,
  inputs: Inputs,
  deps: DeployDeps,
): Promise<Probe | undefined> {
  const measuring = await startMeasuring(entrance, inputs, deps);
  deps.progress.measuring(measuring);
  return measuring.probe;
}

/** Known only after the first step was sent. */
interface LateValues {
  lease?: Lease;
  probe?: Probe | undefined;
}

/** The plan, what comes after it, and the end of the transaction. */
async function executeToItsEnd(
  plan: Plan,
  context: RolloutContext,
  around: Omit<ExecutionHooks, 'phased'> & { readonly edge: EdgeOfRelease },
  deps: DeployDeps,
): Promise<void> {
  const { progress, log } = deps;
  const phased: ExecutionHooks['phased'] = (operation, title, work) => {
    if (operation.kind === 'soak') around.edge.serves();
    return progress.operation(operation, title, () =>
      work().catch((error: unknown) => {
        throw explainFailure(error, operation);
      }),
    );
  };
  const { swarmStack } = context.observation;
  const hooks = { ...around, phased };
  const executed =
    swarmStack === undefined
      ? await executePlan(plan, context, hooks)
      : await executeSwarm(plan, context, swarmStack, hooks);
  progress.executed(executed, context.results);
  progress.end(changesNothing(executed) ? 'unchanged' : 'deployed');
  await postDeploy(context, log);
  const edge = around.edge.stays(deps.signal, !changesNothing(executed));
  await Promise.all([checkPublicUrl(context.inputs, deps), context.transaction.close(), edge]);
  if (executed.operations.some(({ kind }) => kind === 'check-health'))
    await requireLastAnswers(context);
}

/** Commands after success; a failure warns. */
async function postDeploy(context: RolloutContext, log: Log): Promise<void> {
  for (const { service, command } of context.inputs.postDeploy) {
    try {
      await runCommand(context, { kind: 'run-command', service, command });
    } catch (error) {
      log.warn(`post-deploy of ${service} failed: ${command} (${String(error)})`);
    }
  }
}

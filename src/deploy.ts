import type { Clock } from './clock.js';
import { RefusedError } from './errors.js';
import { httpGet, type HttpAnswer } from './health/http.js';
import { startProbe, type Probe } from './health/probe.js';
import { acquireLease, keepLease, type Lease } from './host/lease.js';
import { observe } from './host/observe.js';
import type { Shell } from './host/shell.js';
import { composeArguments, stateAssignment } from './host/state.js';
import type { Inputs } from './inputs.js';
import type { Log } from './log.js';
import type { Observation, ReleaseRecord } from './plan/observation.js';
import type { Plan } from './plan/plan.js';
import { changesNothing, makePlan, type PlanOptions } from './plan/planner.js';
import { renderPlan } from './plan/render.js';
import type { Progress } from './progress.js';
import { runCommand } from './rollout/containers.js';
import type { RolloutContext } from './rollout/context.js';
import { executePlan } from './rollout/execute.js';
import { explainFailure } from './rollout/failure.js';
import { openTransaction } from './rollout/transaction.js';
import type { Connection } from './ssh/connect.js';

const HEALTH_REQUEST_TIMEOUT_MS = 5_000;

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
  readonly clock: Clock;
  readonly log: Log;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** observe → plan → lease → execute. What has been learned on the way is noted in `progress`. */
export async function deploy(request: DeployRequest, deps: DeployDeps): Promise<void> {
  try {
    await planAndExecute(request, deps);
  } finally {
    // With a lease, whoever ends the transaction clears the stage.
    if (deps.progress.known.fence === undefined && !deps.signal.aborted) {
      const { compose, path } = request.inputs;
      await deps.shell.run(
        `${stateAssignment(compose.projectName, path)}rm -rf "$STATE/stage/$RUN"`,
        { RUN: request.run },
      );
    }
  }
}

async function planAndExecute(request: DeployRequest, deps: DeployDeps): Promise<void> {
  const { inputs, sha, run } = request;
  const { shell, log, progress, signal } = deps;
  const look = (): Promise<Observation> =>
    progress.phase('observe', () => observe(shell, inputs, sha, run, signal));

  let observation = await look();
  progress.observed(observation);
  if (request.release === undefined && isSuperseded(observation)) {
    progress.end('superseded');
    log.warn(
      `${observation.live.head ?? ''} is newer than ${sha}, and runs already: nothing to do`,
    );
    return;
  }
  const options = planOptions(inputs, request.release, observation);
  let plan = planOrRefuse(observation, options, deps);
  if (inputs.operation === 'plan') {
    progress.end('planned');
    return;
  }
  if (isNoop(plan, observation)) {
    progress.end('unchanged');
    return;
  }

  const state = stateAssignment(inputs.compose.projectName, inputs.path);
  const lease = await progress.phase('lease', () =>
    acquireLease(shell, { state, owner: request.owner, waitMs: inputs.lockTimeoutMs }, signal),
  );
  progress.leased(lease.fence);
  if (lease.changed) {
    observation = await look();
    plan = planOrRefuse(observation, options, deps);
  }
  await execute(plan, observation, options, lease, request, deps);
}

function planOrRefuse(observation: Observation, options: PlanOptions, deps: DeployDeps): Plan {
  const planned = makePlan(observation, options);
  deps.progress.planned(planned.plan);
  for (const line of renderPlan(planned.plan)) deps.log.info(line);
  if (planned.kind === 'plan') return planned.plan;
  throw new RefusedError({
    what: planned.refusals.map(({ what }) => what).join('\n'),
    where: observation.live.path,
    next: planned.refusals.map(({ next }) => next).join('\n'),
  });
}

async function execute(
  plan: Plan,
  observation: Observation,
  options: PlanOptions,
  lease: Lease,
  { inputs, run }: DeployRequest,
  deps: DeployDeps,
): Promise<void> {
  const { connection, shell, clock, log, progress, signal } = deps;
  const state = stateAssignment(inputs.compose.projectName, inputs.path);
  const checkHealth = (): Promise<HttpAnswer> =>
    httpGet(connection.dial, inputs.health.url, {
      ...(inputs.health.host === undefined ? {} : { host: inputs.health.host }),
      timeoutMs: HEALTH_REQUEST_TIMEOUT_MS,
    });
  const heartbeat = keepLease(await connection.openSession(), state, lease.fence, deps);
  const probe = await probeSite(checkHealth, inputs, deps);
  const context: RolloutContext = {
    transaction: openTransaction(shell, { state, fence: lease.fence, run, signal }),
    observation,
    inputs,
    planOptions: options,
    compose: composeArguments(inputs.compose),
    run,
    fence: lease.fence,
    checkHealth,
    probe,
    clock,
    log,
    signal,
    made: { candidates: new Map(), imageIds: new Map() },
  };
  try {
    const executed = await executePlan(plan, context, (operation, title, work) =>
      progress.phase(title, () =>
        work().catch((error: unknown) => {
          throw explainFailure(error, operation);
        }),
      ),
    );
    progress.executed(executed, context.made);
    progress.end(changesNothing(executed) ? 'unchanged' : 'deployed');
    await postDeploy(context, log);
    await context.transaction.close();
  } finally {
    await heartbeat.stop();
    if (probe !== undefined) progress.probed(await probe.stop());
  }
}

/** Measures only a site that answers now: the failures of one that doesn't are not ours. */
async function probeSite(
  checkHealth: () => Promise<HttpAnswer>,
  { probeIntervalMs, health }: Inputs,
  { clock, log }: DeployDeps,
): Promise<Probe | undefined> {
  if (probeIntervalMs === 0) return undefined;
  const answer = await checkHealth();
  if (answer.kind === 'response' && answer.status === health.status) {
    return startProbe(checkHealth, { intervalMs: probeIntervalMs, status: health.status }, clock);
  }
  log.info(
    `${health.url.href} does not answer ${String(health.status)} now: availability is not measured`,
  );
  return undefined;
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

function planOptions(
  inputs: Inputs,
  release: ReleaseRecord | undefined,
  observation: Observation,
): PlanOptions {
  const kept = Object.values(release?.services ?? {}).filter(({ keptAs }) => keptAs !== undefined);
  const present = new Set(Object.values(observation.images));
  const lost = kept.filter(({ imageId }) => !present.has(imageId));
  if (lost.length > 0) {
    throw new RefusedError({
      what: `images of ${release?.sha ?? ''} are not on the host any more: ${lost.map(({ image }) => image).join(', ')}`,
      next: 'Deploy that commit again (operation: deploy, from a revert commit), or roll back to another kept release.',
    });
  }
  return {
    services: inputs.compose.services,
    images: release === undefined ? inputs.compose.build : 'kept',
    preDeploy: release === undefined ? inputs.preDeploy : [],
    postDeploy: release === undefined ? inputs.postDeploy : [],
    allowDowntime: inputs.allowDowntime,
    keptImages: Object.fromEntries(kept.map(({ image, imageId }) => [image, imageId])),
  };
}

/** The live directory is at a newer commit of the branch already. */
function isSuperseded({ live, commit }: Observation): boolean {
  return live.head !== undefined && live.head !== commit.sha && !commit.newerThanLive;
}

function isNoop(plan: Plan, { live, commit, releases }: Observation): boolean {
  return changesNothing(plan) && live.head === commit.sha && releases.at(-1)?.sha === commit.sha;
}

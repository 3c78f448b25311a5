import { transact, type DeployDeps, type DeployRequest, type Judged } from './transact.js';
import { wantEdge } from './edge.js';
import { createHeartbeat } from './heartbeat.js';
import { endWithoutRelease } from './end-without-release.js';
import { acquireLease, tellAfterLogin, tellAfterReboot, type Lease } from '../host/lease.js';
import { observe } from '../host/observe.js';
import { toRecord } from '../host/workflow-record.js';
import { inspectStorage } from '../host/storage.js';
import { createRunnerImages, type RunnerImages } from '../images/runner.js';
import type { Shell } from '../host/shell.js';
import type { Session } from '../ssh/session.js';
import { stateAssignment } from '../host/state.js';
import { engineOf } from '../plan/engine.js';
import type { Observation } from '../plan/observation.js';
import type { Plan } from '../plan/plan.js';
import { makePlan, withLaterRefusals } from '../plan/planner.js';
import type { PlanOptions } from '../plan/plan-options.js';
import { planOptions } from './plan-options.js';
import { isRunning } from '../plan/releases.js';
import { renderPlan } from '../plan/render.js';
import { storageToInspect } from '../plan/roles/storage.js';
import { throwRefusals } from '../rollout/refuse.js';
import { lookAtSwarm } from '../swarm/look.js';
import { planSwarm } from '../swarm/plan.js';

/**
 * observe → plan → lease → execute. What has been learned on the way is noted in `progress`. Where
 * another deploy is under way, the lease comes first: what is seen of the host until then is not its own.
 */
export async function deploy(
  request: DeployRequest,
  given: Omit<DeployDeps, 'runnerImages' | 'heartbeat'>,
): Promise<void> {
  const { inputs, sha, run } = request;
  const { shell, progress } = given;
  const state = stateAssignment(inputs.compose.projectName, inputs.path);
  const session = (): Promise<Session> => given.opening?.session ?? given.connection.openSession();
  const heartbeat = createHeartbeat(session, state, given);
  const signal = AbortSignal.any([given.signal, heartbeat.engineSilent]);
  const deps = { ...given, signal, heartbeat, runnerImages: runnerImagesFor(request, given) };
  const look = async (): Promise<Observation> => {
    const seen = await progress.phase('observe', async () => {
      const host = await observe(shell, inputs, sha, run, signal);
      return engineOf(host, inputs.compose.engine) === 'swarm'
        ? lookAtSwarm(shell, host, signal)
        : host;
    });
    progress.observed(seen);
    return seen;
  };
  const take = async (): Promise<Lease> => {
    const lease = await progress.phase('lease', () =>
      acquireLease(shell, { state, owner: request.owner, waitMs: inputs.lockTimeoutMs }, signal),
    );
    progress.leased(lease.fence);
    // Also before the plan: to look at the host may take longer than the lease lives.
    heartbeat.start(lease.fence);
    tellAfterReboot(lease.afterReboot, inputs.connection.username, given.log);
    tellAfterLogin(lease, inputs.connection.username, given.log);
    return lease;
  };

  try {
    await judgeAndExecute(request, deps, { state, look, take });
  } catch (error) {
    // With a lease, handing the stack back clears the stage as well.
    const untouched = progress.facts.fence === undefined && !signal.aborted;
    if (untouched) await clearStage(shell, { state, run, fence: undefined });
    throw error;
  } finally {
    heartbeat.stop();
  }
}

/** Begins to look at the runner, beside the look at the host; undefined where nothing is built there. */
function runnerImagesFor(
  { inputs, sha, release }: DeployRequest,
  { log, signal }: Pick<DeployDeps, 'log' | 'signal'>,
): RunnerImages | undefined {
  return inputs.compose.build === 'runner' && inputs.operation === 'deploy' && release === undefined
    ? createRunnerImages(sha, {
        environment: process.env,
        variables: inputs.compose.variables,
        log,
        signal,
      })
    : undefined;
}

/** @throws RefusedError where the runner cannot build what the plan wants from it */
async function requireRunner(
  { plan, observation }: Judged,
  { runnerImages }: DeployDeps,
): Promise<void> {
  const shipped = plan.operations.find(
    (operation) => operation.kind === 'prepare-images' && operation.verb === 'ship',
  );
  if (runnerImages === undefined || shipped?.kind !== 'prepare-images') return;
  await runnerImages.require({
    project: observation.wantedProject,
    stage: observation.stage,
    bases: shipped.bases,
    services: shipped.services,
    platform: observation.host.platform,
  });
}

interface Acts {
  /** Shell code that sets STATE and LIBRARY. */
  readonly state: string;
  readonly look: () => Promise<Observation>;
  readonly take: () => Promise<Lease>;
}

async function judgeAndExecute(
  request: DeployRequest,
  deps: DeployDeps,
  { state, look, take }: Acts,
): Promise<void> {
  const { inputs, run } = request;
  let observation = await look();
  let lease: Lease | undefined;
  if (observation.busy && inputs.operation !== 'plan') {
    lease = await take();
    observation = await look();
  }
  for (;;) {
    observation = await withStorage(observation, request, deps);
    const judged = judge(observation, request, deps);
    if (judged === undefined) {
      await endWithoutRelease(inputs, observation, deps);
      await clearStage(deps.shell, { state, run, fence: lease?.fence });
      return;
    }
    await requireRunner(judged, deps);
    const asked = lease ?? take();
    if (await transact(judged, asked, request, deps)) return;
    // While the lease came, somebody else may have changed what was observed.
    lease = await asked;
    observation = await look();
  }
}

/** Where Swarm changes services, only the file says in which order. */
async function withStorage(
  observation: Observation,
  { inputs, release }: DeployRequest,
  { shell, signal }: DeployDeps,
): Promise<Observation> {
  if (observation.swarmStack !== undefined) return observation;
  const { plan } = makePlan(observation, planOptions(inputs, release, observation));
  const questions = storageToInspect(observation, plan.services);
  const state = stateAssignment(inputs.compose.projectName, inputs.path);
  return { ...observation, storage: await inspectStorage(shell, state, questions, signal) };
}

/** Nothing was changed: the run's own directory goes, and the lease is free again. */
async function clearStage(
  shell: Shell,
  { state, run, fence }: { state: string; run: string; fence: string | undefined },
): Promise<void> {
  const release = fence === undefined ? '' : '. "$LIBRARY/lib.sh"\nlease_release "$FENCE"\n';
  const forget =
    'git --git-dir "$STATE/repository.git" update-ref -d "refs/resee-deploy/$RUN/branch" 2>/dev/null || :\n';
  await shell.run(`${state}rm -rf "$STATE/stage/$RUN"\n${forget}${release}`, {
    RUN: run,
    FENCE: fence ?? '',
  });
}

/**
 * @returns what to execute; undefined where the run ends here: planned, superseded, unchanged
 * @throws RefusedError for a plan that must not be executed
 */
function judge(
  observation: Observation,
  { inputs, release }: DeployRequest,
  deps: DeployDeps,
): Judged | undefined {
  const { progress, log } = deps;
  if (release === undefined && isSuperseded(observation)) {
    progress.end('superseded');
    log.warn(
      `${observation.live.head ?? ''} is newer than ${observation.commit.sha}, and runs already: nothing to do`,
    );
    return undefined;
  }
  const noted = { edge: deps.edge, note: progress.noted };
  wantEdge(noted, inputs, observation, release !== undefined);
  const options = planOptions(inputs, release, observation);
  const plan = planOrRefuse(observation, options, deps, inputs.operation === 'plan');
  if (inputs.operation === 'plan' || isRunning(plan, observation, toRecord(inputs))) {
    progress.end(inputs.operation === 'plan' ? 'planned' : 'unchanged');
    return undefined;
  }
  return { plan, options, observation };
}

function planOrRefuse(
  observation: Observation,
  options: PlanOptions,
  deps: DeployDeps,
  looksOnly: boolean,
): Plan {
  const { swarmStack } = observation;
  const planned =
    swarmStack === undefined
      ? makePlan(observation, options)
      : planSwarm(observation, swarmStack, options);
  const plan =
    looksOnly && swarmStack === undefined
      ? withLaterRefusals(planned.plan, observation, options)
      : planned.plan;
  deps.progress.planned(plan);
  for (const line of renderPlan(plan)) deps.log.info(line);
  if (planned.kind === 'refused') throwRefusals(planned.refusals, observation.live.path);
  return plan;
}

/** The live directory is at a newer commit of the branch already: one that the branch still has. */
function isSuperseded({ live, commit }: Observation): boolean {
  const { head, localCommits } = live;
  return (
    head !== undefined && head !== commit.sha && !commit.newerThanLive && localCommits.length === 0
  );
}

import type { Clock } from './clock.js';
import { httpGet, type HttpAnswer } from './health/http.js';
import { startProbe, type Probe } from './health/probe.js';
import { publicProblem } from './health/public.js';
import { keepLease, type Lease } from './host/lease.js';
import type { Shell } from './host/shell.js';
import { composeArguments, stateAssignment } from './host/state.js';
import type { Inputs } from './inputs.js';
import type { Log } from './log.js';
import type { Observation, ReleaseRecord } from './plan/observation.js';
import type { Plan } from './plan/plan.js';
import { changesNothing, type PlanOptions } from './plan/planner.js';
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

/** What is to be executed, and on what it was planned. */
export interface Judged {
  readonly plan: Plan;
  readonly options: PlanOptions;
  readonly observation: Observation;
}

/**
 * Executes a plan as one transaction, with the lease kept alive and the site's availability measured
 * from before the first change until after the last. Undoing is the caller's.
 */
export async function carryOut(
  { plan, options, observation }: Judged,
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
      progress.operation(operation, title, () =>
        work().catch((error: unknown) => {
          throw explainFailure(error, operation);
        }),
      ),
    );
    progress.executed(executed, context.made);
    progress.end(changesNothing(executed) ? 'unchanged' : 'deployed');
    await postDeploy(context, log);
    await checkPublicUrl(inputs, deps);
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

/** The health check decides; what stands before the host is not this release's to answer for. */
async function checkPublicUrl({ url }: Inputs, { clock, log }: DeployDeps): Promise<void> {
  if (url === undefined) return;
  const problem = await publicProblem(url, clock);
  if (problem === undefined) log.info(`${url} answers`);
  else log.warn(`the release serves, but ${url} does not answer from here: ${problem}`);
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

import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as core from '@actions/core';
import { cancelOnSignal } from './cancel.js';
import { edgeOf } from './edge-of-release.js';
import type { Edge } from './edge/edge.js';
import { DeployError, RefusedError } from './errors.js';
import { openGate } from './gate/gate.js';
import { readGithubContext, type GithubContext } from './gate/github-context.js';
import { handStackBack } from './hand-back.js';
import { createShell } from './host/shell.js';
import { loadInputs, type Inputs } from './inputs.js';
import { operate } from './operate.js';
import { openBeside } from './opening.js';
import { createProgress, type Progress } from './progress.js';
import { actionsLog, type ActionsLog } from './report/actions-log.js';
import { annotateFailure, asDeployError } from './report/annotate.js';
import { startGithubDeployment, type GithubDeployment } from './report/github-deployment.js';
import { createHidden, type Hidden } from './report/hidden.js';
import type { Outcome, Result } from './report/outcome.js';
import { writeOutputs } from './report/outputs.js';
import { writeReport } from './report/report-file.js';
import { writeSummary } from './report/summary.js';
import { connect, type Connection } from './ssh/connect.js';
import { SessionLostError } from './ssh/lost.js';
import { ProxyCommandError } from './ssh/proxy-command.js';
import { newRunName, STATE_FENCE, STATE_RUN, STATE_SETTLED, STATE_SHA } from './run-state.js';
import { systemClock } from './system-clock.js';

const LOSS_IS_TOLD_WITHIN_MS = 200;

/** One run of the action, from its inputs to its report. The exit code says how it ended. */
export async function main(): Promise<void> {
  const log = actionsLog();
  const startedAt = new Date().toISOString();
  const from = systemClock.now();
  const github = readGithubContext(process.env, (path) => readFileSync(path, 'utf8'));
  const run = newRunName(github);
  const hidden = createHidden();
  core.saveState(STATE_RUN, run);
  const progress = createProgress(systemClock, log, (fence) => {
    core.saveState(STATE_FENCE, fence);
  });
  let inputs: Inputs | undefined;
  let error: DeployError | undefined;
  try {
    inputs = loadInputs(process.env, hidden.hide);
    core.saveState(STATE_SHA, inputs.source.sha);
    openGate(inputs, github, log);
    error = await perform({ inputs, github, run, progress, log, hide: hidden.hide });
  } catch (problem) {
    error = asDeployError(problem);
  }
  const { known } = progress;
  await report(
    {
      result: known.result ?? 'refused',
      startedAt,
      sha: known.sha ?? inputs?.source.sha ?? github.sha,
      previousSha: known.previousSha,
      plan: known.plan,
      services: known.services,
      phases: known.phases,
      availability: known.availability,
      traffic: known.traffic,
      heldConnections: known.heldConnections,
      edge: known.edge,
      durationMs: systemClock.now() - from,
      url: inputs?.url,
      error: error === undefined ? undefined : hidden.redact(error),
    },
    inputs,
    github,
    log,
  );
}

interface Run {
  readonly inputs: Inputs;
  readonly github: GithubContext;
  /** Its name on the host. */
  readonly run: string;
  readonly progress: Progress;
  readonly log: ActionsLog;
  readonly hide: Hidden['hide'];
}

/** Connects, does what `operation` asks, and hands the stack back when that fails. */
async function perform({
  inputs,
  github,
  run,
  progress,
  log,
  hide,
}: Run): Promise<DeployError | undefined> {
  const cancelled = cancelOnSignal();
  const connection = await progress.phase('connect', () =>
    connect(inputs.connection, { log, clock: systemClock, signal: cancelled }),
  );
  const announced: Promise<GithubDeployment>[] = [];
  const announce = (sha: string): void => {
    const { environment, url, source } = inputs;
    announced.push(
      startGithubDeployment({ environment, token: source.token, sha, url }, github, log),
    );
  };
  const from = systemClock.now();
  const edge = edgeOf(inputs, { clock: systemClock, log, progress, connection });
  let error: DeployError | undefined;
  try {
    const session = connection.openSession();
    const opening = changesTheStack(inputs)
      ? openBeside(connection, inputs, { clock: systemClock, log })
      : undefined;
    const shell = createShell(await session, log);
    await operate(inputs, github, {
      run,
      connection,
      shell,
      opening,
      edge,
      progress,
      log,
      hide,
      signal: cancelled,
      announce,
    });
  } catch (problem) {
    error = await settle(await foreseen(problem, inputs.connection.host, connection), {
      inputs,
      run,
      connection,
      edge,
      progress,
      log,
    });
  }
  core.saveState(STATE_SETTLED, 'true');
  // Also what was undone is over by now.
  await progress.measured();
  await connection.close();
  const { result = 'refused', availability } = progress.known;
  const durationMs = systemClock.now() - from;
  for (const deployment of await Promise.all(announced))
    await deployment.finish({ result, durationMs, availability });
  return error;
}

function changesTheStack({ operation }: Inputs): boolean {
  return operation === 'deploy' || operation === 'rollback';
}

/** A connection that breaks is no bug of ours: it is told as what it is. */
async function foreseen(
  problem: unknown,
  host: string,
  { closed }: Connection,
): Promise<DeployError> {
  if (!(problem instanceof SessionLostError)) return asDeployError(problem);
  // A session may hear of it a moment before the connection does.
  const why = await Promise.race([closed, systemClock.sleep(LOSS_IS_TOLD_WITHIN_MS)]);
  const program = why?.cause instanceof ProxyCommandError ? why.cause : undefined;
  return new DeployError({
    what: `the connection to the host was lost${program === undefined ? '' : `: ${program.message}`}`,
    where: host,
    next: 'Run the workflow again.',
    cause: why ?? problem,
    ...(program === undefined ? {} : { evidence: program.evidence }),
  });
}

/** After a failure: the stack is handed back, and the error tells how it stands. */
async function settle(
  error: DeployError,
  {
    inputs,
    run,
    connection,
    edge,
    progress,
    log,
  }: Omit<Run, 'github' | 'hide'> & {
    readonly connection: Connection;
    readonly edge: Edge | undefined;
  },
): Promise<DeployError> {
  const { fence } = progress.known;
  if (fence === undefined) return error;
  try {
    const back = await progress.phase('roll back', () =>
      handStackBack({ inputs, run, fence }, { connection, log, clock: systemClock }),
    );
    if (error instanceof RefusedError) return error;
    if (back.whole) {
      // The release that is gone may have answered visitors, and a cache may have kept it.
      if (progress.known.leftOld) await edge?.purge(back.finished ? 'the release' : 'the rollback');
      progress.end(back.finished ? 'deployed' : 'rolled-back');
      return back.finished
        ? error.and('The new release is in place: it was finished on the host.')
        : error.and(takenBack(progress.known));
    }
    progress.end('failed');
    return error.and(
      'Rolling back failed as well, and the host goes on trying. The log above says what stands, and the commands to type there.',
    );
  } catch (problem) {
    progress.end('failed');
    log.warn(`rolling back from here failed: ${String(problem)}`);
    return error.and(
      'The host cannot be reached to roll back. Its watchdog does it within a minute; `operation: status` tells.',
    );
  }
}

function takenBack({ previousSha, leftOld }: Progress['known']): string {
  if (previousSha === undefined) return 'What the run had started was taken away again.';
  return leftOld
    ? 'The stack was rolled back: the old release serves.'
    : 'The old release serves, and was never left: what the run had started was taken away again.';
}

async function report(
  outcome: Outcome,
  inputs: Inputs | undefined,
  github: GithubContext,
  log: ActionsLog,
): Promise<void> {
  if (outcome.error !== undefined) await annotateFailure(outcome.error, log);
  log.close();
  const path = await writeReport(outcome, github, process.env['RUNNER_TEMP'] ?? tmpdir());
  writeOutputs(outcome, path);
  await writeSummary(outcome, {
    repositoryUrl: `${github.serverUrl}/${github.repository}`,
    branch: inputs?.source.branch ?? '',
    environment: inputs?.environment,
    operation: inputs?.operation,
  });
  if (outcome.error === undefined) log.info(`${VERBS[outcome.result]} ${outcome.sha.slice(0, 12)}`);
}

const VERBS: Readonly<Record<Result, string>> = {
  deployed: 'deployed',
  unchanged: 'unchanged:',
  planned: 'planned',
  superseded: 'superseded:',
  refused: 'refused',
  'rolled-back': 'rolled back',
  failed: 'failed',
};

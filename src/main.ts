import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as core from '@actions/core';
import { cancelOnSignal } from './cancel.js';
import { edgeOf } from './run/edge.js';
import type { DeployError } from './errors.js';
import { fetchedRef, openGate } from './gate/gate.js';
import { readGithubContext, type GithubContext } from './gate/github-context.js';
import { createShell } from './host/shell.js';
import { loadInputs, type Inputs } from './inputs.js';
import { operate } from './run/operate.js';
import { openEagerly } from './run/opening.js';
import { settle } from './run/settle.js';
import { createProgress, type Progress } from './run/progress.js';
import { actionsLog, type ActionsLog } from './report/actions-log.js';
import { annotateFailure, asDeployError } from './report/annotate.js';
import { startGithubDeployment, type GithubDeployment } from './report/github-deployment.js';
import { createHidden, type Hidden } from './report/hidden.js';
import type { Outcome, Result } from './report/outcome.js';
import { writeOutputs } from './report/outputs.js';
import { writeReport } from './report/report-file.js';
import { writeSummary } from './report/summary.js';
import { connect } from './ssh/connect.js';
import {
  newRunName,
  STATE_FENCE,
  STATE_LOOKED,
  STATE_RUN,
  STATE_SETTLED,
  STATE_SHA,
} from './run-state.js';
import { systemClock } from './system-clock.js';

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
    inputs = { ...inputs, source: { ...inputs.source, ref: fetchedRef(inputs, github) } };
    error = await perform({ inputs, github, run, progress, log, hide: hidden.hide });
  } catch (problem) {
    error = asDeployError(problem);
  }
  const { facts } = progress;
  await report(
    hidden.redactOutcome({
      result: facts.result ?? 'refused',
      startedAt,
      sha: facts.sha ?? inputs?.source.sha ?? github.sha,
      previousSha: facts.previousSha,
      plan: facts.plan,
      services: facts.services,
      phases: facts.phases,
      availability: facts.availability,
      traffic: facts.traffic,
      unreadLogs: facts.unreadLogs,
      heldConnections: facts.heldConnections,
      shipment: facts.shipment,
      edge: facts.edge,
      durationMs: systemClock.now() - from,
      url: inputs?.url,
      error,
    }),
    { inputs, github, clockAtStartMs: from, status: hidden.redactLines(facts.status) },
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
  const deps = { run, connection, edge, clock: systemClock, progress, log };
  let error: DeployError | undefined;
  try {
    const session = connection.openSession();
    const opening = changesTheStack(inputs)
      ? openEagerly(connection, inputs, { clock: systemClock, log })
      : undefined;
    core.saveState(STATE_LOOKED, 'true');
    const shell = createShell(await session, log);
    await operate(inputs, github, { ...deps, shell, opening, hide, signal: cancelled, announce });
  } catch (problem) {
    error = await settle(problem, { inputs, ...deps, cancelled: cancelled.aborted });
  }
  core.saveState(STATE_SETTLED, 'true');
  // Also what was undone is over by now.
  await progress.measured();
  await connection.close();
  const { result = 'refused', availability } = progress.facts;
  const durationMs = systemClock.now() - from;
  for (const deployment of await Promise.all(announced))
    await deployment.finish({ result, durationMs, availability });
  return error;
}

function changesTheStack({ operation }: Inputs): boolean {
  return operation === 'deploy' || operation === 'rollback';
}

interface Reported {
  /** Undefined where they could not be read. */
  readonly inputs: Inputs | undefined;
  readonly github: GithubContext;
  readonly clockAtStartMs: number;
  readonly status: readonly string[];
}

async function report(
  outcome: Outcome,
  { inputs, github, clockAtStartMs, status }: Reported,
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
    clockAtStartMs,
    status,
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

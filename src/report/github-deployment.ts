import { getOctokit } from '@actions/github';
import type { GithubContext } from '../gate/github-context.js';
import type { Log } from '../log.js';
import { entranceProbe, type Outcome, type Result } from './outcome.js';

/** A Deployment on GitHub that follows this run. Nothing here ever fails a deploy. */
export interface GithubDeployment {
  /** Tells how the run ended. */
  finish(outcome: Ended): Promise<void>;
}

type Ended = Pick<Outcome, 'result' | 'durationMs' | 'availability'>;

export interface DeploymentRequest {
  /** Name of the environment; undefined creates nothing. */
  readonly environment: string | undefined;
  readonly token: string | undefined;
  readonly sha: string;
  /** Public address of the site. */
  readonly url: string | undefined;
}

type State = 'success' | 'failure' | 'error' | 'inactive';

const STATES: Readonly<Record<Result, State>> = {
  deployed: 'success',
  unchanged: 'success',
  planned: 'inactive',
  superseded: 'inactive',
  refused: 'error',
  'rolled-back': 'failure',
  failed: 'failure',
};

const TIMEOUT_MS = 10_000;
/** GitHub refuses a longer one. */
const LONGEST_DESCRIPTION = 140;
const NOTHING: GithubDeployment = { finish: () => Promise.resolve() };

/**
 * Creates a Deployment of `sha` for the environment and marks it as in progress. Where GitHub refuses
 * or doesn't answer within 10 seconds, the log warns, and the deploy goes on without it.
 */
export async function startGithubDeployment(
  request: DeploymentRequest,
  github: GithubContext,
  log: Log,
): Promise<GithubDeployment> {
  const { environment, token } = request;
  if (environment === undefined) return NOTHING;
  const [owner, repo] = github.repository.split('/');
  if (token === undefined || owner === undefined || repo === undefined) {
    log.warn(`No GitHub Deployment for \`${environment}\`: the input \`token\` is empty.`);
    return NOTHING;
  }
  const { rest } = getOctokit(token, { baseUrl: github.apiUrl });
  const attempt = async (what: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      log.warn(`The GitHub Deployment for \`${environment}\` ${what}: ${explain(error)}`);
    }
  };
  const limits = (): { request: { signal: AbortSignal } } => ({
    request: { signal: AbortSignal.timeout(TIMEOUT_MS) },
  });
  let deploymentId: number | undefined;
  const tell = async (state: State | 'in_progress', description: string): Promise<void> => {
    if (deploymentId === undefined) return;
    await rest.repos.createDeploymentStatus({
      owner,
      repo,
      deployment_id: deploymentId,
      state,
      description: shorten(description),
      log_url: github.runUrl,
      ...(request.url === undefined ? {} : { environment_url: request.url }),
      ...limits(),
    });
  };
  await attempt('could not be created', async () => {
    const { data } = await rest.repos.createDeployment({
      owner,
      repo,
      ref: request.sha,
      environment,
      description: shorten(`Deployed by ${github.actor}`),
      // Without these two GitHub merges the default branch, or waits for every check: 202 or 409.
      auto_merge: false,
      required_contexts: [],
      ...limits(),
    });
    if ('id' in data) deploymentId = data.id;
    await tell('in_progress', 'The deploy is running');
  });
  return {
    finish: (outcome) =>
      attempt('could not be updated', () => tell(STATES[outcome.result], describe(outcome))),
  };
}

function describe(outcome: Ended): string {
  const probe = entranceProbe(outcome);
  const lines: Readonly<Record<Result, string>> = {
    deployed: 'Deployed',
    unchanged: 'It runs already',
    planned: 'Planned only',
    superseded: 'A newer commit is deployed',
    refused: 'Refused; the host is untouched',
    'rolled-back': 'Rolled back; the release before serves',
    failed: 'Failed; the stack needs a human',
  };
  const took = ` after ${String(Math.round(outcome.durationMs / 1_000))} s`;
  const measured =
    probe === undefined ? '' : `, ${String(probe.failed)} of ${String(probe.sent)} requests failed`;
  return `${lines[outcome.result]}${took}${measured}`;
}

function shorten(text: string): string {
  return text.length > LONGEST_DESCRIPTION ? `${text.slice(0, LONGEST_DESCRIPTION - 1)}…` : text;
}

function explain(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  const hint =
    status === 403 || status === 404
      ? ' Give the job `permissions: { contents: read, deployments: write }`, or leave the input ' +
        '`environment` empty.'
      : '';
  return `${message.replace(/\s+/g, ' ').replace(/\.?$/, '.')}${hint} The deploy goes on without it.`;
}

import type { Environment } from '../inputs/environment.js';
import { isRecord } from './json.js';

/** What GitHub says of this run. Texts are empty where it says nothing. */
export interface GithubContext {
  readonly runId: string;
  readonly runAttempt: number;
  /** Page of this attempt. */
  readonly runUrl: string;
  /** `owner/name` of the repository whose workflow runs. */
  readonly repository: string;
  readonly actor: string;
  readonly eventName: string;
  /** `refs/heads/…`, `refs/tags/…` or `refs/pull/…`. */
  readonly ref: string;
  /** The workflow's commit. */
  readonly sha: string;
  /** `owner/name` that the event's commit comes from; undefined when that repository is gone. */
  readonly headRepository: string | undefined;
  /** The event's commit comes from another repository than the one whose workflow runs. */
  readonly isFork: boolean;
  /** Of a `workflow_run` event: the run that has ended. */
  readonly endedRun: EndedRun | undefined;
  readonly serverUrl: string;
  readonly apiUrl: string;
}

export interface EndedRun {
  readonly name: string;
  readonly eventName: string;
  readonly branch: string;
  /** The commit that it ran for; empty where the payload does not tell. */
  readonly sha: string;
  readonly conclusion: string;
}

/**
 * Reads the `GITHUB_*` environment and the event's payload. `readText` reads a file and may throw;
 * a payload that can't be read leaves empty what it would have told, which the gate takes as closed.
 */
export function readGithubContext(
  environment: Environment,
  readText: (path: string) => string,
): GithubContext {
  const get = (name: string): string => environment[`GITHUB_${name}`] ?? '';
  const payload = readPayload(get('EVENT_PATH'), readText);
  const serverUrl = get('SERVER_URL') === '' ? 'https://github.com' : get('SERVER_URL');
  const repository = get('REPOSITORY');
  const runId = get('RUN_ID');
  const runAttempt = /^\d+$/.test(get('RUN_ATTEMPT')) ? Number(get('RUN_ATTEMPT')) : 1;
  const headRepository = headRepositoryOf(payload, get('EVENT_NAME'), repository);
  return {
    runId,
    runAttempt,
    runUrl: `${serverUrl}/${repository}/actions/runs/${runId}/attempts/${String(runAttempt)}`,
    repository,
    actor: get('ACTOR'),
    eventName: get('EVENT_NAME'),
    ref: get('REF'),
    sha: get('SHA').toLowerCase(),
    headRepository,
    isFork: headRepository?.toLowerCase() !== repository.toLowerCase(),
    endedRun: endedRunOf(payload),
    serverUrl,
    apiUrl: get('API_URL') === '' ? 'https://api.github.com' : get('API_URL'),
  };
}

type Payload = Readonly<Record<string, unknown>>;

function readPayload(path: string, readText: (path: string) => string): Payload {
  if (path === '') return {};
  try {
    const value: unknown = JSON.parse(readText(path));
    return isRecord(value) ? value : {};
  } catch {
    // Not swallowed: the gate refuses the events that can't be judged without their payload.
    return {};
  }
}

/** Undefined where a pull request does not tell its own. */
function headRepositoryOf(
  payload: Payload,
  eventName: string,
  repository: string,
): string | undefined {
  const pullRequest = payload['pull_request'];
  if (isRecord(pullRequest) || eventName.startsWith('pull_request')) {
    const head = isRecord(pullRequest) ? pullRequest['head'] : undefined;
    return fullName(isRecord(head) ? head['repo'] : undefined);
  }
  const run = payload['workflow_run'];
  return isRecord(run) ? fullName(run['head_repository']) : repository;
}

function fullName(repository: unknown): string | undefined {
  const name = isRecord(repository) ? repository['full_name'] : undefined;
  return typeof name === 'string' ? name : undefined;
}

function endedRunOf(payload: Payload): EndedRun | undefined {
  const run = payload['workflow_run'];
  if (!isRecord(run)) return undefined;
  const text = (name: string): string => {
    const value = run[name];
    return typeof value === 'string' ? value : '';
  };
  return {
    name: text('name'),
    eventName: text('event'),
    branch: text('head_branch'),
    sha: text('head_sha').toLowerCase(),
    conclusion: text('conclusion'),
  };
}

import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inputsWithDefaults } from './action-file.js';
import { collectLines, settledWithin } from './lines.js';
import { type Annotation, annotationsIn, parseCommandFile } from './command-files.js';

/** What the runner knows of the workflow run, apart from the inputs. */
export interface WorkflowContext {
  /** `org/Resee-project` */
  readonly repository: string;
  readonly sha: string;
  /** `refs/heads/main` */
  readonly ref: string;
  readonly event: 'push' | 'pull_request' | 'workflow_dispatch';
  readonly runId: string;
  /** Fields of the event's payload beyond those that every push has. */
  readonly payload?: Readonly<Record<string, unknown>>;
}

export interface ActionRun {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly outputs: Readonly<Record<string, string>>;
  /** What the main step saved for post. */
  readonly state: Readonly<Record<string, string>>;
  readonly log: string;
  readonly summary: string;
  /** The text of the file that the output `report` names. */
  readonly report: string | undefined;
  readonly annotations: readonly Annotation[];
  readonly durationMs: number;
}

export interface RunningAction {
  readonly done: Promise<ActionRun>;
  /** Resolves when a line of the log matches; rejects when the run ends without one. */
  logged(pattern: RegExp): Promise<void>;
  /** The post step of the same run, with the state that `main` saved: a runner always runs it. */
  post(main: ActionRun): Promise<ActionRun>;
  /** As a runner cancels: SIGINT, after 7.5 s SIGTERM, after 2.5 s more the end. */
  cancel(): Promise<ActionRun>;
  /** As a runner that is gone: no signal that could be handled. */
  lose(): Promise<ActionRun>;
}

export interface ActionOptions {
  /** The directory of action.yml and dist/. */
  readonly action: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly workflow: WorkflowContext;
  /** Each line as it is printed. */
  readonly onLine?: (line: string) => void;
  readonly state?: Readonly<Record<string, string>>;
  /** Of the runner, beside what every runner sets. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** What `github.token` is here. */
export const TOKEN = 'e2e-token-that-must-never-be-seen';

/** Runs a step of the bundle to its end. */
async function runAction(options: ActionOptions): Promise<ActionRun> {
  return (await startAction(options)).done;
}

/** Starts the bundle with the environment, the files and the event of a workflow's step. */
export async function startAction(options: ActionOptions): Promise<RunningAction> {
  const directory = await mkdtemp(join(tmpdir(), 'resee-e2e-step-'));
  const environment = await prepare(directory, options);
  const startedAt = performance.now();
  const child = spawn(process.execPath, [join(options.action, 'dist', 'index.js')], {
    cwd: directory,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A Ctrl-C in the terminal is for the harness, which then cancels as a runner would.
    detached: true,
  });
  const lines = collectLines(options.onLine);
  child.stdout.on('data', lines.take);
  child.stderr.on('data', lines.take);
  const done = new Promise<ActionRun>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode, signal) => {
      const durationMs = Math.round(performance.now() - startedAt);
      lines.end();
      collect(directory, {
        exitCode,
        signal,
        log: lines.text(),
        durationMs,
      }).then(resolve, reject);
    });
  });
  const endWith = async (...signals: [NodeJS.Signals, number][]): Promise<ActionRun> => {
    for (const [signal, waitMs] of signals) {
      child.kill(signal);
      if (await settledWithin(done, waitMs)) break;
    }
    return done;
  };
  return {
    done,
    logged: (pattern) => lines.wait(pattern, done),
    post: (main) => runAction({ ...options, state: main.state }),
    cancel: () => endWith(['SIGINT', 7_500], ['SIGTERM', 2_500], ['SIGKILL', 5_000]),
    lose: () => endWith(['SIGKILL', 5_000]),
  };
}

async function prepare(
  directory: string,
  { action, inputs, workflow, state = {}, environment = {} }: ActionOptions,
): Promise<NodeJS.ProcessEnv> {
  const file = async (name: string, text: string): Promise<string> => {
    await writeFile(join(directory, name), text);
    return join(directory, name);
  };
  const branch = workflow.ref.replace(/^refs\/heads\//, '');
  const all = await inputsWithDefaults(join(action, 'action.yml'), inputs, {
    'github.token': TOKEN,
    'github.repository': workflow.repository,
    'github.sha': workflow.sha,
    'github.ref': workflow.ref,
    'github.ref_name': branch,
  });
  const named = (prefix: string, values: Readonly<Record<string, string>>): [string, string][] =>
    Object.entries(values).map(([name, value]) => [`${prefix}${name}`, value]);
  return {
    PATH: process.env['PATH'],
    HOME: directory,
    LANG: 'C.UTF-8',
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTION: 'deploy',
    GITHUB_ACTOR: 'e2e',
    // Nobody listens there: what needs GitHub's API must say so, and not hang.
    GITHUB_API_URL: 'http://127.0.0.1:9',
    GITHUB_GRAPHQL_URL: 'http://127.0.0.1:9/graphql',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_EVENT_NAME: workflow.event,
    GITHUB_EVENT_PATH: await file('event.json', JSON.stringify(payloadOf(workflow, branch))),
    GITHUB_JOB: 'deploy',
    GITHUB_REF: workflow.ref,
    GITHUB_REF_NAME: branch,
    GITHUB_REF_TYPE: 'branch',
    GITHUB_REPOSITORY: workflow.repository,
    GITHUB_REPOSITORY_OWNER: workflow.repository.split('/')[0],
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_RUN_ID: workflow.runId,
    GITHUB_RUN_NUMBER: '1',
    GITHUB_SHA: workflow.sha,
    GITHUB_WORKFLOW: 'Deploy',
    GITHUB_WORKSPACE: directory,
    GITHUB_OUTPUT: await file('output', ''),
    GITHUB_STATE: await file('state', ''),
    GITHUB_ENV: await file('env', ''),
    GITHUB_PATH: await file('path', ''),
    GITHUB_STEP_SUMMARY: await file('summary.md', ''),
    RUNNER_TEMP: directory,
    RUNNER_OS: 'Linux',
    RUNNER_ARCH: 'X64',
    RUNNER_NAME: 'e2e',
    RUNNER_ENVIRONMENT: 'github-hosted',
    ...Object.fromEntries(named('INPUT_', upperCaseNames(all))),
    ...Object.fromEntries(named('STATE_', state)),
    ...environment,
  };
}

/** `host-fingerprint` is INPUT_HOST-FINGERPRINT: a runner only turns spaces into underscores. */
function upperCaseNames(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name.replaceAll(' ', '_').toUpperCase(), value]),
  );
}

function payloadOf(workflow: WorkflowContext, branch: string): Record<string, unknown> {
  return {
    ref: workflow.ref,
    after: workflow.sha,
    head_commit: { id: workflow.sha, message: `commit on ${branch}` },
    repository: {
      full_name: workflow.repository,
      default_branch: 'main',
      fork: false,
    },
    ...workflow.payload,
  };
}

type Ended = Pick<ActionRun, 'exitCode' | 'signal' | 'log' | 'durationMs'>;

async function collect(directory: string, ended: Ended): Promise<ActionRun> {
  const read = (name: string): Promise<string> => readFile(join(directory, name), 'utf8');
  const outputs = parseCommandFile(await read('output'));
  const report = outputs['report'];
  const run: ActionRun = {
    ...ended,
    outputs,
    state: parseCommandFile(await read('state')),
    summary: await read('summary.md'),
    report: report === undefined ? undefined : await readFile(report, 'utf8'),
    annotations: annotationsIn(ended.log),
  };
  await rm(directory, { recursive: true, force: true });
  return run;
}

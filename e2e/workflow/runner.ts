import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { Host } from '../host/host.js';
import { runOrThrow } from '../host/process.js';
import type { GitFixture } from '../host/repository.js';
import { type Act, startAct } from './act.js';
import { dockerClient } from './engine.js';
import { type WorkflowRun, workflowRun } from './events.js';

/** A machine that runs workflows as GitHub's do: a push goes in, and what came of it out. */
export interface Runner {
  /**
   * Runs the repository's workflows for a push of what is checked out in the clone.
   *
   * @throws Error when that takes longer than `timeoutMs`, and after `remove`.
   */
  push(fixture: GitFixture, secrets: Secrets, timeoutMs: number): Promise<WorkflowRun>;
  /** Ends a run that is under way, and takes away all that the runner wrote. */
  remove(): Promise<void>;
}

/** By name, as in the settings of a repository; a value may have several lines. */
export type Secrets = Readonly<Record<string, string>>;

export interface RunnerOptions {
  /** The program. */
  readonly act: string;
  /** `org/resee-deploy-action@v1`, as the workflow says after `uses:`. */
  readonly uses: string;
  /** Holds action.yml and dist/ of that action. */
  readonly action: string;
  /** Its Docker engine is the runner's. */
  readonly engine: Host;
}

/** The remote that tells the runner which of GitHub's repositories a clone is of. */
const REMOTE = 'github';

/** Variables of this process that no runner has: a step would take them for its own. */
const NOT_OF_A_RUNNER =
  /^(npm_(package|lifecycle|command|execpath|config_(local|global)_prefix)|(GITHUB|RUNNER|ACTIONS|INPUT|DOCKER|COMPOSE|BUILDX|GIT|RESEE)_)/;

/** Sets up a runner: its directories, its Docker client, and the action as the repository of it has it. */
export async function makeRunner(options: RunnerOptions): Promise<Runner> {
  const base = await mkdtemp(join(tmpdir(), 'resee-e2e-runner-'));
  const part = async (name: string): Promise<string> => {
    await mkdir(join(base, name));
    return join(base, name);
  };
  const [action, work] = [await part('action'), await part('work')];
  const client = await dockerClient(options.engine, await part('docker'));
  await publish(options.action, action, options.uses);
  const environment = {
    ...ownEnvironment(),
    ...client.environment,
    // The lockfile says what each package must be: nobody needs to ask again for what npm has already.
    NPM_CONFIG_PREFER_OFFLINE: 'true',
    NPM_CONFIG_AUDIT: 'false',
    // Whatever settings of act this user has, they are not for here.
    XDG_CONFIG_HOME: await part('config'),
    // Steps run with the Node that runs this.
    PATH: [client.binaries, dirname(process.execPath), process.env['PATH']].join(delimiter),
  };
  const secretFile = join(base, 'secrets');
  let underWay: Act | undefined;
  let isRemoved = false;
  let runs = 1000;
  return {
    push: async (fixture, secrets, timeoutMs) => {
      if (isRemoved) throw new Error('The runner was taken away');
      await nameRepository(fixture);
      await writeFile(secretFile, secretLines(secrets), { mode: 0o600 });
      runs += 1;
      underWay = startAct(
        [
          ...[options.act, 'push', '--json', '--no-cache-server', '--action-cache-path', work],
          ...['--platform', 'ubuntu-latest=-self-hosted', '--remote-name', REMOTE],
          ...['--local-repository', `${options.uses}=${action}`, '--secret-file', secretFile],
          ...['--env', `GITHUB_RUN_ID=${runs}`],
        ],
        { cwd: fixture.workTree, environment, timeoutMs },
      );
      const ended = await underWay.done;
      underWay = undefined;
      const run = workflowRun(ended.exitCode, ended.printed);
      if (!ended.isLate) return run;
      throw new Error(`The workflow took longer than ${timeoutMs} ms:\n${run.log.slice(-2_000)}`);
    },
    remove: async () => {
      isRemoved = true;
      await underWay?.end();
      await rm(base, { recursive: true, force: true });
    },
  };
}

function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !NOT_OF_A_RUNNER.test(name)),
  );
}

/** Makes of a directory a repository with the branch that `uses` names. */
async function publish(source: string, directory: string, uses: string): Promise<void> {
  await cp(source, directory, { recursive: true });
  // The settings of whoever runs this (a signing key, hooks) are not for here.
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  const git = async (...args: readonly string[]): Promise<unknown> =>
    runOrThrow(['git', '-C', directory, ...args], { env });
  await git('init', '--quiet', `--initial-branch=${uses.replace(/.*@/, '')}`);
  await git('add', '--all', '--force');
  await git('-c', 'user.name=e2e', '-c', 'user.email=e2e@example.com', 'commit', '--quiet', '-mv1');
}

async function nameRepository({ git, repository }: GitFixture): Promise<void> {
  const remotes = await git('remote');
  if (remotes.split('\n').includes(REMOTE)) return;
  await git('remote', 'add', REMOTE, `https://github.com/${repository}.git`);
}

/** The lines of a dotenv file. */
function secretLines(secrets: Secrets): string {
  return Object.entries(secrets)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}\n`)
    .join('');
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeployError, RefusedError } from '../errors.js';
import type { Log } from '../log.js';
import { textOf, type JsonObject } from '../plan/compose/json.js';
import { readArchive, type ImageArchive } from './archive.js';
import { COMMAND_NOT_FOUND, runCommand, type CommandResult } from './command.js';
import { buildProject, contextsOf } from './project.js';
import { requireClean, requireWorkspace, type Workspace } from './workspace.js';

/** What is built, and for which machine. */
export interface RunnerBuild {
  /** The commit's project, as Compose on the host has normalised it. */
  readonly project: JsonObject;
  /** Where it was normalised: the staged tree on the host. */
  readonly stage: string;
  /** Built one after the other, before the others, which are built from their images. */
  readonly bases: readonly string[];
  readonly services: readonly string[];
  /** The host's, as Docker writes it: `linux/amd64`. */
  readonly platform: string;
}

/** Docker on the runner, and a checkout of the commit. */
export interface RunnerImages {
  /**
   * Says no before anything has changed.
   *
   * @throws RefusedError where the images cannot be built here
   */
  require(build: RunnerBuild): Promise<void>;
  /** @throws DeployError where the build fails */
  build(build: RunnerBuild): Promise<void>;
  /** Writes images to an archive, which is there until `close`. */
  save(references: readonly string[]): Promise<ImageArchive>;
  /** Removes what was written on the runner. */
  close(): Promise<void>;
}

export interface RunnerDeps {
  readonly environment: NodeJS.ProcessEnv;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Of the stack: what Compose is given beside the environment. */
  readonly variables: Readonly<Record<string, string>>;
}

interface Engine {
  /** `linux/amd64` */
  readonly platform: string;
  readonly workspace: Workspace;
}

const WHERE = 'build: runner';

/** Runs `docker` in the workspace; its log is told. */
type Docker = (
  words: readonly string[],
  more?: { readonly input?: string; readonly environment?: NodeJS.ProcessEnv },
) => Promise<CommandResult>;

/** Looks at the runner at once, beside what else is looked at; what is wrong is told by `require`. */
export function createRunnerImages(sha: string, deps: RunnerDeps): RunnerImages {
  const { log, signal } = deps;
  const environment = buildEnvironment(deps.environment);
  const engine = lookAtRunner(sha, deps.environment['GITHUB_WORKSPACE'], { environment, signal });
  // A run that builds nothing does not ask.
  engine.catch(() => undefined);
  let directory: Promise<string> | undefined;

  const docker: Docker = async (words, { input, environment: more } = {}) =>
    runCommand('docker', words, {
      cwd: (await engine).workspace.path,
      environment: { ...environment, ...more },
      signal,
      onLine: (line) => {
        log.remote(line);
      },
      ...(input === undefined ? {} : { input }),
    });

  return {
    require: async ({ project, stage, bases, services, platform }) => {
      const { workspace, platform: own } = await engine;
      const moved = buildProject(project, stage, workspace.path);
      await requireClean(workspace, contextsOf(moved, [...bases, ...services]), {
        environment,
        signal,
      });
      if (platform !== own) await requireEmulation(platform, own, docker);
    },
    build: async (build) => {
      for (const services of [...build.bases.map((base) => [base]), build.services]) {
        if (services.length === 0) continue;
        log.info(`$ docker compose build ${services.join(' ')} (on the runner)`);
        const building = { engine: await engine, docker, variables: deps.variables };
        await buildImages({ ...build, services }, building);
      }
    },
    save: async (references) => {
      directory ??= mkdtemp(join(environment['RUNNER_TEMP'] ?? tmpdir(), 'resee-images-'));
      return saveImages(references, join(await directory, 'images.tar'), docker);
    },
    close: async () => {
      if (directory !== undefined) await rm(await directory, { recursive: true, force: true });
    },
  };
}

interface Building {
  readonly engine: Engine;
  readonly docker: Docker;
  readonly variables: RunnerDeps['variables'];
}

/**
 * The project comes by standard input: build arguments may be secrets, and stand in no file. Its name is said as an
 * option, as images are named after it, and a job may have its own in COMPOSE_PROJECT_NAME.
 */
async function buildImages(
  { project, stage, services, platform }: RunnerBuild,
  { engine: { workspace, platform: own }, docker, variables }: Building,
): Promise<void> {
  const moved = buildProject(project, stage, workspace.path);
  const result = await docker(
    [
      ...['compose', '--project-directory', workspace.path],
      ...['--project-name', textOf(moved['name']) ?? ''],
      ...['-f', '-', 'build', ...services],
    ],
    {
      input: JSON.stringify(moved),
      environment:
        platform === own ? variables : { ...variables, DOCKER_DEFAULT_PLATFORM: platform },
    },
  );
  if (result.code === 0) return;
  throw new DeployError({
    what: `docker compose build of ${services.join(', ')} failed on the runner: ${lastLineOf(result)}`,
    where: WHERE,
    next: 'Correct the build; the running release was not touched. Its last lines are in the log above.',
    evidence: result.lastLines,
  });
}

async function saveImages(
  references: readonly string[],
  path: string,
  docker: Docker,
): Promise<ImageArchive> {
  const result = await docker(['save', '-o', path, ...references]);
  if (result.code === 0) return readArchive(path);
  throw new DeployError({
    what: `docker save of ${references.join(', ')} failed on the runner: ${lastLineOf(result)}`,
    where: WHERE,
    next: 'Look at the free space of the runner: df -h.',
    evidence: result.lastLines,
  });
}

/** What a build may see of the step's environment: all but the inputs and the state of the action itself. */
export function buildEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    ...Object.fromEntries(
      Object.entries(environment).filter(([name]) => !/^(INPUT|STATE)_/.test(name)),
    ),
    DOCKER_BUILDKIT: '1',
    BUILDKIT_PROGRESS: 'plain',
    COMPOSE_ANSI: 'never',
    // Where the host has it, images are named.
    COMPOSE_COMPATIBILITY: 'false',
    // Attestations would make an index of each image, with another digest in each build.
    BUILDX_NO_DEFAULT_ATTESTATIONS: '1',
  };
}

async function lookAtRunner(
  sha: string,
  path: string | undefined,
  options: { readonly environment: NodeJS.ProcessEnv; readonly signal: AbortSignal },
): Promise<Engine> {
  const workspace = await requireWorkspace(path, sha, options);
  const inWorkspace = { ...options, cwd: workspace.path };
  const version = ['version', '--format', '{{.Server.Os}}/{{.Server.Arch}}'];
  const [engine, compose] = await Promise.all([
    runCommand('docker', version, inWorkspace),
    runCommand('docker', ['compose', 'version', '--short'], inWorkspace),
  ]);
  if (engine.code !== 0) {
    throw new RefusedError({
      what:
        engine.code === COMMAND_NOT_FOUND
          ? 'there is no docker on the runner'
          : `Docker on the runner does not answer: ${lastLineOf(engine)}`,
      where: WHERE,
      next: 'Use a runner with Docker, such as ubuntu-latest; in a job with `container:` mount the socket of Docker.',
      evidence: engine.lastLines,
    });
  }
  if (compose.code !== 0) {
    throw new RefusedError({
      what: 'Docker on the runner has no Compose plugin',
      where: WHERE,
      next: 'Install docker-compose-plugin on the runner, or use ubuntu-latest.',
      evidence: compose.lastLines,
    });
  }
  return { workspace, platform: engine.stdout.trim() };
}

async function requireEmulation(platform: string, own: string, docker: Docker): Promise<void> {
  const builder = await docker(['buildx', 'inspect', '--bootstrap']);
  const platforms = /^Platforms:\s*(.*)$/m.exec(builder.stdout)?.[1] ?? '';
  if (platforms.split(/[,\s*]+/).includes(platform)) return;
  throw new RefusedError({
    what: `the host is ${platform}, and Docker on the runner builds for ${own} only`,
    where: WHERE,
    next: 'Add `uses: docker/setup-qemu-action` before this step, or run the job on a runner of the same architecture (ubuntu-24.04-arm).',
    evidence: builder.lastLines,
  });
}

function lastLineOf({ lastLines }: CommandResult): string {
  return lastLines.trim().split('\n').at(-1) ?? '';
}

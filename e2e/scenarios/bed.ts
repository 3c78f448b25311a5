import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type ActionOptions,
  type ActionRun,
  type RunningAction,
  startAction,
} from '../harness/action.js';
import { ask } from '../harness/shell.js';
import { type Place, type Snapshot, snapshot } from '../harness/snapshot.js';
import type { Host } from '../host/host.js';
import { fromDirectory, type GitFixture } from '../host/repository.js';

import type { Change, Stack, StackDefinition } from '../stacks/stack.js';

/** The release that runs when a scenario begins. */
export interface LiveRelease {
  readonly sha: string;
  readonly release: string;
}

/** A host with a stack's repository on it: where a scenario happens. */
export interface Bed<S extends Stack = StackDefinition> {
  readonly host: Host;
  readonly stack: S;
  /** The directory of action.yml and dist/. */
  readonly action: string;
  readonly fixture: GitFixture;
  readonly place: Place;
  /** `http://198.18.0.2`, with the stack's port where it is another than 80. */
  readonly base: string;
  /** Commits a change, pushes it to `main`, and answers its sha. */
  commit(message: string, change: Change): Promise<string>;
  /** A name for the next release that no release had before. */
  nextRelease(): string;
  start(sha: string, overrides?: WorkflowOverrides): Promise<RunningAction>;
  /** The main step and, as a runner always does, the post step after it. */
  deploy(sha: string, overrides?: WorkflowOverrides): Promise<ActionRun>;
  look(): Promise<Snapshot>;
  /** As `look`, once the processes of a run that has ended are gone: they notice within a second. */
  lookSettled(): Promise<Snapshot>;
  /** Adds to the log that is kept of a scenario. */
  note(text: string): void;
  /** Every line that runs of the action printed since the last call, and the notes between them. */
  takeLog(): string;
}

/** What a scenario's workflow says differently; `undefined` takes an input away. */
export interface WorkflowOverrides {
  readonly inputs?: Readonly<Record<string, string | undefined>>;
  readonly workflow?: Partial<ActionOptions['workflow']>;
  readonly environment?: ActionOptions['environment'];
  /** Another copy of the action. */
  readonly action?: string;
}

/** Short enough for a test, long enough to mean what they mean. */
const PATIENCE = {
  soak: '1s',
  'drain-timeout': '6s',
  'ready-timeout': '20s',
  'health-timeout': '10s',
  'lock-timeout': '60s',
} as const;

const APP = new URL('../stacks/app/', import.meta.url);

const NOT_SOURCE = new Set([
  'node_modules',
  'dist',
  '__pycache__',
  '.pytest_cache',
  '.venv',
  '.env',
]);

export interface BedOptions<S extends Stack> {
  readonly host: Host;
  readonly stack: S;
  /** The directory of action.yml and dist/. */
  readonly action: string;
  /** Each line that a run prints. */
  readonly onLine?: (line: string) => void;
}

/** Copies the stack's sources into a repository on the host, and makes of them a release `r1`. */
export async function makeBed<S extends Stack>({
  host,
  stack,
  action,
  onLine = () => undefined,
}: BedOptions<S>): Promise<{ bed: Bed<S>; first: LiveRelease }> {
  const fixture = await repositoryOf(host, stack);
  const directory = `/home/ec2-user/${basename(stack.repository)}`;
  const place = { directory, project: stack.project ?? basename(stack.repository).toLowerCase() };
  let log: string[] = [];
  let releases = 1;
  let runs = 0;
  const options = (
    sha: string,
    { inputs = {}, workflow = {}, environment = {}, action: copy = action }: WorkflowOverrides = {},
  ): ActionOptions => ({
    action: copy,
    environment,
    inputs: defined({
      host: host.address,
      key: host.privateKey,
      'host-fingerprint': host.fingerprint,
      needs: '{"test":{"result":"success","outputs":{}}}',
      ...PATIENCE,
      ...stack.inputs,
      ...inputs,
    }),
    workflow: {
      repository: stack.repository,
      sha,
      ref: 'refs/heads/main',
      event: 'push',
      runId: String(1000 + (runs += 1)),
      ...workflow,
    },
    onLine: (line) => {
      log.push(line);
      onLine(line);
    },
  });
  const start = (sha: string, overrides?: WorkflowOverrides): Promise<RunningAction> =>
    startAction(options(sha, overrides));
  const bed: Bed<S> = {
    host,
    stack,
    action,
    fixture,
    place,
    base: new URL(`http://${host.address}:${String(stack.port ?? 80)}`).origin,
    commit: async (message, change) => {
      const sha = await fixture.commit(message, await change(fixture));
      await fixture.push();
      return sha;
    },
    nextRelease: () => `r${String((releases += 1))}`,
    start,
    deploy: async (sha, overrides) => {
      const running = await start(sha, overrides);
      const main = await running.done;
      log.push(`— exit ${String(main.exitCode)} after ${main.durationMs} ms`, main.report ?? '');
      const post = await running.post(main);
      return { ...main, exitCode: main.exitCode === 0 ? post.exitCode : main.exitCode };
    },
    look: () => snapshot(host, place),
    lookSettled: () => settled(() => snapshot(host, place)),
    note: (text) => log.push(text),
    takeLog: () => {
      const text = log.join('\n');
      log = [];
      return text;
    },
  };
  const release = 'r1';
  return {
    bed,
    first: { sha: await bed.commit('Tell the release', stack.changes.backend(release)), release },
  };
}

const SETTLED_WITHIN_MS = 3_000;

async function settled(look: () => Promise<Snapshot>): Promise<Snapshot> {
  const deadline = performance.now() + SETTLED_WITHIN_MS;
  for (;;) {
    const seen = await look();
    if (seen.processes.length === 0 || performance.now() > deadline) return seen;
  }
}

/** Places what git must not hold, as a user does before the first deploy. */
export async function placeFiles(bed: Bed<Stack>): Promise<void> {
  for (const [file, text] of Object.entries(bed.stack.placed)) {
    await ask(bed.host, 'mkdir -p "$(dirname "$1/$2")" && cat >"$1/$2"', {
      args: [bed.place.directory, file],
      stdin: text,
    });
  }
}

/** Takes away all of the stack, the host's base images excepted, as if nobody had ever deployed. */
export async function emptyHost(bed: Bed<Stack>): Promise<void> {
  await ask(bed.host, EMPTY, { user: 'root', args: [bed.place.directory, bed.place.project] });
}

const EMPTY = `
docker ps -aq | xargs -r docker rm -f >/dev/null
docker volume ls -q | xargs -r docker volume rm -f >/dev/null
docker network prune -f >/dev/null
docker images --format '{{.Repository}}:{{.Tag}}' | grep -E "^($2[-:/]|resee/$2/)" | xargs -r docker rmi -f >/dev/null
docker image prune -f >/dev/null
rm -rf "$1" /home/ec2-user/.local/state/resee-deploy
`;

async function repositoryOf(host: Host, stack: Stack): Promise<GitFixture> {
  // The history of a bed that was here before is not this one's.
  await ask(host, 'rm -rf "/srv/git/$1.git"', { args: [stack.repository] });
  const source = await mkdtemp(join(tmpdir(), 'resee-e2e-source-'));
  try {
    const filter = (path: string): boolean => !NOT_SOURCE.has(basename(path));
    if (stack.app !== undefined) {
      await cp(fileURLToPath(APP), join(source, stack.app), { recursive: true, filter });
    }
    await cp(fileURLToPath(stack.source), source, { recursive: true, filter });
    if (stack.adjusted !== undefined) await adjust(source, stack.adjusted);
    return await fromDirectory(host, stack.repository, source);
  } finally {
    await rm(source, { recursive: true, force: true });
  }
}

async function adjust(
  source: string,
  { file, from, to }: NonNullable<Stack['adjusted']>,
): Promise<void> {
  const text = await readFile(join(source, file), 'utf8');
  if (!text.includes(from)) throw new Error(`${file} has no ${from} to be adjusted`);
  await writeFile(join(source, file), text.replace(from, to));
}

function defined(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

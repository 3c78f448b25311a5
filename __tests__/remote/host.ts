import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { assignments } from '../../src/host/quote.js';
import { createShell } from '../../src/host/shell.js';
import type { ScriptResult, Shell, Variables } from '../../src/host/shell.js';
import type { Log } from '../../src/log.js';
import { remoteLibrary } from '../../src/remote/load.js';
import { unlessAborted } from '../../src/ssh/abort.js';
import type { Session } from '../../src/ssh/session.js';

/** The shells that a host may have as `sh`: Debian and Ubuntu, Amazon Linux, Alpine. */
export const SHELLS = ['dash', 'bash', 'busybox'].flatMap((name) => {
  const path = ['/usr/bin', '/bin'].map((directory) => join(directory, name)).find(existsSync);
  return path === undefined ? [] : [{ name, path }];
});

/** A directory that stands for the host: a state directory, a `sh`, and a `docker` that is none. */
export interface ToyHost {
  readonly root: string;
  readonly state: string;
  /** Runs a script with the library loaded, in a process group of its own. */
  run(script: string, variables?: Variables): Promise<ScriptResult>;
  /** The same, without waiting: for what is to be interrupted. */
  start(script: string, variables?: Variables): Running;
  /** Runs a text that loads the library itself, as the bundle sends it. */
  runWhole(script: string, variables?: Variables): Promise<ScriptResult>;
  path(name: string): string;
  exists(name: string): boolean;
  read(name: string): string;
  write(name: string, text: string): void;
  /** What was asked of `docker`, a line each. */
  dockerCalls(): readonly string[];
  /** Shell text that answers `docker`: sees the arguments, TOY (the directory). */
  answerDocker(script: string): void;
  /** The same for another command. */
  answer(command: string, script: string): void;
  remove(): void;
}

/** The docker client prints an empty line where a template got no answer. */
const FAILED_INSPECT = `case "$*" in
  inspect\\ -f* | *' inspect -f'* | *'inspect --format'*) trap '[ "$?" = 0 ] || echo' EXIT ;;
esac`;

/** What a docker client of version 29 does without an engine. */
export const ENGINE_IS_AWAY = `echo 'failed to connect to the docker API at unix:///var/run/docker.sock; check if the path is correct and if the daemon is running: dial unix /var/run/docker.sock: connect: no such file or directory' >&2; exit 1`;

export interface Running {
  readonly pid: number;
  readonly ended: Promise<ScriptResult>;
  kill(): void;
}

export function toyHost(shell: string): ToyHost {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'toy-host-')));
  const path = (name: string): string => join(root, name);
  const state = path("state of o'neill");
  for (const directory of [state, join(state, 'bin'), join(state, 'releases'), path('bin')]) {
    mkdirSync(directory, { recursive: true });
  }
  const library = join(state, 'bin', 'ours');
  mkdirSync(library);
  for (const [name, text] of Object.entries(remoteLibrary().texts)) {
    writeFileSync(join(library, `${name.toLowerCase()}.sh`), `${text}\n`);
  }
  symlinkSync(shell, path('bin/sh'));
  const write = (name: string, text: string): void => {
    mkdirSync(dirname(path(name)), { recursive: true });
    writeFileSync(path(name), text);
  };
  const answerDocker = (script: string): void => {
    write(
      'bin/docker',
      `#!/bin/sh\nTOY='${root}'\necho "$*" >>"$TOY/docker.log"\n${FAILED_INSPECT}\n${script}\n`,
    );
    chmodSync(path('bin/docker'), 0o755);
  };
  const answer = (command: string, script: string): void => {
    write(`bin/${command}`, `#!/bin/sh\nTOY='${root}'\n${script}\n`);
    chmodSync(path(`bin/${command}`), 0o755);
  };
  answerDocker(':');
  const pids: number[] = [];
  const startWhole = (script: string, variables: Variables = {}): Running => {
    // In a file: one argument of a command is at most 128 KiB, and the library is nearly that. A test may have its own rm.
    const text = path(`script-${String(pids.length)}`);
    writeFileSync(text, assignments({ STATE: state, LIBRARY: library, ...variables }) + script);
    const running = startShell(
      path('bin/sh'),
      `text=$(/bin/cat '${text}' && echo .) && /bin/rm -f '${text}' && eval "\${text%.}"`,
      {
        ...process.env,
        HOME: root,
        PATH: `${path('bin')}:${process.env['PATH'] ?? ''}`,
      },
    );
    pids.push(running.pid);
    return running;
  };
  const start = (script: string, variables: Variables = {}): Running =>
    startWhole(`. "$LIBRARY/lib.sh"\n${script}`, variables);
  return {
    root,
    state,
    start,
    run: (script, variables) => start(script, variables).ended,
    runWhole: (script, variables) => startWhole(script, variables).ended,
    path,
    exists: (name) => existsSync(path(name)),
    read: (name) => readFileSync(path(name), 'utf8'),
    write,
    dockerCalls: () =>
      existsSync(path('docker.log'))
        ? readFileSync(path('docker.log'), 'utf8').trim().split('\n')
        : [],
    answerDocker,
    answer,
    remove: () => {
      for (const pid of pids) killGroup(pid);
      // What a script left running may still write for a moment.
      removeTree(root);
    },
  };
}

/** Again and again, for 10 s: Node's own retries do not look for what came in meanwhile. */
export function removeTree(root: string): void {
  const deadline = Date.now() + 10_000;
  for (;;) {
    try {
      rmSync(root, { recursive: true, force: true });
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    }
  }
}

/** The toy host as the rollout sees it. */
export function shellOf(host: ToyHost): Shell {
  // One script at a time, as a session takes them.
  let last: Promise<unknown> = Promise.resolve();
  const session: Session = {
    pid: process.pid,
    run: (script, { signal } = {}) => {
      const result = last.then(() => host.runWhole(script));
      last = result;
      return signal === undefined ? result : unlessAborted(result, signal);
    },
    close: () => Promise.resolve(),
  };
  return createShell(session, SILENT);
}

const SILENT: Log = {
  info: () => undefined,
  remote: () => undefined,
  warn: () => undefined,
  debug: () => undefined,
  group: (_title, work) => work(),
};

function startShell(shell: string, script: string, env: NodeJS.ProcessEnv): Running {
  const child = spawn(shell, ['-c', script], {
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  const ended = new Promise<ScriptResult>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ code: code ?? -1, stdout, stderr });
    });
  });
  const pid = child.pid ?? 0;
  return {
    pid,
    ended,
    kill: () => {
      killGroup(pid);
    },
  };
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

/** Whether the process is over: one that only waits to be reaped is, for some inits take a second. */
export function hasEnded(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 1).startsWith(' Z');
  } catch {
    return true;
  }
}

/** @throws Error when `condition` does not become true in time. */
export async function until(condition: () => boolean, timeoutMs = 30_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`never true: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

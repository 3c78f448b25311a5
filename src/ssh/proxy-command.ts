import { spawn } from 'node:child_process';
import type { ChildProcess, ChildProcessWithoutNullStreams } from 'node:child_process';
import { Duplex } from 'node:stream';
import type { Readable } from 'node:stream';

import type { LoginInputs } from '../inputs.js';
import type { Log } from '../log.js';
import { createLineSplitter } from './lines.js';
import type { Transport } from './transport.js';

/** The program of `proxy-command` ended, and with it the connection. */
export class ProxyCommandError extends Error {
  override readonly name = 'ProxyCommandError';
  /** What it wrote to standard error last. */
  readonly evidence: string;
  /** The shell did not find the program, or may not run it. */
  readonly cannotRun: boolean;

  constructor(ending: string, evidence: string, cannotRun: boolean) {
    super(`proxy-command ${ending}`);
    this.evidence = evidence;
    this.cannotRun = cannotRun;
  }
}

const shownLines = 20;
/** After SIGTERM; a program that stays is killed. */
const graceMs = 2_000;

/**
 * A program on the runner whose standard input and output are the connection. It runs in a process
 * group of its own, which ends with the stream.
 */
export function proxyTransport(
  command: string,
  secrets: readonly string[],
  log: Pick<Log, 'remote'>,
): Transport {
  return {
    open: () => {
      const program = startProgram(command, secrets, log);
      return {
        opened: Promise.resolve({ stream: program.stream, release: program.end }),
        destroy: () => program.stream.destroy(),
      };
    },
  };
}

function startProgram(command: string, secrets: readonly string[], log: Pick<Log, 'remote'>) {
  const child = spawn('sh', ['-c', command], {
    stdio: 'pipe',
    detached: true,
    env: environmentFor(process.env, secrets),
  });
  const terminate = (): void => {
    signalGroup(child, 'SIGTERM');
  };
  process.once('exit', terminate);
  let over = false;
  const end = (): void => {
    if (over) return;
    child.stdin.end(terminate);
    const timer = setTimeout(() => {
      signalGroup(child, 'SIGKILL');
    }, graceMs);
    child.once('close', () => {
      clearTimeout(timer);
    });
  };
  const stream = streamOf(child, () => {
    // Its process id may be another's by then.
    if (over) return;
    terminate();
    end();
  });
  const said = lastLines(child.stderr, log);
  const ended = (ending: string, cannotRun: boolean): void => {
    over = true;
    process.removeListener('exit', terminate);
    // What it started in the background is not to outlive it.
    signalGroup(child, 'SIGKILL');
    stream.destroy(new ProxyCommandError(ending, said().join('\n'), cannotRun));
  };
  child.on('error', (error) => {
    ended(`could not be started: ${error.message}`, true);
  });
  child.on('close', (code, signal) => {
    const ending = signal === null ? `ended with exit code ${String(code)}` : `died of ${signal}`;
    ended(ending, code === 126 || code === 127);
  });
  return { stream, end };
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // Nobody of the group is left.
  }
}

/** The program's two streams as one, which ends when the program has. */
function streamOf({ stdin, stdout }: ChildProcessWithoutNullStreams, end: () => void): Duplex {
  // What the program did not read is lost with it.
  stdin.on('error', ignore);
  const stream = new Duplex({
    read: () => {
      stdout.resume();
    },
    write: (chunk: Buffer, _encoding, done) => {
      stdin.write(chunk, () => {
        done();
      });
    },
    final: (done) => {
      stdin.end(done);
    },
    destroy: (error, done) => {
      end();
      done(error);
    },
  });
  stream.on('error', ignore);
  stdout.on('data', (chunk: Buffer) => {
    if (!stream.push(chunk)) stdout.pause();
  });
  return stream;
}

/** Shows each line of the program's standard error, and gives the last ones when it has ended. */
function lastLines(stderr: Readable, log: Pick<Log, 'remote'>): () => readonly string[] {
  const said: string[] = [];
  const lines = createLineSplitter((line) => {
    said.push(line);
    if (said.length > shownLines) said.shift();
    log.remote(`proxy-command: ${line}`);
  });
  stderr.on('data', lines.push);
  return () => {
    lines.finish();
    return said;
  };
}

function ignore(): void {
  // Told by whoever listens to the connection.
}

/** `%h`, `%p`, `%r` and `%%`, as in the ProxyCommand of OpenSSH. */
export function expandProxyCommand(
  command: string,
  { host, port, username }: Pick<LoginInputs, 'host' | 'port' | 'username'>,
): string {
  const values: Readonly<Record<string, string>> = {
    h: host,
    p: String(port),
    r: username,
    '%': '%',
  };
  for (const value of [host, username]) {
    // A shell reads them. The inputs allow no more than this; here it is what keeps it safe.
    if (!/^[A-Za-z0-9_:][A-Za-z0-9._:%-]*$/.test(value)) {
      throw new TypeError(`not for a shell: ${value}`);
    }
  }
  return command.replace(/%([hpr%])/g, (_token, name: string) => values[name] ?? '');
}

/**
 * What a `run` step would see: the inputs of this action, its state and what only actions get are
 * taken out, and so is every variable that holds a key or a passphrase.
 */
export function environmentFor(
  environment: NodeJS.ProcessEnv,
  secrets: readonly string[],
): NodeJS.ProcessEnv {
  const internal =
    /^(INPUT_.*|STATE_.*|ACTIONS_(RUNTIME|RESULTS|CACHE)_.*|GITHUB_(ENV|OUTPUT|PATH|STATE|STEP_SUMMARY))$/i;
  const holdsSecret = (value: string): boolean =>
    value.includes('PRIVATE KEY-----') || secrets.includes(value.trim());
  return Object.fromEntries(
    Object.entries(environment).filter(
      ([name, value]) => !internal.test(name) && !holdsSecret(value ?? ''),
    ),
  );
}

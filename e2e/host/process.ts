import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { Readable } from 'node:stream';

export interface Finished {
  /** Exit status; a process ended by a signal has 128 + the signal's number, as in a shell. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: string | Buffer | Readable;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

/** Runs one program to its end. Throws only when it cannot be started; a failure is a `code`. */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const [program = '', ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: 'pipe',
      ...(options.env === undefined ? {} : { env: options.env }),
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      resolve({
        code: code ?? 128 + (signal === null ? 0 : constants.signals[signal]),
        stdout: Buffer.concat(stdout).toString('utf8'),
        stderr: Buffer.concat(stderr).toString('utf8'),
      });
    });
    child.stdin.on('error', (error: NodeJS.ErrnoException) => {
      // A program may end without reading all of its input: its exit status says whether that was right.
      if (error.code !== 'EPIPE') reject(error);
    });
    const { stdin } = options;
    if (stdin instanceof Readable) {
      stdin.on('error', reject);
      stdin.pipe(child.stdin);
    } else {
      child.stdin.end(stdin);
    }
  });
}

/** As `run`, but a failure is an Error that shows the command and the end of what it said. */
export async function runOrThrow(
  argv: readonly string[],
  options: RunOptions = {},
): Promise<Finished> {
  const finished = await run(argv, options);
  if (finished.code !== 0) {
    const said = `${finished.stdout}\n${finished.stderr}`.trim().split('\n').slice(-15).join('\n');
    throw new Error(`${argv.join(' ')}\nended with ${String(finished.code)}:\n${said}`);
  }
  return finished;
}

/** The command as root: through sudo where this process is not root. */
export function asRoot(argv: readonly string[]): readonly string[] {
  return process.getuid?.() === 0 ? argv : ['sudo', '--non-interactive', ...argv];
}

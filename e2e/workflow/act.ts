import { spawn } from 'node:child_process';
import { collectLines, settledWithin } from '../harness/lines.js';

/** The runner's program at work. */
export interface Act {
  readonly done: Promise<Ended>;
  /** Tells it to end, and makes it end when it does not. */
  end(): Promise<void>;
}

export interface Ended {
  /** -1 where a signal ended it. */
  readonly exitCode: number;
  /** Its output, and after it what it said on standard error. */
  readonly printed: string;
  /** Its time was up. */
  readonly isLate: boolean;
}

export interface ActOptions {
  readonly cwd: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
}

const PATIENCE_MS = 10_000;

/** Starts the program, in a process group of its own: a Ctrl-C in the terminal is not for it. */
export function startAct(argv: readonly string[], options: ActOptions): Act {
  const [program = '', ...args] = argv;
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: options.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const [output, complaints] = [collectLines(), collectLines()];
  child.stdout.setEncoding('utf8').on('data', output.take);
  child.stderr.setEncoding('utf8').on('data', complaints.take);
  const closed = new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      resolve(code ?? -1);
    });
  });
  const end = async (): Promise<void> => {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      child.kill(signal);
      if (await settledWithin(closed, PATIENCE_MS)) return;
    }
  };
  const wait = async (): Promise<Ended> => {
    const isLate = !(await settledWithin(closed, options.timeoutMs));
    if (isLate) await end();
    const exitCode = await closed;
    for (const lines of [output, complaints]) lines.end();
    return { exitCode, printed: `${output.text()}\n${complaints.text()}`, isLate };
  };
  return { done: wait(), end };
}

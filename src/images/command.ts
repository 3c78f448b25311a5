import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** How a program on the runner ended. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  /** The last lines of both streams. */
  readonly lastLines: string;
}

export interface CommandOptions {
  readonly cwd: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Written to its standard input, which is empty otherwise. */
  readonly input?: string;
  /** Each line of its standard error as it comes. */
  readonly onLine?: (line: string) => void;
  readonly signal: AbortSignal;
}

const LINES_KEPT = 40;
/** Of standard output: answers, not logs. */
const MOST_OUTPUT_CHARACTERS = 4 * 1024 * 1024;
export const COMMAND_NOT_FOUND = 127;

/**
 * Runs a program without a shell. Resolves with its exit code, whatever it is: 127 where there is no such
 * program. Rejects only with the signal's reason; the program is ended then.
 */
export function runCommand(
  program: string,
  words: readonly string[],
  { cwd, environment, input, onLine, signal }: CommandOptions,
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { cwd, env: environment, stdio: 'pipe', signal });
    let stdout = '';
    const last: string[] = [];
    const keep = (line: string): void => {
      last.push(line);
      if (last.length > LINES_KEPT) last.shift();
    };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (stdout.length < MOST_OUTPUT_CHARACTERS) stdout += text;
    });
    createInterface({ input: child.stderr }).on('line', (line) => {
      keep(line);
      onLine?.(line);
    });
    child.on('error', (error) => {
      if (signal.aborted) reject(abortReason(signal));
      else resolve({ code: COMMAND_NOT_FOUND, stdout: '', lastLines: error.message });
    });
    child.on('close', (code) => {
      if (signal.aborted) reject(abortReason(signal));
      else resolve({ code: code ?? 1, stdout, lastLines: last.join('\n') });
    });
    // A program that ends without reading its input is told by its exit code.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
  });
}

function abortReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason));
}

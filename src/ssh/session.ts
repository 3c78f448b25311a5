import { randomBytes } from 'node:crypto';
import type { Duplex, Readable } from 'node:stream';

import { DeployError } from '../errors.js';
import { unlessAborted } from './abort.js';
import { createAnswers } from './answers.js';
import type { RunResult, StreamName } from './answers.js';
import { SessionLostError } from './lost.js';
import { sessionOpening, sessionRequest } from './session-loop.js';

export { SessionLostError } from './lost.js';
export type { RunResult } from './answers.js';

export interface RunOptions {
  /** Each line as it arrives, without its newline. */
  readonly onLine?: (line: string, stream: StreamName) => void;
  /** Gives up waiting. The script itself goes on on the host, and a later `run` waits for its end. */
  readonly signal?: AbortSignal;
}

export interface Session {
  /**
   * Runs a POSIX sh script in a subshell with stdin from /dev/null; its text is never in an argv.
   * It is sent at once, and begins when those that were sent before have ended: one at a time, in
   * their order, whatever became of them. Resolves with the exit code whatever it is.
   *
   * @throws SessionLostError when the connection broke or the session was closed: the script may
   *   have run wholly, partly, or not at all. Rejects with the signal's reason when it is aborted.
   */
  run(script: string, options?: RunOptions): Promise<RunResult>;
  /** pid of the session's shell on the host; also its process group. */
  readonly pid: number;
  /** Ends the loop, after the script that runs if there is one; waits no longer than 2 s for it. */
  close(): Promise<void>;
}

/** The two ways of an exec channel: stdin and stdout in one, stderr beside it. */
export interface ExecChannel extends Duplex {
  readonly stderr: Readable;
}

const closeTimeoutMs = 2_000;
/** Of what the host says instead of a hello: enough for "This account is currently not available." */
const greetingLimit = 2_000;

/** A random word for one session; hexadecimal, so that it needs no quoting. */
export function createNonce(): string {
  return `rd-${randomBytes(16).toString('hex')}`;
}

/**
 * Takes over a channel on which `SESSION_LOOP` was started, and resolves when it says hello.
 *
 * @throws DeployError when the channel ends without a hello: no shell, or a forced command.
 */
export function startSession(channel: ExecChannel, nonce: string, host: string): Promise<Session> {
  return new Promise((resolve, reject) => {
    let ended: SessionLostError | undefined;
    let greeting = '';
    const answers = createAnswers(nonce, {
      hello: (pid) => {
        channel.write(sessionOpening(nonce));
        resolve({ pid, run, close });
      },
      stray: (bytes) => {
        if (greeting.length < greetingLimit) greeting += bytes.toString('utf8');
      },
    });
    const end = (message: string, cause?: unknown): void => {
      ended ??= new SessionLostError(message, cause);
      answers.fail(ended);
      // Without effect once the session said hello.
      reject(noShell(host, greeting, ended));
    };

    channel.on('data', (chunk: Buffer) => {
      answers.feed('stdout', chunk);
    });
    channel.stderr.on('data', (chunk: Buffer) => {
      answers.feed('stderr', chunk);
    });
    channel.on('error', (error) => {
      end(`the SSH session on ${host} broke`, error);
    });
    const closed = new Promise<void>((resolveClosed) => {
      channel.on('close', () => {
        end(`the SSH session on ${host} ended`);
        resolveClosed();
      });
    });

    let nextId = 1;
    const run: Session['run'] = async (script, { onLine, signal } = {}) => {
      if (script.includes('\0')) throw new TypeError('a shell script cannot hold a NUL byte');
      if (ended !== undefined) throw ended;
      signal?.throwIfAborted();
      const id = nextId++;
      const answer = answers.expect(id, (line, stream) => {
        if (signal?.aborted !== true) onLine?.(line, stream);
      });
      channel.write(sessionRequest(nonce, id, script));
      return await (signal === undefined ? answer : unlessAborted(answer, signal));
    };
    const close = async (): Promise<void> => {
      ended ??= new SessionLostError(`the SSH session on ${host} was closed`);
      await endChannel(channel, closed);
    };
  });
}

/** Ends the loop's stdin; a channel that does not close after it is given up. */
function endChannel(channel: ExecChannel, closed: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      channel.destroy();
      resolve();
    }, closeTimeoutMs);
    void closed.then(() => {
      clearTimeout(timer);
      resolve();
    });
    channel.end();
  });
}

function noShell(host: string, greeting: string, cause: SessionLostError): DeployError {
  return new DeployError({
    what: 'The host accepted the key, but gave no shell',
    where: host,
    next:
      'Check that the account has a login shell, and that its line in ~/.ssh/authorized_keys ' +
      'has no command="…".',
    evidence: greeting.trim(),
    cause,
  });
}

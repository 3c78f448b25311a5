import type { Log } from '../log.js';
import type { Session } from '../ssh/session.js';
import { assignments } from './quote.js';

/** What a script on the host is given; the values reach it as shell variables. */
export type Variables = Readonly<Record<string, string>>;

export interface ScriptResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs POSIX sh scripts on the host, one at a time and in their order, at most one round trip each; what
 * they say on stderr is logged.
 */
export interface Shell {
  run(script: string, variables: Variables, signal?: AbortSignal): Promise<ScriptResult>;
  /** Process group of the shell on the host. */
  readonly pid: number;
}

export function createShell(session: Session, log: Log): Shell {
  return {
    pid: session.pid,
    run: (script, variables, signal) =>
      session.run(assignments(variables) + script, {
        onLine: (line, stream) => {
          if (stream === 'stderr') log.remote(line);
        },
        ...(signal === undefined ? {} : { signal }),
      }),
  };
}

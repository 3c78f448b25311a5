import type { Log } from '../log.js';
import type { RunResult, Session } from '../ssh/session.js';
import { answersIn, createMark } from './answers.js';
import { toldByCompose, withoutValues } from './compose-complaints.js';
import { assignments } from './quote.js';
import { parseSections, type Sections } from './sections.js';

/** What a script on the host is given; the values reach it as shell variables. */
export type Variables = Readonly<Record<string, string>>;

export interface ScriptResult {
  readonly code: number;
  /** What the script answered, and nothing that a program or a container printed beside it. */
  readonly stdout: string;
  readonly stderr: string;
}

/** What a script told in sections. */
export interface Look {
  readonly code: number;
  readonly sections: Sections;
  readonly stderr: string;
}

/**
 * Runs POSIX sh scripts on the host, one at a time and in their order, at most one round trip each; what
 * they say on stderr is logged, without values of files of variables. Each script gets a MARK of its own, a variable that is not exported, by
 * which its answers and sections are known.
 */
export interface Shell {
  run(script: string, variables: Variables, signal?: AbortSignal): Promise<ScriptResult>;
  look(script: string, variables: Variables, signal?: AbortSignal): Promise<Look>;
  /** Process group of the shell on the host. */
  readonly pid: number;
}

export function createShell(session: Session, log: Log): Shell {
  const send = async (
    script: string,
    variables: Variables,
    signal: AbortSignal | undefined,
  ): Promise<RunResult & { readonly mark: string }> => {
    const mark = createMark();
    const result = await session.run(assignments({ MARK: mark, ...variables }) + script, {
      onLine: (line, stream) => {
        if (stream === 'stderr') log.remote(withoutValues(line));
      },
      ...(signal === undefined ? {} : { signal }),
    });
    return { ...result, stderr: withoutValues(result.stderr), mark };
  };
  return {
    pid: session.pid,
    run: async (script, variables, signal) => {
      const { code, stdout, stderr, mark } = await send(script, variables, signal);
      return { code, stdout: answersIn(stdout, mark), stderr };
    },
    look: async (script, variables, signal) => {
      const { code, stdout, stderr, mark } = await send(script, variables, signal);
      return { code, sections: withoutComplainedValues(parseSections(stdout, mark)), stderr };
    },
  };
}

/** Sections in which Compose alone complains. */
const OF_COMPOSE = /^(?:(?:live-)?(?:config|image-names)|variables)\.err$/;

/** Sections `NAME.err` are what a command complained of. */
function withoutComplainedValues(sections: Sections): Sections {
  return new Map(
    [...sections].map(([name, text]) => {
      if (OF_COMPOSE.test(name)) return [name, toldByCompose(text)];
      return [name, name.endsWith('.err') ? withoutValues(text) : text];
    }),
  );
}

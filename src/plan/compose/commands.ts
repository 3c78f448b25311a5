/** A simple command of a command line: `sh -c 'migrate && exec server'` has two. */
export interface Invocation {
  /** Without its directory. */
  readonly program: string;
  readonly words: readonly string[];
}

/** Programs that run another one: what counts is the program that they run. */
const WRAPPERS = new Set(
  'sh bash ash dash zsh exec env tini dumb-init docker-init catatonit setpriv nice nohup sudo time if then else do while until ! { ('.split(
    ' ',
  ),
);
/** … and those that are told a user first. */
const USER_WRAPPERS = new Set(['gosu', 'su-exec', 'runuser', 'setuser', 'chpst']);

/** The simple commands that a container's entrypoint and command consist of, in order. */
export function invocationsOf(command: readonly string[]): readonly Invocation[] {
  // Arguments of the image's own entrypoint: nothing is known of the program.
  if (command[0]?.startsWith('-') === true) return [];
  return command
    .join(' ')
    .split(/&&|\|\||[;|&\n]/)
    .flatMap((line) => invocationOf(line.split(/[\s'"]+/).filter((word) => word !== '')) ?? []);
}

function invocationOf(words: readonly string[]): Invocation | undefined {
  const [first, ...rest] = words;
  if (first === undefined) return undefined;
  const program = baseName(first);
  if (USER_WRAPPERS.has(program)) return invocationOf(rest.slice(1));
  const isWrapper =
    WRAPPERS.has(program) || first.startsWith('-') || /^\w+=/.test(first) || isEntrypoint(program);
  if (isWrapper && rest.length > 0) return invocationOf(rest);
  return { program, words: rest };
}

/** Scripts such as `docker-entrypoint.sh` prepare, then run the words that follow. */
export function isEntrypoint(program: string): boolean {
  return /entry-?point/i.test(program);
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Words that only a shell knows as commands. */
const BUILTINS = new Set([
  '.',
  ':',
  'cd',
  'exit',
  'export',
  'set',
  'source',
  'trap',
  'ulimit',
  'umask',
  'unset',
]);

/**
 * The words that a container runs for a command that a workflow says: those of the line, as typed after
 * `docker compose run SERVICE`; with `sh -c` before it where something in it is for a shell (quotes, `&&`, `$NAME`).
 */
export function commandWords(command: string): readonly string[] {
  const words = command.trim().split(/[ \t]+/);
  const [first = ''] = words;
  const isPlain =
    /^[\w \t@%+=:,./-]+$/.test(command) && !BUILTINS.has(first) && !first.includes('=');
  return isPlain ? words : ['sh', '-c', command];
}

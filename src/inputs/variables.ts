/** Variables for Compose's interpolation, and what is wrong with the lines that gave them. */
export interface ReadVariables {
  readonly variables: Readonly<Record<string, string>>;
  /** What is wrong, a sentence without its full stop for each line; no value is in any. */
  readonly problems: readonly string[];
}

const ALLOWED =
  'allowed is `NAME=value`, one a line: a name of letters, digits and `_` that begins with no digit';

/** Names that would change how the commands of a run work, each with the reason that a user is told. */
const RESERVED: readonly { readonly names: RegExp; readonly reason: string }[] = [
  {
    names: /^COMPOSE_/,
    reason:
      'it is a setting of Compose itself; use the inputs `compose-files`, `project-name` and `profiles`',
  },
  {
    names: /^(DOCKER|BUILDKIT|BUILDX)_/,
    reason: "it is a setting of Docker's own tools; give the variable another name",
  },
  {
    names: /^(PATH|HOME|USER|LOGNAME|SHELL|PWD|OLDPWD|TMPDIR|IFS|SSH_AUTH_SOCK|(LD|XDG)_.*)$/,
    reason: 'the commands of the run depend on it; give the variable another name',
  },
  {
    // Found by trying: what `NAME=value command` does not hand to the command in dash or bash.
    names: /^(UID|EUID|PPID|GROUPS|FUNCNAME|SHELLOPTS|BASHOPTS|OPTIND|BASH_.*|_)$/,
    reason:
      "the host's shell keeps it for itself; give the variable another name, or set it in `.env`",
  },
];

/**
 * Reads `NAME=value`, one a line, all problems at once. Blanks around a name and a value are left out, and so
 * are empty lines and those that begin with `#`. A value stands between single quotes in a file that a shell and
 * Compose read alike, so it may hold what both take literally there: all but line breaks, `'` and `\`.
 */
export function readVariables(text: string): ReadVariables {
  const problems: string[] = [];
  const found = new Map<string, string>();
  for (const [index, given] of text.split(/\r\n|\r|\n/).entries()) {
    const line = given.trim();
    if (line === '' || line.startsWith('#')) continue;
    const { name, value, problem } = readLine(line);
    const twice = name !== undefined && found.has(name) ? `\`${name}\` is given twice` : undefined;
    const wrong = problem ?? twice;
    if (wrong !== undefined) problems.push(`line ${String(index + 1)}: ${wrong}`);
    else if (name !== undefined) found.set(name, value);
  }
  return { variables: Object.fromEntries(found), problems };
}

interface Line {
  readonly name: string | undefined;
  readonly value: string;
  readonly problem?: string | undefined;
}

function readLine(line: string): Line {
  const [, name, value = ''] = /^([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/.exec(line) ?? [];
  return {
    name,
    value,
    problem: name === undefined ? ALLOWED : (nameProblem(name) ?? valueProblem(name, value)),
  };
}

function nameProblem(name: string): string | undefined {
  const reserved = RESERVED.find(({ names }) => names.test(name));
  return reserved === undefined ? undefined : `\`${name}\` is reserved: ${reserved.reason}`;
}

function valueProblem(name: string, value: string): string | undefined {
  if (/^(["']).*\1$/.test(value)) {
    return `the value of \`${name}\` is taken as it stands; remove the quotes around it`;
  }
  return /['\\\p{Cc}]/u.test(value)
    ? `the value of \`${name}\` may hold no \`'\`, no \`\\\` and no control character; put such a value into \`.env\` (input \`env-file\`)`
    : undefined;
}

/** A value as one word of a POSIX shell. The only place that quotes. */
export function quote(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}

/** Words as a command line. */
export function commandLine(words: readonly string[]): string {
  return words.map((word) => (/^[\w./:=@,+-]+$/.test(word) ? word : quote(word))).join(' ');
}

/**
 * Shell assignments, a line each. Unset first: a variable that the host's environment exports under the same
 * name would stay exported, and reach what the script runs (Compose reads TOKEN, HOST, PORT from there).
 */
export function assignments(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `unset ${name}; ${name}=${quote(value)}\n`)
    .join('');
}

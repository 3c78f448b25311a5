/**
 * Reads a file that a step wrote for its runner (GITHUB_OUTPUT, GITHUB_STATE, GITHUB_ENV):
 * `name=value` lines, and `name<<DELIMITER` blocks.
 *
 * @throws Error on a line that a runner would refuse too.
 */
export function parseCommandFile(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  const lines = text.split(/\r?\n/);
  for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
    if (line === '') continue;
    const block = /^([^=<]+)<<(.+)$/.exec(line);
    const pair = /^([^=]+)=(.*)$/.exec(line);
    if (block?.[1] !== undefined && block[2] !== undefined) {
      const end = lines.indexOf(block[2]);
      if (end < 0) throw new Error(`The block of "${block[1]}" has no end`);
      values[block[1]] = lines
        .splice(0, end + 1)
        .slice(0, -1)
        .join('\n');
    } else if (pair?.[1] !== undefined && pair[2] !== undefined) {
      values[pair[1]] = pair[2];
    } else {
      throw new Error(`Not a line of a command file: ${line}`);
    }
  }
  return values;
}

export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice';
  readonly message: string;
}

/** The annotations in a step's output, as a runner would show them: none from between stop-commands. */
export function annotationsIn(output: string): Annotation[] {
  const annotations: Annotation[] = [];
  let resumeAt: string | undefined;
  for (const line of output.split(/\r?\n/)) {
    if (resumeAt !== undefined) {
      if (line.trim() === `::${resumeAt}::`) resumeAt = undefined;
      continue;
    }
    resumeAt = /^::stop-commands::(.+)$/.exec(line)?.[1];
    const command = /^::(error|warning|notice)(?: .*?)?::(.*)$/.exec(line);
    const level = command?.[1];
    if (level === 'error' || level === 'warning' || level === 'notice') {
      annotations.push({ level, message: unescape(command?.[2] ?? '') });
    }
  }
  return annotations;
}

function unescape(text: string): string {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
}

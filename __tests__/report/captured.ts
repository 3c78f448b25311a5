import { actionsLog, type ActionsLog } from '../../src/report/actions-log.js';

/** The lines that `work` makes a log of the runner write to stdout. */
export async function captured(work: (log: ActionsLog) => Promise<void> | void): Promise<string[]> {
  const written: string[] = [];
  const original = process.stdout.write.bind(process.stdout);
  const exitCode = process.exitCode;
  process.stdout.write = (chunk: string | Uint8Array): boolean => {
    written.push(Buffer.from(chunk).toString('utf8'));
    return true;
  };
  try {
    await work(actionsLog());
  } finally {
    process.stdout.write = original;
    process.exitCode = exitCode;
  }
  return written.join('').split('\n').slice(0, -1);
}

/** The lines that a runner would obey: `::command::` outside of `::stop-commands::`. */
export function obeyed(lines: readonly string[]): string[] {
  const commands: string[] = [];
  let token: string | undefined;
  for (const line of lines.flatMap((text) => text.split('\r'))) {
    if (token !== undefined) {
      if (line.trim() === `::${token}::`) token = undefined;
      continue;
    }
    const stop = /^::stop-commands::(.+)$/.exec(line.trim());
    if (stop !== null) token = stop[1];
    else if (line.trimStart().startsWith('::') || line.includes('##[')) commands.push(line);
  }
  return commands;
}

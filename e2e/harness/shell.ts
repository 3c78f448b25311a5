import type { ExecOptions, Host } from '../host/host.js';

export interface AskOptions extends ExecOptions {
  /** `$1`, `$2`, … of the script. */
  readonly args?: readonly string[];
}

/**
 * Runs a script on the host, past SSH, and answers what it printed.
 *
 * @throws Error with the script and its last words when it exits other than 0.
 */
export function ask(host: Host, script: string, options: AskOptions = {}): Promise<string> {
  const { args = [], ...rest } = options;
  return host.ask(`set -eu -- ${args.map(quoted).join(' ')}\n${script}`, rest);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

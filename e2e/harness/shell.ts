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

/**
 * Runs a command in a service's container and answers all that it printed. The engine now and then fails
 * to start one for reasons of its own: then it is asked again.
 */
export function askInside(
  host: Host,
  directory: string,
  { service, command }: { readonly service: string; readonly command: string },
): Promise<string> {
  return ask(host, INSIDE, { args: [directory, service, command] });
}

const INSIDE = `
cd "$1"
for _ in 1 2 3 4 5; do
  ! said=$(docker compose exec -T "$2" sh -c "$3" 2>&1 </dev/null) || { printf '%s\\n' "$said"; exit; }
  case $said in *'OCI runtime exec failed'*) sleep 0.3 ;; *) break ;; esac
done
printf '%s\\n' "$said" >&2
exit 1
`;

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

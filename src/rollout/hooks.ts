import { DeployError } from '../errors.js';
import { commandLine, quote } from '../host/quote.js';
import { startHooks, type Hook } from '../plan/compose/hooks.js';
import type { ServiceScale } from '../plan/scale.js';
import type { Stack } from '../plan/compose/stack.js';
import type { RolloutContext } from './context.js';

/** For `run_hooks` on the host, a line each. */
export function hookLines(
  { observation }: Pick<RolloutContext, 'observation'>,
  services: readonly Pick<ServiceScale, 'service'>[],
): string {
  return hookLinesOf(observation.wanted, services);
}

/** The same, as a stack says it. */
export function hookLinesOf(
  stack: Stack | undefined,
  services: readonly Pick<ServiceScale, 'service'>[],
): string {
  return services
    .flatMap(({ service }) => {
      const definition = stack?.services[service];
      return (definition === undefined ? [] : startHooks(definition)).map((hook) =>
        hookLine(service, hook),
      );
    })
    .join('\n');
}

/**
 * Its environment is in no argument, which every user of the host can read: it goes in a file for `--env-file`, or,
 * where such a file cannot hold it, in the environment of the client.
 */
function hookLine(service: string, hook: Hook): string {
  const inFile = hook.environment.filter(isLine);
  const exported = hook.environment.filter((each) => !isLine(each)).map(split);
  const { words, user, directory, isPrivileged } = hook;
  const options = [
    ...(user === undefined ? [] : ['-u', user]),
    ...(directory === undefined ? [] : ['-w', directory]),
    ...(isPrivileged ? ['--privileged'] : []),
    ...exported.flatMap(({ name }) => ['-e', name]),
  ];
  const script = [
    ...exported.map(({ name, value }) => `${name}=${quote(value)}`),
    'timeout "$hook_seconds" docker exec',
    ...(inFile.length === 0 ? [] : ['--env-file "$scratch/environment"']),
    ...(options.length === 0 ? [] : [commandLine(options)]),
    '"$id"',
    commandLine(words),
  ].join(' ');
  const file = inFile.map((each) => `${each}\n`).join('');
  return `${service} ${base64(script)} ${base64(file)}`.trimEnd();
}

/** How long a line of such a file may be, with some to spare. Source: docker/cli, opts/file.go: a bufio.Scanner. */
const LONGEST_LINE = 60_000;

/** Whether it is read from a line of such a file as it stands: values are taken literally, to the end of the line. */
function isLine(text: string): boolean {
  return (
    /^[^\s#=\uFEFF][^\s=]*(?:=|$)/.test(text) &&
    !/[\r\n]/.test(text) &&
    Buffer.byteLength(text) < LONGEST_LINE
  );
}

function split(text: string): { readonly name: string; readonly value: string } {
  const [name = ''] = text.split('=', 1);
  if (!/^[A-Za-z_]\w*$/.test(name)) {
    throw new DeployError({
      what: `the hook's variable ${JSON.stringify(name)} cannot be handed to the container`,
      where: 'post_start',
      next: 'name it with letters, digits and underscores alone, or give it a value of one line',
    });
  }
  return { name, value: text.slice(name.length + 1) };
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

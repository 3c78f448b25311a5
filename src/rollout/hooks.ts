import { commandLine } from '../host/quote.js';
import { startHooks, type Hook } from '../plan/hooks.js';
import type { ServiceScale } from '../plan/scale.js';
import type { Stack } from '../plan/stack.js';
import type { RolloutContext } from './context.js';

/** For `run_hooks` on the host: lines `SERVICE BASE64`, the text being arguments of `docker exec` with `"$id"`. */
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
      return (definition === undefined ? [] : startHooks(definition)).map(
        (hook) => `${service} ${Buffer.from(execArguments(hook), 'utf8').toString('base64')}`,
      );
    })
    .join('\n');
}

function execArguments({ words, user, directory, isPrivileged, environment }: Hook): string {
  const options = [
    ...(user === undefined ? [] : ['-u', user]),
    ...(directory === undefined ? [] : ['-w', directory]),
    ...(isPrivileged ? ['--privileged'] : []),
    ...environment.flatMap((each) => ['-e', each]),
  ];
  return `${commandLine(options)} "$id" ${commandLine(words)}`;
}

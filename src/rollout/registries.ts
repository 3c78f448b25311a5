import type { Variables } from '../host/shell.js';
import type { RolloutContext } from './context.js';

/** For `use_registries` on the host: they reach it on the standard input of a shell, and no argument. */
export function registryVariables({ inputs, run }: RolloutContext): Variables {
  const members = inputs.compose.registries.map(
    ({ registry, auth }) => `${JSON.stringify(registry)}:${JSON.stringify({ auth })}`,
  );
  const helpers = inputs.compose.registries.map(({ registry }) => `${JSON.stringify(registry)}:""`);
  return { LOGINS_OF: run, AUTHS: members.join(','), HELPERS: helpers.join(',') };
}

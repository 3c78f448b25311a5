import * as core from '@actions/core';
import type { Environment } from './inputs/environment.js';
import { inputsRefused } from './inputs/problem.js';
import { readInputs } from './inputs/read.js';
import { secretTexts } from './inputs/secrets.js';
import type { Inputs } from './inputs/types.js';

export { envFileSecrets } from './inputs/env-file.js';
export type { Environment } from './inputs/environment.js';
export type {
  CloudflareInputs,
  CloudflarePurge,
  ComposeInputs,
  ConnectionInputs,
  EnvFile,
  GateInputs,
  HealthInputs,
  HostKeyPolicy,
  Inputs,
  LoginInputs,
  OperationName,
  OutputRequirement,
  RegistryLogin,
  ServiceCommand,
  SourceInputs,
} from './inputs/types.js';

/**
 * The inputs of this step, from the `INPUT_*` variables that the runner sets. Every secret among them
 * is registered with the runner before anything else happens, so that no message can show one.
 * @throws RefusedError that names every problem at once.
 */
export function loadInputs(
  environment: Environment,
  hide: (text: string) => void = core.setSecret,
): Inputs {
  // As core.getInput does, except that it would take a passphrase's spaces away.
  const get = (name: string): string => environment[`INPUT_${name.toUpperCase()}`] ?? '';
  for (const text of secretTexts(get)) hide(text);
  const read = readInputs(get, environment);
  if ('problems' in read) throw inputsRefused(read.problems);
  return read.inputs;
}

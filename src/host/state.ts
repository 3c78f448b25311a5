import { remoteLibrary } from '../remote/load.js';
import { quote } from './quote.js';

/**
 * The stack's state directory on the host, STATE, and in it that of this version's library, LIBRARY, as shell
 * code: `$HOME` is the host's to know. One state directory a stack, named like Compose names its project.
 */
export function stateAssignment(projectName: string | undefined, path: string): string {
  const state = `$HOME/${ALL_STATE}/${quote(stateKey(projectName, path))}`;
  return `unset STATE LIBRARY; STATE=${state}; LIBRARY=$STATE/bin/${remoteLibrary().digest}\n`;
}

/** Below the home directory of the user that deploys. */
const ALL_STATE = '.local/state/resee-deploy';

/** Where a person finds the variables of the release that runs, below the home directory. */
export function variablesPath(projectName: string | undefined, path: string): string {
  return `${ALL_STATE}/${stateKey(projectName, path)}/variables.env`;
}

/** Compose's own rule for a project's default name: the directory's, normalised. */
export function stateKey(projectName: string | undefined, path: string): string {
  const base =
    projectName ??
    path
      .split('/')
      .filter((part) => part !== '')
      .at(-1) ??
    'stack';
  return (
    base
      .toLowerCase()
      .replace(/[^a-z0-9_-]/g, '')
      .replace(/^[_-]+/, '') || 'stack'
  );
}

/** Variables as assignments before a command of a POSIX shell: the environment of that command alone. */
export function variablesBefore(variables: Readonly<Record<string, string>>): string {
  return assigned(variables).join(' ');
}

/** The file of variables on the host: a line each, which a shell and Compose read alike. */
export function variablesFile(variables: Readonly<Record<string, string>>): string {
  return assigned(variables).join('\n');
}

function assigned(variables: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(variables).map(([name, value]) => `${name}=${quote(value)}`);
}

/** Arguments of `docker compose` that choose the files, the project and the profiles. */
export function composeArguments(options: {
  readonly files: readonly string[];
  readonly projectName: string | undefined;
  readonly profiles: readonly string[];
}): string {
  return [
    ...options.files.map((file) => `-f ${quote(file)}`),
    ...(options.projectName === undefined ? [] : [`-p ${quote(options.projectName)}`]),
    ...options.profiles.map((profile) => `--profile ${quote(profile)}`),
  ].join(' ');
}

import { quote } from './quote.js';

/**
 * The stack's state directory on the host, as shell code: `$HOME` is the host's to know. One
 * directory a stack, named like Compose names its project.
 */
export function stateAssignment(projectName: string | undefined, path: string): string {
  return `unset STATE; STATE=$HOME/.local/state/resee-deploy/${quote(stateKey(projectName, path))}\n`;
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

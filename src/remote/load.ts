import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The text of a shell script that runs on the host: `remoteScript('lease')` is `lease.sh`.
 *
 * The scripts lie beside this module in the sources, and beside the bundle in `dist/`, where
 * the build puts them; so one path serves both, whatever the working directory is.
 *
 * @throws Error when there is no such script: a mistake in this program, not of its user.
 */
export function remoteScript(name: string): string {
  const directory = dirname(fileURLToPath(import.meta.url));
  return readFileSync(join(directory, `${name}.sh`), 'utf8');
}

/** What the library of the host is made of, in this order. */
const LIBRARY = [
  'narrate',
  'exec',
  'started',
  'lease',
  'journal',
  'files',
  'env-file',
  'git',
  'volumes',
  'containers',
  'registries',
  'variables',
  'hooks',
  'healthcheck',
  'hosts',
  'callers',
  'proxy',
  'nginx',
  'connections',
  'caddy',
  'traefik',
  'access-log',
  'retire',
  'restart',
  'reboot',
  'swarm',
] as const;

/** The text of the library that the scripts on the host share: `bin/lib.sh` there. */
export function remoteLibrary(): string {
  return LIBRARY.map((name) => remoteScript(`lib/${name}`)).join('\n');
}

/** The text of the script that looks into storage: its words, and the script itself. */
export function storageScript(): string {
  return ['lib/narrate', 'lib/exec', 'storage'].map(remoteScript).join('\n');
}

/** What the look at the host is made of, in this order. */
const OBSERVATION = [
  'lib/narrate',
  'lib/exec',
  'lib/started',
  'lib/git',
  'lib/variables',
  'observe/sections',
  'observe/machine',
  'observe/releases',
  'observe/running',
  'observe/swarm',
  'observe/commit',
  'observe/stage',
  'observe/env-file',
  'observe/submodules',
  'observe/context',
  'observe/compose',
] as const;

/** The text of the script that looks at the host: its words, and the script itself. */
export function observationScript(): string {
  return [...OBSERVATION, 'observe'].map(remoteScript).join('\n');
}

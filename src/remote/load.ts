import { createHash } from 'node:crypto';
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
  'engine',
  'process',
  'scratch',
  'exec',
  'started',
  'room',
  'lease',
  'journal',
  'links',
  'files',
  'env-file',
  'git',
  'volumes',
  'containers',
  'recreate',
  'images',
  'registries',
  'variables',
  'hooks',
  'healthcheck',
  'liveness',
  'hosts',
  'callers',
  'proxy',
  'nginx',
  'connection-table',
  'connections',
  'caddy',
  'traefik',
  'access-log',
  'retire',
  'restart',
  'reboot',
  'logout',
  'swarm',
  'swarm-converge',
] as const;

/** What lies on the host for the scripts that run there. */
export interface RemoteLibrary {
  /** What the scripts share, the rollback and the dead man's switch: variables of library.sh. */
  readonly texts: Readonly<Record<'LIB' | 'ABORT' | 'WATCHDOG', string>>;
  /** Names the directory in which they lie: other versions of the action have another one. */
  readonly digest: string;
}

let library: RemoteLibrary | undefined;

/** The library of this version of the action. */
export function remoteLibrary(): RemoteLibrary {
  library ??= readLibrary();
  return library;
}

function readLibrary(): RemoteLibrary {
  const texts = {
    LIB: LIBRARY.map((name) => remoteScript(`lib/${name}`)).join('\n'),
    ABORT: remoteScript('abort'),
    WATCHDOG: remoteScript('watchdog'),
  };
  const digest = createHash('sha256').update(JSON.stringify(texts)).digest('hex').slice(0, 16);
  return { texts, digest };
}

/** What scripts need that leave files for a moment. */
const SCRATCH = ['lib/narrate', 'lib/process', 'lib/scratch'] as const;

/** The text of the script that takes away what a run without a lease has left. */
export function forgetScript(): string {
  return [...SCRATCH, 'lib/git', 'forget'].map(remoteScript).join('\n');
}

/** The text of the script that asks an address from the host, without a state directory: its words, and the script itself. */
export function askScript(): string {
  return ['unset STATE', ...[...SCRATCH, 'ask'].map(remoteScript)].join('\n');
}

/** The text of the script that looks into storage: its words, and the script itself. */
export function storageScript(): string {
  return [...SCRATCH, 'lib/exec', 'storage'].map(remoteScript).join('\n');
}

/** The text of a script that asks the engine, and looks no further: what it waits for ends in time. */
export function askingScript(name: 'records' | 'swarm-look'): string {
  return ['lib/narrate', 'lib/engine', name].map(remoteScript).join('\n');
}

/** What the look at the host is made of, in this order. */
const OBSERVATION = [
  ...SCRATCH,
  'lib/engine',
  'lib/exec',
  'lib/started',
  'lib/room',
  'lib/connection-table',
  'lib/git',
  'lib/links',
  'lib/variables',
  'observe/sections',
  'observe/machine',
  'observe/releases',
  'observe/running',
  'observe/calls',
  'observe/engine',
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

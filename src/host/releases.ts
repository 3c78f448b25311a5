import { DeployError } from '../errors.js';
import type { Inputs } from '../inputs.js';
import type { ReleaseRecord } from '../plan/observation.js';
import { askingScript, remoteLibrary, remoteScript } from '../remote/load.js';
import { commandLine } from './quote.js';
import { parseRecord } from './records.js';
import { linesOf, type Sections } from './sections.js';
import type { Shell } from './shell.js';
import { variablesPath } from './state.js';

export interface StackStatus {
  /** Oldest first. */
  readonly releases: readonly ReleaseRecord[];
  readonly leaseOwner: string | undefined;
  /** A line for each container of the stack that runs. */
  readonly running: readonly string[];
  /** True where the stack's directory has a `.env`. */
  readonly hasDotenv: boolean;
  /** Where the `.env` lies that the host keeps of a release, by the name of its record, without `.json`. */
  readonly envPaths: ReadonlyMap<string, string>;
}

/** What the host knows of the stack's releases, and what runs; changes nothing. */
export async function readStatus(shell: Shell, state: string, path: string): Promise<StackStatus> {
  const { sections } = await shell.look(state + askingScript('records'), { DIR: path });
  return {
    releases: releasesIn(sections),
    leaseOwner: sections.get('lease')?.trim(),
    running: linesOf(sections.get('running')),
    hasDotenv: sections.has('dotenv'),
    envPaths: new Map(
      [...sections].flatMap(([name, text]) =>
        name.startsWith('env-path:')
          ? [[name.slice('env-path:'.length), text.replace(/\n$/, '')] as const]
          : [],
      ),
    ),
  };
}

/** The status, a line each. Of variables the names are told: a value may be a secret of another run. */
export function describeStatus(
  { releases, running, leaseOwner, hasDotenv }: StackStatus,
  { path, compose }: Pick<Inputs, 'path' | 'compose'>,
): readonly string[] {
  const namesIn = ({ workflow }: ReleaseRecord): readonly string[] =>
    Object.keys(workflow?.variables ?? {});
  const files = [
    ...(hasDotenv ? ['.env'] : []),
    `"$HOME"/${variablesPath(compose.projectName, path)}`,
  ].join(',');
  const last = releases.at(-1);
  return [
    ...releases.map((release) => {
      const names = namesIn(release);
      const variables = names.length === 0 ? '' : `  variables: ${names.join(', ')}`;
      const { envFile } = release.workflow ?? {};
      const env = envFile === undefined ? '' : `  env-file: ${envFile.path}`;
      return `release ${release.sha}  ${release.deployedAt}${variables}${env}`;
    }),
    ...running,
    ...(last === undefined || namesIn(last).length === 0
      ? []
      : [
          `by hand, with the variables of the release: cd ${commandLine([path])} && COMPOSE_ENV_FILES=${files} docker compose ps`,
        ]),
    leaseOwner === undefined ? 'no deploy under way' : `deploying: ${leaseOwner}`,
  ];
}

export function releasesIn(sections: Sections): readonly ReleaseRecord[] {
  return [...sections]
    .filter(([name]) => name.startsWith('release:'))
    .map(([name, text]) => parseRecord(`${name.slice('release:'.length)}.json`, text))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

/**
 * Takes the lease away from whoever holds it, and undoes what it had done.
 *
 * @throws DeployError when something could not be undone
 */
export async function unlock(shell: Shell, state: string): Promise<void> {
  const result = await shell.run(
    state + remoteScript('library') + remoteScript('unlock'),
    remoteLibrary().texts,
  );
  if (result.code !== 0) {
    throw new DeployError({
      what: 'the stack is unlocked, but what the dead run had done could not all be undone',
      next: 'The lines above say what stands, and the commands to type on the host. The host itself goes on trying.',
      evidence: result.stderr,
    });
  }
}

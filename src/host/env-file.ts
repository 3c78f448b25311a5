import type { Inputs } from '../inputs.js';
import type { Observation, ReleaseRecord } from '../plan/observation.js';
import { complaint, type Problem } from './problem.js';
import type { Sections } from './sections.js';
import type { Shell, Variables } from './shell.js';

/** For observe/env-file.sh: the text reaches the host on the standard input of a shell, and no argument. */
export function envFileVariables({ envFile }: Inputs): Variables {
  const source = envFile?.source;
  return {
    ENV_PATH: envFile?.path ?? '',
    ENV_TEXT: source?.kind === 'workflow' ? source.text : '',
    ENV_FROM: source?.kind === 'release' ? source.name : '',
  };
}

/** What becomes of the live file, as observe/env-file.sh says. */
export function envFileChange(sections: Sections, { envFile }: Inputs): Observation['envFile'] {
  const change = sections.get('env-file')?.trim();
  return envFile !== undefined &&
    (change === 'same' || change === 'added' || change === 'modified' || change === 'removed')
    ? { path: envFile.path, change }
    : undefined;
}

/** What stands against writing `env-file` at `env-file-path`, as observe/env-file.sh found it. */
export function envFileProblem(sections: Sections, directory: string): Problem | undefined {
  const said = complaint(sections, 'env-file');
  if (said === undefined) return undefined;
  const [, word = '', path = ''] = /^(\w+) (.*)$/m.exec(said) ?? [];
  const place = `${directory}/${path}`;
  const another = 'or give another `env-file-path`';
  switch (word) {
    case 'tracked':
      return {
        what: `env-file: git tracks ${path}, and a secret must not be written over a file of the commit`,
        next: `Take it out of git (git rm --cached ${path}, and a line in .gitignore), ${another}.`,
      };
    case 'link':
      return {
        what: `env-file: ${place} is a symbolic link, and what is written there could end up elsewhere`,
        next: `On the host, put what it leads to in its place, ${another}.`,
      };
    case 'directory':
      return {
        what: `env-file: ${place} is a directory`,
        next: `Docker makes one where it mounts a file that is not there. On the host: rmdir '${place}', ${another}.`,
      };
    case 'file':
      return {
        what: `env-file: ${place} is a file, and env-file-path needs a directory there`,
        next: 'Give another `env-file-path`.',
      };
    case 'special':
      return {
        what: `env-file: ${place} is no regular file`,
        next: `Remove it on the host, ${another}.`,
      };
    case 'unreadable':
      return {
        what: `env-file: the user may not read ${place}, which would have to be brought back after a failure`,
        next: `On the host: sudo chown "$USER" '${place}', ${another}.`,
      };
    case 'unwritable':
      return {
        what: `env-file: the user may not write to the directory ${place}`,
        next: `On the host: sudo chown "$USER" '${place}', ${another}.`,
      };
    default:
      return {
        what: 'env-file: its text could not be written into the staged tree',
        next: 'Nothing was changed. See what the host said; a full disk is the usual reason.',
        evidence: said,
      };
  }
}

/** The text that the host keeps of a release, so that it can be hidden; empty where there was no file. */
export async function readKeptEnvFile(shell: Shell, state: string, name: string): Promise<string> {
  const { sections } = await shell.look(`${state}${KEPT_TEXT}`, { NAME: name });
  return sections.get('text') ?? '';
}

const KEPT_TEXT = `printf '\\n=%s=text=\\n' "$MARK"
[ ! -e "$STATE/releases/$NAME.env" ] || cat "$STATE/releases/$NAME.env"
`;

/** The inputs of a rollback: its `.env` is that of the release, or the host's own that the release had. */
export function withKeptEnvFile(
  inputs: Inputs,
  release: ReleaseRecord,
  paths: ReadonlyMap<string, string>,
): Inputs {
  const name = release.name.replace(/\.json$/, '');
  const path = paths.get(name);
  return {
    ...inputs,
    envFile:
      path === undefined
        ? undefined
        : { path, source: { kind: 'release', name }, recorded: release.workflow?.envFile },
  };
}

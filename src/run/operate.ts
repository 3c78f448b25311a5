import type { Clock } from '../clock.js';
import { deploy } from './deploy.js';
import type { Edge } from '../edge/edge.js';
import { RefusedError } from '../errors.js';
import type { GithubContext } from '../gate/github-context.js';
import { readKeptEnvFile, withKeptEnvFile } from '../host/env-file.js';
import { withRecorded } from '../host/workflow-record.js';
import { describeStatus, readStatus, unlock } from '../host/releases.js';
import type { Shell } from '../host/shell.js';
import { stateAssignment } from '../host/state.js';
import { envFileSecrets, type Inputs } from '../inputs.js';
import type { Log } from '../log.js';
import type { Opening } from './opening.js';
import type { ReleaseRecord } from '../plan/observation.js';
import { isSameRelease } from '../plan/releases.js';
import type { Progress } from './progress.js';
import type { Connection } from '../ssh/connect.js';

export interface Work {
  /** This run's name on the host. */
  readonly run: string;
  readonly connection: Connection;
  readonly shell: Shell;
  /** Opened together with the shell, where the operation is one that changes the stack. */
  readonly opening: Opening | undefined;
  /** Where the workflow names a zone of Cloudflare. */
  readonly edge?: Edge | undefined;
  readonly clock: Clock;
  readonly progress: Progress;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** From here on no log and no report shows the text. */
  readonly hide: (text: string) => void;
  /** Tells GitHub which commit is about to be brought, without a wait. */
  readonly announce: (sha: string) => void;
}

/** Does what the input `operation` asks. */
export async function operate(inputs: Inputs, github: GithubContext, work: Work): Promise<void> {
  const { shell, log, progress } = work;
  const state = stateAssignment(inputs.compose.projectName, inputs.path);
  switch (inputs.operation) {
    case 'status': {
      const status = await readStatus(shell, state, inputs.path);
      const lines = describeStatus(status, inputs);
      for (const line of lines) log.info(line);
      progress.described(lines);
      progress.end('unchanged');
      return;
    }
    case 'unlock':
      await unlock(shell, state);
      progress.end('unchanged');
      return;
    case 'deploy':
    case 'plan':
    case 'rollback': {
      const { release, meant } =
        inputs.operation === 'rollback'
          ? await toRestore(inputs, work, state)
          : { release: undefined, meant: inputs };
      const sha = release?.sha ?? inputs.source.sha;
      if (inputs.operation !== 'plan') work.announce(sha);
      const { runId, runUrl, actor } = github;
      await deploy(
        {
          inputs: meant,
          sha,
          release,
          run: work.run,
          owner: JSON.stringify({
            run: runId,
            actor,
            url: runUrl,
            since: new Date().toISOString(),
          }),
        },
        // What was opened for another health endpoint is of no use.
        {
          ...work,
          opening: meant.health === inputs.health ? work.opening : undefined,
        },
      );
    }
  }
}

/** The release that a rollback goes to, and the inputs as it had them; its secrets are hidden from here on. */
async function toRestore(
  inputs: Inputs,
  { shell, hide }: Work,
  state: string,
): Promise<{ readonly release: ReleaseRecord; readonly meant: Inputs }> {
  const { releases, envPaths } = await readStatus(shell, state, inputs.path);
  const release = releaseToRestore(inputs, releases);
  const recorded = withRecorded(inputs, release.workflow);
  const meant = withKeptEnvFile(recorded, release, envPaths);
  if (release.workflow?.envFile !== undefined && meant.envFile === undefined) {
    throw new RefusedError({
      what: `the host does not have the ${release.workflow.envFile.path} of release ${release.sha.slice(0, 12)} any more`,
      where: inputs.path,
      next: 'It was removed from the state directory by hand. Deploy that commit again, with env-file.',
    });
  }
  if (meant.envFile?.source.kind === 'release') {
    const text = await readKeptEnvFile(shell, state, meant.envFile.source.name);
    for (const secret of envFileSecrets(text)) hide(secret);
  }
  return { release, meant };
}

function releaseToRestore(inputs: Inputs, releases: readonly ReleaseRecord[]): ReleaseRecord {
  const wanted = inputs.rollbackTo;
  const current = releases.at(-1);
  const others = releases.filter(
    (release) => current !== undefined && !isSameRelease(release, current),
  );
  const found =
    wanted === undefined
      ? others.at(-1)
      : [...releases, ...others].findLast(({ sha }) => sha.startsWith(wanted));
  if (found !== undefined) return found;
  throw new RefusedError({
    what:
      wanted === undefined
        ? 'there is no earlier release on the host'
        : `release ${wanted} is not on the host`,
    where: inputs.path,
    next: `Kept releases: ${releases.map(({ sha }) => sha.slice(0, 12)).join(', ') || 'none'}. keep-releases says how many stay.`,
  });
}

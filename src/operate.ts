import { deploy } from './deploy.js';
import type { Edge } from './edge/edge.js';
import { RefusedError } from './errors.js';
import type { GithubContext } from './gate/github-context.js';
import { withRecorded } from './host/recorded.js';
import { describeStatus, readStatus, unlock } from './host/releases.js';
import type { Shell } from './host/shell.js';
import { stateAssignment } from './host/state.js';
import type { Inputs } from './inputs.js';
import type { Log } from './log.js';
import type { Opening } from './opening.js';
import type { ReleaseRecord } from './plan/observation.js';
import { isSameRelease } from './plan/releases.js';
import type { Progress } from './progress.js';
import type { Connection } from './ssh/connect.js';
import { systemClock } from './system-clock.js';

export interface Work {
  /** This run's name on the host. */
  readonly run: string;
  readonly connection: Connection;
  readonly shell: Shell;
  /** Opened together with the shell, where the operation is one that changes the stack. */
  readonly opening: Opening | undefined;
  /** Where the workflow names a zone of Cloudflare. */
  readonly edge?: Edge | undefined;
  readonly progress: Progress;
  readonly log: Log;
  readonly signal: AbortSignal;
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
      for (const line of describeStatus(status, inputs)) log.info(line);
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
      const release =
        inputs.operation === 'rollback' ? await releaseToRestore(inputs, shell, state) : undefined;
      const sha = release?.sha ?? inputs.source.sha;
      if (inputs.operation !== 'plan') work.announce(sha);
      const { runId, runUrl, actor } = github;
      const meant = withRecorded(inputs, release?.workflow);
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
          clock: systemClock,
        },
      );
    }
  }
}

async function releaseToRestore(
  inputs: Inputs,
  shell: Shell,
  state: string,
): Promise<ReleaseRecord> {
  const { releases } = await readStatus(shell, state, inputs.path);
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

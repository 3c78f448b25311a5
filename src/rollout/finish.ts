import { quote } from '../host/quote.js';
import { toRecord } from '../host/workflow-record.js';
import { renderRecord } from '../host/records.js';
import { variablesFile } from '../host/state.js';
import type { ReleasedService, ReleaseRecord } from '../plan/observation.js';
import type { Operation, Plan } from '../plan/plan.js';
import { isSameRelease } from '../plan/releases.js';
import { remoteScript } from '../remote/load.js';
import type { RolloutContext } from './context.js';
import { cutOverAgain, lines, proxiesOf, together } from './cutover.js';
import { releasedServices } from './released-services.js';
import { candidateLines } from './liveness.js';

type Finish = Extract<Operation, { kind: 'finish' }>;

/**
 * The point of no return: the incumbents, which have stopped, are removed; git moves to the commit; the
 * release's record is written; what is older than the releases to keep is forgotten.
 */
export async function finish(
  context: RolloutContext,
  operation: Finish,
  plan: Plan,
  deployedAt: string,
): Promise<void> {
  const sha = context.observation.commit.sha;
  const again = otherReleases(context).some((other) => other.sha === sha) ? context.fence : '';
  const services = releasedServices(context, plan, again);
  const name = `${context.fence.padStart(8, '0')}-${sha.slice(0, 12)}.json`;
  const finished = context.transaction.step({
    name: 'finish',
    script: remoteScript('finish'),
    variables: {
      CANDIDATES: candidateLines(context, plan.services),
      RECORD: renderRecord({ sha, deployedAt, workflow: toRecord(context.inputs), services }),
      DIR: context.observation.live.path,
      BRANCH: context.inputs.source.branch,
      ENV_PATH: context.inputs.envFile?.path ?? '',
      VARIABLES_FILE: variablesFile(context.inputs.compose.variables),
      FORWARD: forward(context, operation, plan, services, name).join('\n'),
      STAGE: context.observation.stage,
      LAST_PATHS: lines(operation.paths),
    },
  });
  // What comes after it needs the lease; where nothing does, it is given back without another wait.
  const closed = context.inputs.postDeploy.length > 0 ? finished : context.transaction.close();
  await Promise.all([finished, closed]);
}

function forward(
  context: RolloutContext,
  { retire, volumes, paths, inPlace }: Finish,
  plan: Plan,
  services: Readonly<Record<string, ReleasedService>>,
  record: string,
): readonly string[] {
  const { live, stateDirectory, commit, wanted } = context.observation;
  const { source } = context.inputs;
  const kept = Object.values(services).flatMap(({ imageId, keptAs }) =>
    keptAs === undefined ? [] : [`${imageId} ${keptAs}`],
  );
  const proxies = plan.operations.filter((each) => each.kind === 'cutover');
  const unpinned = new Set(proxies.flatMap((proxy) => proxiesOf(context, proxy)));
  const move = [live.path, source.branch, commit.sha, source.remoteUrl, context.run].map(quote);
  const install = [live.path, `${stateDirectory}/journal/release`, lines(paths), lines(inPlace)];
  return [
    `prove_release ${retire.join(' ')}`.trim(),
    ...cutOverAgain(context, proxies),
    together([
      // One that somebody has started again meanwhile.
      ...(retire.length === 0 ? [] : [`stop_present ${retire.join(' ')}`]),
      `git_move ${move.join(' ')}`,
      ...(kept.length === 0 ? [] : [tidy([`keep_images ${quote(kept.join('\n'))}`])]),
      ...(hasBuilt(plan) ? [tidy([`forget_builds ${String(context.inputs.keepReleases)}`])] : []),
    ]),
    'keep_variables',
    ...keptEnvFile(context, record),
    `write_record ${record}`,
    together([
      [
        // Before its image, which Docker keeps as long as a container needs it.
        // One that Docker cannot remove now goes with the next deploy.
        ...(retire.length === 0 ? [] : [tidy([`remove_present ${retire.join(' ')}`])]),
        ...(volumes.length === 0 ? [] : [tidy([`forget_volumes ${volumes.join(' ')}`])]),
        ...forgotten(context, services, record).map((command) => tidy([command])),
        tidy([
          `run docker image prune --force --filter label=com.docker.compose.project=${wanted.project}`,
        ]),
      ].join('\n'),
      ...[...unpinned].map((id) => `unpin ${id}`),
      ...(plan.operations.some(({ kind }) => kind === 'point-callers') ? ['unpin_callers'] : []),
      `install_files last ${install.map(quote).join(' ')}`,
    ]),
    ...(context.observation.swarmStack === undefined
      ? []
      : [tidy([`swarm_forget_contents ${quote(wanted.project)} all`])]),
    tidy([`forget_commit ${context.run}`]),
    `rm -rf "$STATE/stage/${context.run}"`,
    'end_journal',
  ];
}

/** Before the record: no release is without its text. */
function keptEnvFile({ inputs: { envFile } }: RolloutContext, record: string): readonly string[] {
  if (envFile === undefined) return [];
  // One that goes back to the host's own file has none of its own either.
  const own = envFile.recorded === undefined ? 'host' : 'own';
  const name = record.replace(/\.json$/, '');
  return [`keep_env_file ${[envFile.path, name, own].map(quote).join(' ')}`];
}

/** Commands whose failure is told, and holds nothing up. */
function tidy(commands: readonly string[]): string {
  return `tidy ${quote(commands.join('\n'))}`;
}

function hasBuilt({ operations }: Plan): boolean {
  return operations.some(({ kind }) => kind === 'prepare-images');
}

/** What stays beside this release: of one commit there are several where they were given something else. */
function otherReleases({ observation, inputs }: RolloutContext): readonly ReleaseRecord[] {
  const { releases, commit } = observation;
  const own = { sha: commit.sha, workflow: toRecord(inputs) };
  const others = releases.filter((release) => !isSameRelease(release, own));
  return others.slice(Math.max(0, others.length - (inputs.keepReleases - 1)));
}

/** Takes away records and images of releases that are older than those to keep. */
function forgotten(
  context: RolloutContext,
  services: Readonly<Record<string, ReleasedService>>,
  record: string,
): readonly string[] {
  const { releases } = context.observation;
  const kept = otherReleases(context);
  const inUse = new Set(
    [...kept.map((release) => release.services), services].flatMap((release) =>
      Object.values(release).flatMap(({ keptAs }) => keptAs ?? []),
    ),
  );
  const gone = releases.filter((release) => release.name !== record && !kept.includes(release));
  const tags = gone
    .flatMap((release) => Object.values(release.services).flatMap(({ keptAs }) => keptAs ?? []))
    .filter((tag) => !inUse.has(tag));
  return [
    ...(gone.length === 0
      ? []
      : [`forget_release ${gone.map(({ name }) => quote(name)).join(' ')}`]),
    ...(tags.length === 0 ? [] : [`forget_images ${tags.map(quote).join(' ')}`]),
  ];
}

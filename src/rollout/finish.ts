import { quote } from '../host/quote.js';
import { renderRecord } from '../host/records.js';
import { digest } from '../plan/definition.js';
import type { ReleasedService, ReleaseRecord } from '../plan/observation.js';
import type { Operation, Plan } from '../plan/plan.js';
import { remoteScript } from '../remote/load.js';
import type { RolloutContext } from './context.js';
import { lines, proxiesOf } from './cutover.js';

type Finish = Extract<Operation, { kind: 'finish' }>;

/**
 * The point of no return: drains and retires the incumbents, moves git to the commit, writes the
 * release's record, forgets what is older than the releases to keep.
 */
export async function finish(
  context: RolloutContext,
  operation: Finish,
  plan: Plan,
  deployedAt: string,
): Promise<void> {
  const services = releasedServices(context, plan);
  const proxies = plan.operations.flatMap((each) =>
    each.kind === 'cutover'
      ? proxiesOf(context, each).map((id) => ({ id, kind: each.proxyKind }))
      : [],
  );
  const sha = context.observation.commit.sha;
  const name = `${context.fence.padStart(8, '0')}-${sha.slice(0, 12)}.json`;
  await context.transaction.step({
    name: 'finish',
    script: remoteScript('finish'),
    variables: {
      RECORD: renderRecord({ sha, deployedAt, services }),
      FORWARD: forward(context, operation, proxies, services, name).join('\n'),
    },
  });
}

function forward(
  context: RolloutContext,
  { retire, paths, inPlace }: Finish,
  proxies: readonly { readonly id: string; readonly kind: string }[],
  services: Readonly<Record<string, ReleasedService>>,
  record: string,
): readonly string[] {
  const { live, stage, gitDirectory, commit, wanted } = context.observation;
  const { source, drainTimeoutMs } = context.inputs;
  const kept = Object.values(services).flatMap(({ imageId, keptAs }) =>
    keptAs === undefined ? [] : [`${imageId} ${keptAs}`],
  );
  const seconds = String(Math.ceil(drainTimeoutMs / 1000));
  return [
    ...(retire.length === 0
      ? []
      : proxies.map(({ id, kind }) => `proxy_drain ${kind} ${id} ${seconds} ${retire.join(' ')}`)),
    ...(retire.length === 0 ? [] : [`retire ${retire.join(' ')}`]),
    ...proxies.map(({ id }) => `unpin ${id}`),
    `install_files last ${[live.path, stage, lines(paths), lines(inPlace)].map(quote).join(' ')}`,
    `git_move ${[live.path, gitDirectory, source.branch, commit.sha, source.remoteUrl].map(quote).join(' ')}`,
    ...(kept.length === 0 ? [] : [`keep_images ${quote(kept.join('\n'))}`]),
    `write_record ${record}`,
    ...forgotten(context, services, record),
    `run docker image prune --force --filter label=com.docker.compose.project=${wanted.project}`,
    `rm -rf "$STATE/stage/${context.run}"`,
    'rm -rf "$STATE/journal"',
  ];
}

function releasedServices(
  context: RolloutContext,
  plan: Plan,
): Readonly<Record<string, ReleasedService>> {
  const { wanted, commit, releases } = context.observation;
  return Object.fromEntries(
    plan.services.flatMap((service) => {
      const definition = wanted.services[service.service];
      if (definition === undefined) return [];
      const before = releases.at(-1)?.services[service.service];
      const imageId =
        context.made.candidates.get(service.service)?.[0]?.imageId ??
        context.made.imageIds.get(service.image) ??
        service.oldImageId;
      if (imageId === undefined) return [];
      const built = definition.build !== undefined || service.role !== 'data';
      const released: ReleasedService = {
        imageId,
        image: service.image,
        keptAs: built
          ? `resee/${wanted.project}/${service.service}:${commit.sha.slice(0, 12)}`
          : undefined,
        definition:
          service.action === 'leave' && before !== undefined
            ? before.definition
            : digest(definition.definition),
      };
      return [[service.service, released]];
    }),
  );
}

/** Records and images of releases that are older than those to keep. */
function forgotten(
  context: RolloutContext,
  services: Readonly<Record<string, ReleasedService>>,
  record: string,
): readonly string[] {
  const { releases, commit } = context.observation;
  const others: readonly ReleaseRecord[] = releases.filter(
    ({ sha, name }) => sha !== commit.sha && name !== record,
  );
  const kept = others.slice(Math.max(0, others.length - (context.inputs.keepReleases - 1)));
  const inUse = new Set(
    [...kept.map((release) => release.services), services].flatMap((release) =>
      Object.values(release).flatMap(({ keptAs }) => keptAs ?? []),
    ),
  );
  return releases
    .filter((release) => !kept.includes(release))
    .map((release) => {
      const tags = Object.values(release.services).flatMap(({ keptAs }) =>
        keptAs === undefined || inUse.has(keptAs) ? [] : [keptAs],
      );
      return `forget_release ${[release.name, ...tags].map(quote).join(' ')}`;
    });
}

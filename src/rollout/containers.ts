import { parseContainers } from '../host/containers.js';
import { commandLine, quote } from '../host/quote.js';
import type { Operation, ServiceScale } from '../plan/plan.js';
import { remoteScript } from '../remote/load.js';
import { candidatesOf, knownIds, type RolloutContext } from './context.js';

type Start = Extract<Operation, { kind: 'start' }>;
type Stop = Extract<Operation, { kind: 'stop-incumbents' }>;
type Replace = Extract<Operation, { kind: 'replace' }>;
type RunJob = Extract<Operation, { kind: 'run-job' }>;
type RunCommand = Extract<Operation, { kind: 'run-command' }>;

const NOTHING_MORE = { resumed: [], port: undefined, drainFile: undefined };

/** Starts containers beside the incumbents, and waits until they are ready. */
export async function startContainers(context: RolloutContext, operation: Start): Promise<void> {
  await create(context, { name: 'start', services: operation.services, start: true });
  await awaitReady(context, operation.services);
}

/** Lets the incumbents finish what they hold; they are kept, stopped, until the release is proven. */
export async function stopIncumbents(context: RolloutContext, operation: Stop): Promise<void> {
  if (operation.ids.length === 0) return;
  const ids = operation.ids.join(' ');
  await context.transaction.step({
    name: 'stop',
    undo: `start_containers ${ids}`,
    script: `run docker stop ${ids}`,
    variables: {},
  });
}

/**
 * The incumbent goes first, then the new container starts: never two at once. The new one is created
 * beforehand, so that between the two lie only a stop and a start.
 */
export async function replaceContainers(
  context: RolloutContext,
  operation: Replace,
): Promise<void> {
  const { service, replicas, incumbents, dead } = operation;
  const scale: ServiceScale = { ...NOTHING_MORE, service, replicas, incumbents, dead };
  if (context.observation.wanted.services[service]?.containerName !== undefined) {
    await recreate(context, scale);
  } else {
    // Journalled first, so that it is undone last: the new container goes before the old returns.
    await context.transaction.step({
      name: 'keep',
      undo: `start_containers ${incumbents.join(' ')}`,
      script: '',
      variables: {},
    });
    await create(context, { name: 'create', services: [scale], start: false });
    await context.transaction.step({
      name: 'swap',
      script: `${incumbents.length > 0 ? `run docker stop ${incumbents.join(' ')}\n` : ''}run docker start ${idsOf(context, service).join(' ')}`,
      variables: {},
    });
  }
  await awaitReady(context, [scale]);
}

/** A fixed `container_name` allows no second container: the incumbent is removed first. */
async function recreate(context: RolloutContext, scale: ServiceScale): Promise<void> {
  const { service, incumbents } = scale;
  const { live, wanted } = context.observation;
  await context.transaction.step({
    name: `recreate-${service}`,
    // The old definition and image are back by then: Compose makes the old container again.
    undo: `create_again ${[live.path, context.compose, wanted.project, service].map(quote).join(' ')}`,
    undoneLast: true,
    script: `run docker stop ${incumbents.join(' ')}\nrun docker rm ${incumbents.join(' ')}`,
    variables: {},
  });
  await create(context, { name: 'start', services: [{ ...scale, incumbents: [] }], start: true });
}

/** Runs a job's service to its end; its exit code decides. */
export async function runJob(context: RolloutContext, operation: RunJob): Promise<void> {
  const { service, incumbents, dead } = operation;
  const scale = {
    ...NOTHING_MORE,
    service,
    replicas: 1,
    incumbents: [],
    dead: [...incumbents, ...dead],
  };
  await create(context, { name: 'create', services: [scale], start: false });
  for (const id of idsOf(context, service)) {
    await context.transaction.step({
      name: 'job',
      script: remoteScript('job'),
      variables: { ID: id },
    });
  }
}

/** Runs a command once in the release's image: `pre-deploy`, `post-deploy`. */
export async function runCommand(context: RolloutContext, operation: RunCommand): Promise<void> {
  const { service, command } = operation;
  const name = `resee-deploy-${context.observation.wanted.project}-${service}-${context.fence}`;
  await context.transaction.step({
    name: 'run',
    undo: `remove_container ${quote(name)}`,
    script: remoteScript('command'),
    variables: {
      DIR: context.observation.live.path,
      COMPOSE: context.compose,
      SERVICE: service,
      COMMAND: command,
      NAME: name,
    },
  });
}

interface Creation {
  readonly name: string;
  readonly services: readonly ServiceScale[];
  /** False: they are only created. */
  readonly start: boolean;
}

async function create(context: RolloutContext, { name, services, start }: Creation): Promise<void> {
  const project = context.observation.wanted.project;
  const known = [...knownIds(context), ...madeIds(context)].join(' ');
  const first = context.observation.containers.length === 0;
  const output = await context.transaction.step({
    name,
    undo: [
      ...services.flatMap(({ service, drainFile }) => {
        const those = `${quote(project)} ${quote(service)}`;
        const remove = `remove_new_containers ${those} ${known}`;
        return drainFile === undefined
          ? [remove]
          : [`withdraw_new ${those} ${quote(drainFile)} ${known}`, remove];
      }),
      ...(first ? [`remove_unused_networks ${quote(project)}`] : []),
    ].join('\n'),
    script: remoteScript('up'),
    variables: {
      DIR: context.observation.live.path,
      COMPOSE: context.compose,
      SCALES: services
        .filter(({ incumbents }) => incumbents.length > 0)
        .map(
          ({ service, replicas, incumbents }) =>
            `--scale ${service}=${String(replicas + incumbents.length)}`,
        )
        .join(' '),
      SERVICES: commandLine(services.map(({ service }) => service)),
      PROJECT: project,
      KNOWN: known,
      REMOVE: services.flatMap(({ dead }) => dead).join(' '),
      RESUME: services.flatMap(({ resumed }) => resumed).join(' '),
      START: start ? 'yes' : '',
    },
  });
  for (const container of parseContainers(output)) {
    const others = context.made.candidates.get(container.service) ?? [];
    context.made.candidates.set(container.service, [...others, container]);
  }
}

function idsOf(context: RolloutContext, service: string): readonly string[] {
  return (context.made.candidates.get(service) ?? []).map(({ id }) => id);
}

function madeIds(context: RolloutContext): readonly string[] {
  return candidatesOf(context).map(({ id }) => id);
}

async function awaitReady(
  context: RolloutContext,
  services: readonly ServiceScale[],
): Promise<void> {
  const lines = services.flatMap(({ service, port }) =>
    (context.made.candidates.get(service) ?? []).map((container) => {
      const address = Object.values(container.networks)[0]?.addresses[0] ?? '';
      const reachable = port !== undefined && address !== '';
      return `${service} ${container.id} ${reachable ? `${address} ${String(port)}` : '- -'}\n`;
    }),
  );
  if (lines.length === 0) return;
  await context.transaction.step({
    name: 'ready',
    script: remoteScript('ready'),
    variables: {
      CANDIDATES: lines.join(''),
      TIMEOUT: String(Math.ceil(context.inputs.readyTimeoutMs / 1000)),
    },
  });
}

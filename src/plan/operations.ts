import { handedVolumes, keptDead, volumesLeftBy } from './anonymous-volumes.js';
import { planBatches, type Batch } from './batches.js';
import { holdCallers, pointCallers } from './callers.js';
import { drainedBy, planCutovers, planHolds, type Cutover } from './cutovers.js';
import { groupFiles, type FileGroups } from './files.js';
import type { Observation } from './observation.js';
import type { Operation, ServicePlan } from './plan.js';
import { drainFileOf, isTraefikRouted } from './proxies/traefik.js';
import type { ServiceScale } from './scale.js';
import type { Stack } from './stack.js';
import {
  besideStops,
  connectedStops,
  portsOf,
  retirement,
  stops,
  watched,
  withoutCutover,
} from './stops.js';

export interface OperationOptions {
  readonly preDeploy: readonly { readonly service: string; readonly command: string }[];
}

/**
 * The steps from the observed host to the wanted one, in order; without the images, which come first.
 * Workers change before the cutover: no old worker may meet a task of the new release.
 */
export function planOperations(
  observation: Observation,
  services: readonly ServicePlan[],
  options: OperationOptions,
): readonly Operation[] {
  const files = groupFiles(observation, services);
  const { inPlace } = files;
  const acting = services.filter(
    ({ action }) => action !== 'keep' && action !== 'leave' && action !== 'reload',
  );
  const of = (test: (service: ServicePlan) => boolean) => acting.filter(test);
  const { batches } = planBatches(
    observation,
    of(({ action }) => action === 'roll'),
  );
  const last = batches.at(-1) ?? [];
  const before = batches.slice(0, -1).map((batch) => ({
    batch,
    cutovers: planCutovers(observation, services, batch, undefined),
  }));
  const cutovers = planCutovers(observation, services, last, files);
  const replace = (service: ServicePlan) => replacement(observation, service);
  const begun = of(({ action, role }) => action === 'start' && !LAST.has(role) && role !== 'data');
  const first = filesBefore(files, cutovers);
  return [
    ...liveFiles(observation, first, inPlace),
    ...starts(
      observation,
      of(({ action, role }) => action === 'start' && role === 'data'),
    ),
    ...(acting.length === 0 ? [] : commands(options.preDeploy)),
    ...of(({ action }) => action === 'run').map((job) => runJob(observation, job)),
    ...planHolds([...before.flatMap((each) => each.cutovers), ...cutovers]),
    ...holdCallers(observation, services, batches),
    ...(before.length === 0 ? [] : starts(observation, begun)),
    ...before.flatMap(({ batch, cutovers: own }) => takeOver(observation, services, batch, own)),
    ...candidates(observation, services, last, before.length === 0 ? begun : []),
    ...besideStops(observation, withoutCutover(last, cutovers), [
      ...of(({ action, role }) => action === 'replace' && !LAST.has(role)).map(replace),
      ...starts(
        observation,
        of(({ action, role }) => action === 'start' && role === 'singleton'),
      ),
      ...of(({ action, role }) => action === 'replace' && role === 'singleton').map(replace),
    ]),
    ...starts(
      observation,
      of(({ action, role }) => action === 'start' && FRONT.has(role)),
    ),
    ...of(({ action, role }) => action === 'replace' && FRONT.has(role)).map(replace),
    ...cutovers,
    ...connectedStops(observation, last, cutovers),
    ...(acting.length === 0 && cutovers.length === 0
      ? []
      : watched(retirement(observation, { last, cutovers, acting }))),
    finishing(observation, acting, files),
  ];
}

/** What Compose reads in the live directory must be there before the first container is made. */
function liveFiles(
  { envFile }: Observation,
  paths: readonly string[],
  inPlace: readonly string[],
): readonly Operation[] {
  return [
    ...(envFile === undefined || envFile.change === 'same'
      ? []
      : [{ kind: 'install-env-file', ...envFile } as const]),
    ...(paths.length === 0
      ? []
      : [{ kind: 'install-files', paths, inPlace: within(inPlace, paths) } as const]),
  ];
}

/** A batch that is not the last: its incumbents stop, so that the next one finds room. */
function takeOver(
  observation: Observation,
  services: readonly ServicePlan[],
  batch: Batch,
  cutovers: readonly Cutover[],
): readonly Operation[] {
  return [
    ...candidates(observation, services, batch, []),
    ...cutovers,
    ...(cutovers.length === 0 ? [] : [{ kind: 'check-health' } as const]),
    ...stops(observation, batch, { drained: drainedBy(cutovers), cutovers }),
  ];
}

/** The candidates of a batch, and who calls them without a proxy; what is `begun` with them has no incumbents. */
function candidates(
  observation: Observation,
  services: readonly ServicePlan[],
  batch: Batch,
  begun: readonly ServicePlan[],
): readonly Operation[] {
  return [
    ...starts(observation, begun, batch),
    ...pointCallers(observation, services, batch, 'candidates'),
  ];
}

/** Files that reach the live directory before the candidates start. */
function filesBefore(files: FileGroups, cutovers: readonly Cutover[]): readonly string[] {
  const brought = new Set([
    ...cutovers.flatMap((cutover) => (cutover.kind === 'cutover' ? cutover.paths : [])),
    ...files.last,
  ]);
  return [...files.first, ...files.cutover].filter((path) => !brought.has(path));
}

/** The point of no return: the old containers go, and the files that only they mounted. */
function finishing(
  observation: Observation,
  acting: readonly ServicePlan[],
  { last, inPlace }: FileGroups,
): Operation {
  const retire = acting.flatMap((plan) => {
    const { action, incumbents, dead } = plan;
    if (action === 'remove' || action === 'run') return [...incumbents, ...dead];
    return [
      ...(action === 'roll' || action === 'replace' ? incumbents : []),
      ...keptDead(observation, plan),
    ];
  });
  return {
    kind: 'finish',
    retire,
    volumes: acting.flatMap((plan) =>
      volumesLeftBy(observation, plan).renewed.map(({ volume }) => volume),
    ),
    paths: last,
    inPlace: within(inPlace, last),
  };
}

/** Roles that come up after everything that they depend on. */
const FRONT: ReadonlySet<string> = new Set(['proxy', 'direct']);
const LAST: ReadonlySet<string> = new Set([...FRONT, 'singleton']);

function within(inPlace: readonly string[], paths: readonly string[]): readonly string[] {
  return paths.filter((path) => inPlace.includes(path));
}

function commands(list: OperationOptions['preDeploy']): readonly Operation[] {
  return list.map(({ service, command }) => ({ kind: 'run-command', service, command }));
}

function runJob(observation: Observation, plan: ServicePlan): Operation {
  const { service, incumbents, dead } = plan;
  return { kind: 'run-job', service, incumbents, dead, handed: handedVolumes(observation, plan) };
}

function replacement(observation: Observation, plan: ServicePlan): Operation {
  const { service, replicas, incumbents, dead } = plan;
  const handed = handedVolumes(observation, plan);
  return { kind: 'replace', service, replicas, incumbents, dead, handed };
}

/**
 * New services in waves, each after those that it depends on; candidates of rolled services, whose
 * dependencies run already, come with the last wave.
 */
function starts(
  observation: Observation,
  services: readonly ServicePlan[],
  batch: Batch = [],
): readonly Operation[] {
  const ports = portsOf(observation);
  const scale = (plan: ServicePlan): ServiceScale => {
    const definition = observation.wanted.services[plan.service];
    return {
      service: plan.service,
      replicas: plan.replicas,
      incumbents: plan.incumbents,
      dead: plan.role === 'data' ? [] : plan.dead,
      handed: handedVolumes(observation, plan),
      resumed: plan.role === 'data' ? plan.dead : [],
      port: ports(plan.service),
      drainFile:
        definition !== undefined && isTraefikRouted(definition)
          ? drainFileOf(definition)
          : undefined,
    };
  };
  const candidates = batch.map((portion) => ({
    ...scale(portion.plan),
    replicas: portion.candidates,
    handed: handedVolumes(observation, portion.plan).slice(
      portion.after,
      portion.after + portion.candidates,
    ),
  }));
  const waves = inWaves(observation.wanted, services).map((wave) => wave.map(scale));
  const last = waves.pop() ?? [];
  return [...waves, [...last, ...candidates]]
    .filter((wave) => wave.length > 0)
    .map((wave) => ({ kind: 'start', services: wave }));
}

function inWaves(stack: Stack, services: readonly ServicePlan[]): ServicePlan[][] {
  const waves: ServicePlan[][] = [];
  let left = [...services];
  while (left.length > 0) {
    const names = new Set(left.map(({ service }) => service));
    const free = left.filter(
      ({ service }) =>
        !(stack.services[service]?.dependsOn ?? []).some((dependency) =>
          names.has(dependency.service),
        ),
    );
    // Compose refuses cycles, so there is always one that is free.
    const wave = free.length > 0 ? free : left;
    waves.push(wave);
    left = left.filter((service) => !wave.includes(service));
  }
  return waves;
}

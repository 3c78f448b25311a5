import { keptDead, volumesLeftBy } from './anonymous-volumes.js';
import { planBatches } from './batches.js';
import { holdCallers, pointCallers } from './callers.js';
import { planHolds, type Cutover } from './cutovers.js';
import { groupFiles, type FileGroups } from '../changes/files.js';
import { givingFirst, movesOf, type Move } from './moves.js';
import type { Observation } from '../observation.js';
import { servicesOf, type Operation } from '../plan.js';
import type { ServicePlan } from '../service-plan.js';
import { prepare, replacement, withNeeded, type Preparation } from './preparation.js';
import { starts } from './starts.js';
import { takeOver, takeovers } from './takeovers.js';
import {
  besideStops,
  connectedStops,
  earlyStops,
  retirement,
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
  const acting = services.filter(
    ({ action }) => action !== 'keep' && action !== 'leave' && action !== 'reload',
  );
  const of = (test: (service: ServicePlan) => boolean) => acting.filter(test);
  const { batches } = planBatches(
    observation,
    of(({ action }) => action === 'roll'),
  );
  const last = batches.at(-1) ?? [];
  const replace = (service: ServicePlan) => replacement(observation, services, service);
  const preparation = prepare(observation, services, { acting, ...options });
  const changing = of(({ service }) => !preparation.done.has(service));
  const moves = movesOf(observation, services);
  const replaced = givingFirst(
    moves,
    changing.filter(({ action }) => action === 'replace'),
  );
  const goingEarly = of(({ action, service }) => action === 'remove' && gives(moves, service));
  const renewed = changing.filter(({ action }) => action === 'start' || action === 'replace');
  const prepared = of(({ action, service }) => action === 'start' && preparation.done.has(service));
  const renewal = { renewed, prepared, files };
  const { early, cutovers } = takeovers(observation, services, batches, renewal);
  const { begun, later } = startsAfter(observation, changing, moves);
  const started = [...prepared, ...begun];
  const holds = [
    ...planHolds([...early.flatMap((each) => each.cutovers), ...cutovers]),
    ...holdCallers(observation, services, batches, started),
  ];
  return [
    ...liveFiles(observation, filesBefore(files, cutovers), files.inPlace),
    ...withPreparation(preparation, holds),
    ...(early.length === 0 ? [] : starts(observation, begun)),
    ...early.flatMap((each) => takeOver(observation, services, each, started)),
    ...starts(observation, early.length === 0 ? begun : [], last),
    ...pointCallers(observation, services, { batch: last, started }, []),
    ...besideStops(observation, withoutCutover(last, cutovers), [
      ...replaced.filter(({ role }) => !LAST.has(role)).map(replace),
      ...starts(
        observation,
        later.filter(({ role }) => role === 'singleton'),
      ),
      ...replaced.filter(({ role }) => role === 'singleton').map(replace),
    ]),
    ...earlyStops(goingEarly),
    ...frontSteps(observation, services, { later, replaced, moves }),
    ...cutovers,
    ...connectedStops(observation, last, cutovers),
    ...(acting.length === 0 && cutovers.length === 0
      ? []
      : watched(retirement(observation, { last, cutovers, acting: without(acting, goingEarly) }))),
    finishing(observation, acting, files),
  ];
}

/** What is held, as late as it can be: what it is held at may be started again meanwhile. */
function withPreparation(
  { operations, done }: Preparation,
  holds: readonly Operation[],
): readonly Operation[] {
  const isNeeded = holds.some((hold) => servicesOf(hold).some((service) => done.has(service)));
  return isNeeded ? [...holds, ...operations] : [...operations, ...holds];
}

function without(
  services: readonly ServicePlan[],
  others: readonly ServicePlan[],
): readonly ServicePlan[] {
  return services.filter((plan) => !others.includes(plan));
}

/** True where what stops with its old container is what another one wants to start. */
function gives(moves: readonly Move[], service: string): boolean {
  return moves.some(({ from, kind }) => from.service === service && kind !== 'name');
}

/** What comes up after everything that it depends on; where a port goes from one to another, the one first. */
function frontSteps(
  observation: Observation,
  services: readonly ServicePlan[],
  {
    later,
    replaced,
    moves,
  }: {
    readonly later: readonly ServicePlan[];
    readonly replaced: readonly ServicePlan[];
    readonly moves: readonly Move[];
  },
): readonly Operation[] {
  const fronts = replaced.filter(({ role }) => FRONT.has(role));
  const giving = fronts.filter(({ service }) => gives(moves, service));
  const replace = (service: ServicePlan) => replacement(observation, services, service);
  return [
    ...giving.map(replace),
    ...starts(
      observation,
      later.filter(({ role }) => role !== 'singleton'),
    ),
    ...without(fronts, giving).map(replace),
  ];
}

/**
 * What starts with the candidates, and what after them: the latter come before where others depend on them.
 *
 * @param moves what services get that others have until their old containers are gone
 */
function startsAfter(
  observation: Observation,
  changing: readonly ServicePlan[],
  moves: readonly Move[],
): { readonly begun: readonly ServicePlan[]; readonly later: readonly ServicePlan[] } {
  const starting = changing.filter(({ action }) => action === 'start');
  const getting = new Set(moves.map(({ to }) => to.service));
  const early = starting.filter(({ role, service }) => !LAST.has(role) && !getting.has(service));
  const begun = withNeeded(observation, early, starting);
  return { begun, later: starting.filter((service) => !begun.includes(service)) };
}

/** What Compose reads in the live directory must be there before the first container is made. */
export function liveFiles(
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

import type { FileChange, Observation } from '../observation.js';
import { STAYS, type Action, type ServicePlan } from '../service-plan.js';
import { isWithin, type Stack } from '../compose/stack.js';

/**
 * When each changed file reaches the live directory. A running container sees what it mounts from
 * there at once, so the moment is part of the cutover.
 */
export interface FileGroups {
  /** Before the candidates start. */
  readonly first: readonly string[];
  /** With the cutover: what the proxy mounts, and no container that starts before as closely. */
  readonly cutover: readonly string[];
  /** After the incumbents are gone: what only they mount. */
  readonly last: readonly string[];
  /** Of all of these, those that a container mounts as a single file. */
  readonly inPlace: readonly string[];
}

export function groupFiles(observation: Observation, services: readonly ServicePlan[]): FileGroups {
  const { live, wanted, installed, commit } = observation;
  const kept = new Set(live.modified);
  const paths = commit.changes.map((change) => change.path).filter((path) => !kept.has(path));
  const byAction = (test: (service: ServicePlan) => boolean) =>
    services.filter(test).map((service) => service.service);
  const proxies = bindsOf(
    wanted,
    byAction(({ role, action }) => action === 'reload' || (role === 'proxy' && STAYS.has(action))),
  );
  const replaced = bindsOf(
    installed,
    byAction(({ action }) => action === 'roll' || action === 'replace' || action === 'remove'),
  );
  const everyWanted = bindsOf(wanted, Object.keys(wanted.services));
  const starting = bindsOf(
    wanted,
    byAction(({ action }) => STARTS.has(action)),
  );
  const within = (places: readonly string[], path: string) =>
    places.some((place) => isWithin(path, place));
  // A new container reads it when it starts, also where the proxy mounts it, or the directory that it is in.
  const cutover = paths.filter(
    (path) => within(proxies, path) && depthOf(starting, path) < depthOf(proxies, path),
  );
  const last = paths.filter(
    (path) => !within(proxies, path) && within(replaced, path) && !within(everyWanted, path),
  );
  const later = new Set([...cutover, ...last]);
  const mounted = new Set(
    observation.containers.flatMap((container) => container.mounts.map((mount) => mount.source)),
  );
  return {
    first: paths.filter((path) => !later.has(path)),
    cutover,
    last,
    inPlace: paths.filter((path) => mounted.has(`${live.path}/${path}`)),
  };
}

const STARTS: ReadonlySet<Action> = new Set(['start', 'roll', 'replace', 'run']);

/** How closely the path is mounted: by the number of directories that lead to the mount; -1 where it is not. */
function depthOf(places: readonly string[], path: string): number {
  return Math.max(
    -1,
    ...places
      .filter((place) => isWithin(path, place))
      .map((place) => place.split('/').filter((part) => part !== '').length),
  );
}

/** Sources inside the stack's directory that the services mount. */
function bindsOf(stack: Stack | undefined, services: readonly string[]): readonly string[] {
  return services.flatMap((service) =>
    (stack?.services[service]?.binds ?? [])
      .map((bind) => bind.source)
      .filter((source) => !source.startsWith('/')),
  );
}

/** The stack's `.env` as a change of the live directory; empty where it stays. */
export function envFileChanges({ envFile }: Pick<Observation, 'envFile'>): readonly FileChange[] {
  if (envFile === undefined || envFile.change === 'same') return [];
  const { path, change } = envFile;
  return [{ path, status: change === 'removed' ? 'deleted' : change }];
}

/** Changed files that the service mounts. */
export function mountedChanges(
  stack: Stack,
  service: string,
  changes: readonly FileChange[],
): readonly string[] {
  const places = bindsOf(stack, [service]);
  return changes
    .map((change) => change.path)
    .filter((path) => places.some((place) => isWithin(path, place)));
}

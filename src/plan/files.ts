import type { FileChange, Observation } from './observation.js';
import { STAYS, type ServicePlan } from './plan.js';
import { isWithin, type Stack } from './stack.js';

/**
 * When each changed file reaches the live directory. A running container sees what it mounts from
 * there at once, so the moment is part of the cutover.
 */
export interface FileGroups {
  /** Before the candidates start. */
  readonly first: readonly string[];
  /** With the cutover: what the proxy mounts. */
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
    byAction(({ role, action }) => role === 'proxy' && STAYS.has(action)),
  );
  const replaced = bindsOf(
    installed,
    byAction(({ action }) => action === 'roll' || action === 'replace' || action === 'remove'),
  );
  const everyWanted = bindsOf(wanted, Object.keys(wanted.services));
  const within = (places: readonly string[], path: string) =>
    places.some((place) => isWithin(path, place));
  const cutover = paths.filter((path) => within(proxies, path));
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

/** Sources inside the stack's directory that the services mount. */
function bindsOf(stack: Stack | undefined, services: readonly string[]): readonly string[] {
  return services.flatMap((service) =>
    (stack?.services[service]?.binds ?? [])
      .map((bind) => bind.source)
      .filter((source) => !source.startsWith('/')),
  );
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

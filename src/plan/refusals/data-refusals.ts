import type { Observation } from '../observation.js';
import type { ServicePlan } from '../service-plan.js';
import type { Refusal } from '../refusal.js';
import type { Service } from '../compose/stack.js';
import { placeOf } from '../roles/storage.js';

/** What would start two containers on storage that only one may use. */
export function sharedStorage(
  observation: Observation,
  services: readonly ServicePlan[],
): readonly Refusal[] {
  return [...renamedServices(observation, services), ...stoppedTwins(observation, services)];
}

/**
 * A service that the commit adds on the storage of one that it removes: the new one starts before the old one is
 * stopped, so that the release can be taken back.
 */
function renamedServices(
  { wanted, installed }: Observation,
  services: readonly ServicePlan[],
): readonly Refusal[] {
  const removed = services.filter(({ action }) => action === 'remove');
  const begun = services.filter(({ action }) => action === 'start');
  return begun.flatMap((added) =>
    removed
      .filter(({ role }) => isForOne(added) || role === 'data')
      .flatMap(({ service: former }) => {
        const places = writablePlaces(installed?.services[former]);
        const shared = writablePlaces(wanted.services[added.service]).find((place) =>
          places.includes(place),
        );
        if (shared === undefined) return [];
        return [
          {
            what: `${added.service} would start on ${shared} while ${former}, which the commit removes, still runs on it`,
            next: `Only one may use it. Keep the name ${former}, or take two deploys: one that removes ${former}, with a gap, then one that adds ${added.service}.`,
          },
        ];
      }),
  );
}

function isForOne({ role, single }: ServicePlan): boolean {
  return role === 'data' || single !== undefined;
}

function writablePlaces(service: Service | undefined): readonly string[] {
  return (service?.mounts ?? [])
    .filter(({ readOnly, source }) => !readOnly && source !== undefined)
    .map(placeOf);
}

/** More containers of a database have stopped than it has replicas: which one held the data nobody can tell. */
function stoppedTwins(
  { containers }: Observation,
  services: readonly ServicePlan[],
): readonly Refusal[] {
  return services
    .filter(({ role, action }) => role === 'data' && action === 'start')
    .filter(({ dead, replicas }) => dead.length > replicas)
    .map(({ service, dead, replicas }) => {
      const names = containers.filter(({ id }) => dead.includes(id)).map(({ name }) => name);
      return {
        what: `${service} holds data and does not run, and there are ${dead.length} stopped containers of it for ${replicas}: ${names.join(', ')}`,
        next: `Started together they would use the same storage. On the host, remove what is not wanted: docker rm ${names[0] ?? ''}`,
      };
    });
}

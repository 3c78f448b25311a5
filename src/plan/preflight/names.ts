import type { Refusal } from '../refusal.js';
import type { Observation } from '../observation.js';
import { STAYS, type ServicePlan } from '../service-plan.js';

/**
 * A `container_name` that a container has which is none of the stack's services: Docker makes no second one, and the
 * old container of the service may have been removed by then. One of another service of the stack is a move.
 */
export function takenNames(
  { wanted, containers, heldNames = [] }: Observation,
  services: readonly ServicePlan[],
): readonly Refusal[] {
  const own = new Set(containers.flatMap(({ name, oneOff }) => (oneOff ? [] : name)));
  return services
    .filter(
      ({ action, replicas, ifImageChanges }) =>
        !STAYS.has(action) && action !== 'remove' && replicas > 0 && !ifImageChanges,
    )
    .flatMap(({ service }) => {
      const name = wanted.services[service]?.containerName;
      const holder = heldNames.find((held) => held.name === name && !own.has(held.name));
      if (name === undefined || holder === undefined) return [];
      const whose =
        holder.project === ''
          ? 'which is of no Compose project'
          : holder.project === wanted.project
            ? 'which `docker compose run` has made'
            : `of the project ${holder.project}`;
      return [
        {
          what: `${service} is to have the name ${name} (container_name), and a container, ${whose}, has it: Docker would not make the new one`,
          next: `On the host, see what it is: docker ps -a --filter name='^${name}$'. Where nobody needs it, remove it: docker rm --force ${name}. Otherwise rename it (docker rename ${name} ${name}-old), or give ${service} another container_name, or none.`,
        },
      ];
    });
}

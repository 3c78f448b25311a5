import { DeployError } from '../errors.js';
import type { CutoverOperation, Route } from '../plan/plan.js';
import type { RolloutContext } from './context.js';

/** Lines for `pins_of`: a container, the network that the proxy reaches it over, and its names there. */
export function pins(
  routes: readonly Route[],
  containersOf: (route: Route) => readonly string[],
): string {
  return routes
    .flatMap((route) =>
      containersOf(route).map((id) => [id, route.network, ...route.names].join(' ')),
    )
    .join('\n');
}

export function incumbentsOf({ incumbents }: Route): readonly string[] {
  return incumbents;
}

/** Ids of the candidates that the proxy can reach. */
export function candidatesOn(
  { results }: RolloutContext,
  { service, network }: Route,
): readonly string[] {
  const reachable = (results.candidates.get(service) ?? []).filter(
    ({ networks }) => (networks[network]?.addresses.length ?? 0) > 0,
  );
  if (reachable.length === 0) {
    throw new DeployError({
      what: `no candidate of ${service} has an address on ${network}`,
      next: 'The proxy reaches it over this network: keep the service on it in the Compose file.',
    });
  }
  return reachable.map(({ id }) => id);
}

/** To the candidates, and what is held until later. */
export function pinsOfCandidates(
  context: RolloutContext,
  { routes, holds }: Pick<CutoverOperation, 'routes' | 'holds'>,
): string {
  return pins([...routes, ...holds], (route) =>
    holds.includes(route) ? route.incumbents : [...candidatesOn(context, route), ...route.staying],
  );
}

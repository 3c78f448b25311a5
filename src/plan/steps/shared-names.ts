import { namesOn } from '../compose/network-names.js';
import type { Observation } from '../observation.js';
import { STAYS, type ServicePlan } from '../service-plan.js';

interface Named {
  readonly service: string;
  readonly network: string;
  readonly names: readonly string[];
  readonly incumbents: readonly string[];
  readonly staying: readonly string[];
}

/**
 * Containers of other services may answer to some of these names as well (an alias that both have): those that
 * stay go on doing so beside the candidates, and those that the commit removes do so until then. Services that
 * get new containers have a route of their own.
 */
export function withOthers<Route extends Named>(
  { containers }: Observation,
  services: readonly ServicePlan[],
  route: Route,
): readonly Route[] {
  const actions = new Map(services.map(({ service, action }) => [service, action] as const));
  const others = containers.flatMap(({ id, service, running, oneOff, networks }) => {
    const action = actions.get(service);
    if (!running || oneOff || service === route.service || action === undefined) return [];
    const stays = STAYS.has(action);
    if (!stays && action !== 'remove') return [];
    return [{ id, stays, names: namesOn({ networks }, route.network) }];
  });
  const groups = new Map<string, Route>();
  for (const name of route.names) {
    const answering = others.filter(({ names }) => names.includes(name));
    const key = answering.map(({ id }) => id).join(' ');
    const staying = answering.filter(({ stays }) => stays);
    groups.set(key, {
      ...route,
      names: [...(groups.get(key)?.names ?? []), name],
      incumbents: [...route.incumbents, ...answering.map(({ id }) => id)],
      staying: [...route.staying, ...staying.map(({ id }) => id)],
    });
  }
  return [...groups.values()];
}

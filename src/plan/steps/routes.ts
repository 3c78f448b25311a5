import type { Portion } from './batches.js';
import { namesOn, networksOf } from '../compose/network-names.js';
import type { Observation, ProxyFacts } from '../observation.js';
import type { ReplaceOperation, Route } from '../plan.js';
import { readProxy, upstreamsInFiles } from '../proxies/proxy.js';
import type { Upstream } from '../proxies/upstream.js';
import { namesOf } from '../roles/roles.js';
import type { ServicePlan } from '../service-plan.js';
import { withOthers } from './shared-names.js';
import { isWithin } from '../compose/stack.js';

/** A proxy, and its service: undefined for one of another project. */
export interface Front {
  readonly proxy: ProxyFacts;
  readonly front: ServicePlan | undefined;
  /** True where it is its new containers that are meant. */
  readonly isNew: boolean;
}

/** The names of a service that the proxy uses, on each network that both are on. */
export function routesOf(
  observation: Observation,
  services: readonly ServicePlan[],
  { proxy, front, isNew }: Front,
  { plan, incumbents, leaving }: Portion,
): readonly Route[] {
  const containers = observation.containers.filter(({ id }) => incumbents.includes(id));
  const used = usedBy(observation, { proxy, front });
  const { wanted } = observation;
  const after = isNew ? networksOf(wanted, front?.service ?? '') : proxy.networks;
  const shared = networksOf(wanted, plan.service).filter((network) => after.includes(network));
  return proxy.networks.flatMap((network) => {
    // What goes on reaches its old containers as well, over the same network; what is new never did.
    const next = shared.includes(network) ? network : isNew ? shared[0] : undefined;
    if (next === undefined) return [];
    const joined = containers.filter((container) => container.networks[network] !== undefined);
    if (joined.length === 0) return [];
    const names = [
      ...joined.flatMap((container) => namesOn(container, network)),
      ...namesOf(observation.wanted.services[plan.service]),
    ].filter((name) => used.has(name));
    if (names.length === 0) return [];
    const ids = joined.map(({ id }) => id);
    return withOthers(observation, services, {
      service: plan.service,
      names: [...new Set(names)],
      network: next,
      incumbents: ids,
      staying: ids.filter((id) => !leaving.includes(id)),
    });
  });
}

/**
 * The same of a service whose new containers come when the old ones have stopped, or where none ran: they may
 * have other addresses, and a proxy that resolves names once goes on with the old ones.
 *
 * @param isLast false for a moment before the last cutover, which alone brings a new configuration
 */
export function renewedRoutes(
  observation: Observation,
  services: readonly ServicePlan[],
  { proxy, front }: Front,
  plan: ServicePlan,
  isLast: boolean,
): readonly Route[] {
  const { wanted } = observation;
  const { service, replicas } = plan;
  const { resolvesAtEachConnection, upstreams } = readProxy(proxy);
  // One that resolves them each time is held at those that answer to them already, of other services.
  const isHeld = resolvesAtEachConnection && isLast && plan.action === 'start';
  if ((resolvesAtEachConnection && !isHeld) || replicas === 0) return [];
  const loaded = new Set(upstreams.map(({ name }) => name));
  // Its new configuration comes with the last cutover, and resolves then what is new in it.
  const used = isLast || proxy.config === '' ? usedBy(observation, { proxy, front }) : loaded;
  const own = new Set(namesOf(wanted.services[service]));
  const isLeft = (name: string): boolean =>
    isAddress(name) || (!isHeld && loaded.has(name) && isFoundAnyway(proxy, name, plan));
  const names = [...own].filter((name) => used.has(name) && !isLeft(name));
  if (names.length === 0) return [];
  const shared = networksOf(wanted, service).filter((network) => proxy.networks.includes(network));
  return shared
    .flatMap((network) =>
      withOthers(observation, services, { service, names, network, incumbents: [], staying: [] }),
    )
    .filter(({ incumbents }) => {
      const isShared = incumbents.length > 0;
      // Before the last cutover requests stay where they are, as long as there is somebody to answer.
      return isHeld ? isShared : isLast || plan.action !== 'start' || !isShared;
    });
}

/**
 * Proxies that know the containers of a service, which stop before their successors start, by their addresses:
 * where this is undone, the old ones may come back with others.
 */
export function knownBy(
  { containers, proxies, wanted }: Observation,
  services: readonly ServicePlan[],
  { service, incumbents }: ServicePlan,
): ReplaceOperation['proxies'] {
  const old = containers.filter(({ id }) => incumbents.includes(id));
  return proxies.flatMap((proxy) => {
    const { upstreams, resolvesAtEachConnection } = readProxy(proxy);
    const used = new Set(upstreams.map(({ name }) => name));
    const isKnown = old.some((container) =>
      proxy.networks.some((network) => namesOn(container, network).some((name) => used.has(name))),
    );
    const front = services.find((each) => each.incumbents.includes(proxy.containerId));
    if (resolvesAtEachConnection || !isKnown || front?.service === service) return [];
    // One that is made again as it was has its name, and another id.
    const isMadeAgain =
      front?.action === 'replace' && wanted.services[front.service]?.containerName !== undefined;
    return [{ kind: proxy.kind, container: isMadeAgain ? proxy.name : proxy.containerId }];
  });
}

function usedBy(
  observation: Observation,
  { proxy, front }: Pick<Front, 'proxy' | 'front'>,
): ReadonlySet<string> {
  return new Set(upstreamsOfProxy(observation, proxy, front).map(({ name }) => name));
}

/**
 * True for a name that the proxy looks up while it runs, and that nothing answered to: of one that was found it keeps
 * the address as long as Docker's DNS allows, ten minutes.
 */
function isFoundAnyway(proxy: ProxyFacts, name: string, { action, dead }: ServicePlan): boolean {
  return action === 'start' && dead.length === 0 && !readProxy(proxy).resolvesOnce(name);
}

/** A fixed one is that of the new container as well. */
function isAddress(name: string): boolean {
  return name.includes(':') || /^\d+(?:\.\d+){3}$/.test(name);
}

/**
 * Where this proxy sends requests: by what it has loaded, and, because its new configuration may name
 * what that does not, by the files of the commit that it mounts or is built from. Where it did not tell
 * what it has loaded, any file may be its own.
 */
function upstreamsOfProxy(
  { wanted, proxyFiles }: Observation,
  proxy: ProxyFacts,
  front: ServicePlan | undefined,
): readonly Upstream[] {
  const loaded = readProxy(proxy).upstreams;
  const definition = front === undefined ? undefined : wanted.services[front.service];
  const places = [
    ...(definition?.binds ?? []).map(({ source }) => source),
    ...(definition?.build?.inputs ?? []),
  ];
  const own = Object.entries(proxyFiles).filter(
    ([path]) => proxy.config === '' || places.some((place) => isWithin(path, place)),
  );
  return [...loaded, ...upstreamsInFiles(Object.fromEntries(own), proxy.kind)];
}

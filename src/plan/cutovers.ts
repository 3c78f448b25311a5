import type { FileGroups } from './files.js';
import type { Observation, ProxyFacts } from './observation.js';
import type {
  CutoverOperation,
  HoldOperation,
  Route,
  ServicePlan,
  WithdrawOperation,
} from './plan.js';
import { readProxy } from './proxies/proxy.js';
import { drainFileOf, isTraefikRouted } from './proxies/traefik.js';
import { upstreamsOf } from './roles.js';
import { isWithin } from './stack.js';

/** How new requests come to the candidates. */
export interface Cutovers {
  /** Before any candidate starts. */
  readonly holds: readonly HoldOperation[];
  /** Once all candidates are ready. */
  readonly cutovers: readonly (CutoverOperation | WithdrawOperation)[];
}

/**
 * One cutover for each proxy that sends requests to what changes, whatever its role is: a published
 * one, a frontend's own nginx that passes `/api` on, or one of another project. One that is itself
 * rolled learned its addresses when it started, incumbents among them, so its new container is cut
 * over too, and first. Traefik follows Docker by itself: there the incumbents withdraw.
 */
export function planCutovers(
  observation: Observation,
  services: readonly ServicePlan[],
  files: FileGroups,
): Cutovers {
  const changed = services.filter(({ role, action }) => role === 'routed' && action === 'roll');
  const cutovers = observation.proxies.flatMap((proxy) => {
    const front = services.find(({ incumbents }) => incumbents.includes(proxy.containerId));
    const stays = front === undefined || front.action === 'keep' || front.action === 'reload';
    const isGone = front?.action === 'remove';
    const routes = changed
      .filter(({ service }) => service !== front?.service)
      .flatMap((service) => routesOf(observation, proxy, service));
    if (isGone || (routes.length === 0 && front?.action !== 'reload')) return [];
    return [cutoverOf(observation, { proxy, front, stays, routes, files })];
  });
  const withdrawn = withdrawals(observation, changed);
  return {
    holds: cutovers.flatMap(holdsFor),
    cutovers: [
      ...cutovers.filter(({ proxy }) => proxy === undefined),
      ...cutovers.filter(({ proxy }) => proxy !== undefined),
      ...(withdrawn.length === 0 ? [] : [{ kind: 'withdraw', services: withdrawn } as const]),
    ],
  };
}

function holdsFor(cutover: CutoverOperation): readonly HoldOperation[] {
  const { proxy, proxyService, proxyKind, held, routes } = cutover;
  return held && proxy !== undefined
    ? [{ kind: 'hold', proxyService, proxyKind, proxy, routes }]
    : [];
}

function withdrawals(
  { wanted }: Observation,
  changed: readonly ServicePlan[],
): WithdrawOperation['services'] {
  return changed.flatMap(({ service, incumbents }) => {
    const definition = wanted.services[service];
    if (definition === undefined || !isTraefikRouted(definition)) return [];
    return [{ service, incumbents, drainFile: drainFileOf(definition) }];
  });
}

interface CutoverParts {
  readonly proxy: ProxyFacts;
  /** The proxy's service; undefined for one of another project. */
  readonly front: ServicePlan | undefined;
  /** True where the container that runs stays. */
  readonly stays: boolean;
  readonly routes: readonly Route[];
  readonly files: FileGroups;
}

function cutoverOf(
  observation: Observation,
  { proxy, front, stays, routes, files }: CutoverParts,
): CutoverOperation {
  const binds =
    front === undefined ? [] : (observation.wanted.services[front.service]?.binds ?? []);
  const paths =
    stays && front?.role === 'proxy'
      ? files.cutover.filter((path) => binds.some((bind) => isWithin(path, bind.source)))
      : [];
  return {
    kind: 'cutover',
    proxyService: front?.service ?? proxy.name,
    proxyKind: proxy.kind,
    proxy: stays ? proxy.containerId : undefined,
    held: stays && routes.length > 0 && readProxy(proxy).resolvesAtEachConnection,
    routes,
    paths,
    inPlace: paths.filter((path) => files.inPlace.includes(path)),
    mounted: binds
      .filter((bind) => paths.includes(bind.source))
      .map((bind) => ({ path: bind.source, inside: bind.target })),
  };
}

/** The names of a service that the proxy uses, on each network that both are on. */
function routesOf(
  observation: Observation,
  proxy: ProxyFacts,
  { service, incumbents }: ServicePlan,
): readonly Route[] {
  const containers = observation.containers.filter(({ id }) => incumbents.includes(id));
  // The new configuration of a proxy of the stack may name what the loaded one does not.
  const used = new Set(
    [...readProxy(proxy).upstreams, ...upstreamsOf(observation)].map(({ name }) => name),
  );
  return proxy.networks.flatMap((network) => {
    const joined = containers.filter((container) => container.networks[network] !== undefined);
    const names = joined
      .flatMap((container) => container.networks[network]?.names ?? [])
      .filter((name) => used.has(name));
    if (names.length === 0) return [];
    return [
      { service, names: [...new Set(names)], network, incumbents: joined.map(({ id }) => id) },
    ];
  });
}

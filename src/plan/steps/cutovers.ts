import type { Batch } from './batches.js';
import { changesFor } from '../changes/changes.js';
import { mountedChanges, type FileGroups } from '../changes/files.js';
import type { Observation, ProxyFacts } from '../observation.js';
import {
  servicesOf,
  type CutoverOperation,
  type DrainedProxy,
  type HoldOperation,
  type Route,
  type WithdrawOperation,
} from '../plan.js';
import { STAYS, type ServicePlan } from '../service-plan.js';
import { readProxy } from '../proxies/proxy.js';
import { drainFileOf, isTraefikRouted } from '../compose/traefik-labels.js';
import { renewedRoutes, routesOf } from './routes.js';
import { isWithin } from '../compose/stack.js';

export type Cutover = CutoverOperation | WithdrawOperation;

/** What has new containers when requests move to them. */
export interface Moment {
  /** Candidates beside their incumbents. */
  readonly batch: Batch;
  /** Services whose new containers came when the old ones had stopped, or where none ran. */
  readonly renewed: readonly ServicePlan[];
  /** Of those the ones that started before, and whose names others go on answering to. */
  readonly prepared?: readonly ServicePlan[];
  /** What the proxies take over with this cutover; undefined where it is not the last. */
  readonly files: FileGroups | undefined;
}

/**
 * How new requests come to the candidates of a batch: one cutover for each proxy that sends requests
 * to what changes, whatever its role is: a published one, a frontend's own nginx that passes `/api` on,
 * or one of another project. One that is itself rolled learned its addresses when it started,
 * incumbents among them, so its new container is cut over too, and first. Traefik follows Docker by
 * itself: there the incumbents withdraw.
 */
export function planCutovers(
  observation: Observation,
  services: readonly ServicePlan[],
  { batch, renewed, prepared = [], files }: Moment,
): readonly Cutover[] {
  const changed = batch.filter(({ plan }) => plan.role === 'routed');
  const isLast = files !== undefined;
  const cutovers = observation.proxies.flatMap((proxy) => {
    const front = services.find(({ incumbents }) => incumbents.includes(proxy.containerId));
    if (front?.action === 'remove') return [];
    const stays = front === undefined || STAYS.has(front.action);
    // Until the last cutover the old container of a proxy that changes serves as well.
    const old = stays || !isLast;
    const own = { proxy, front, isNew: !old };
    const routes = [
      ...changed
        .filter(({ plan }) => plan.service !== front?.service)
        .flatMap((portion) => routesOf(observation, services, own, portion)),
      ...renewed
        .filter(({ service }) => service !== front?.service)
        .flatMap((plan) => renewedRoutes(observation, services, own, plan, isLast)),
      ...prepared
        .filter(({ service }) => service !== front?.service)
        .flatMap((plan) => renewedRoutes(observation, services, own, plan, isLast))
        .filter(({ incumbents }) => incumbents.length > 0),
    ];
    const reloads = isLast && front?.action === 'reload';
    if (routes.length === 0 && !reloads) return [];
    const replaced = renewed.filter(({ action }) => action === 'replace');
    const comesBack = routes.some((route) =>
      replaced.some(({ service }) => service === route.service),
    );
    return [cutoverOf(observation, { proxy, front, stays: old, routes, files, comesBack })];
  });
  const withdrawn = withdrawals(observation, changed);
  return [
    ...cutovers.filter(({ proxy }) => proxy === undefined),
    ...cutovers.filter(({ proxy }) => proxy !== undefined),
    ...(withdrawn.length === 0 ? [] : [{ kind: 'withdraw', services: withdrawn } as const]),
  ];
}

/** The same cutovers, with what their proxies are held at until `later` ones: each writes all of its pins. */
export function withHolds(
  cutovers: readonly Cutover[],
  later: readonly Cutover[],
): readonly Cutover[] {
  const holds = planHolds(later);
  return cutovers.map((cutover) => {
    if (cutover.kind !== 'cutover' || !cutover.held) return cutover;
    const own = new Set(servicesOf(cutover));
    const routes = holds.flatMap((each) => (each.proxy === cutover.proxy ? each.routes : []));
    return { ...cutover, holds: routes.filter(({ service }) => !own.has(service)) };
  });
}

/** Before any candidate starts: proxies that would send it requests from the moment it exists. */
export function planHolds(cutovers: readonly Cutover[]): readonly HoldOperation[] {
  const held = cutovers.flatMap((cutover) =>
    cutover.kind === 'cutover' && cutover.held ? [cutover] : [],
  );
  const proxies = new Map(held.map((cutover) => [cutover.proxy, cutover] as const));
  return [...proxies].flatMap(([proxy, { proxyService, proxyKind }]) => {
    if (proxy === undefined) return [];
    const routes = held.filter((each) => each.proxy === proxy).flatMap((each) => each.routes);
    const first = new Map(
      // What a later part of the same service finds is what an earlier one left.
      [...routes]
        .reverse()
        .map(
          (route) => [`${route.service} ${route.network} ${route.names.join(' ')}`, route] as const,
        ),
    );
    return [
      { kind: 'hold', proxyService, proxyKind, proxy, routes: [...first.values()].reverse() },
    ];
  });
}

/**
 * Services whose proxies keep the connections that they have to the incumbents: only when these go
 * does all traffic reach the candidates, so they go before the soak, not after it.
 */
export function keptConnected(cutovers: readonly Cutover[]): ReadonlySet<string> {
  return new Set(
    cutovers.flatMap((cutover) =>
      cutover.kind === 'cutover' && cutover.staysConnected ? servicesOf(cutover) : [],
    ),
  );
}

/** What the cutovers leave to be drained. */
export function drainedBy(cutovers: readonly Cutover[]): readonly DrainedProxy[] {
  return cutovers.flatMap((cutover) => {
    if (cutover.kind !== 'cutover' || cutover.staysConnected) return [];
    if (!cutover.routes.some(isLeft)) return [];
    const { proxyService, proxyKind, proxy, lingersMs } = cutover;
    return [{ proxyService, proxyKind, proxy, lingersMs }];
  });
}

function isLeft({ incumbents, staying }: Route): boolean {
  return incumbents.some((id) => !staying.includes(id));
}

function withdrawals({ wanted }: Observation, changed: Batch): WithdrawOperation['services'] {
  return changed.flatMap(({ plan: { service }, leaving }) => {
    const definition = wanted.services[service];
    if (definition === undefined || !isTraefikRouted(definition)) return [];
    return [{ service, incumbents: leaving, drainFile: drainFileOf(definition) }];
  });
}

interface CutoverParts {
  readonly proxy: ProxyFacts;
  /** The proxy's service; undefined for one of another project. */
  readonly front: ServicePlan | undefined;
  /** True where the container that runs stays. */
  readonly stays: boolean;
  readonly routes: readonly Route[];
  readonly files: FileGroups | undefined;
  readonly comesBack: boolean;
}

function cutoverOf(
  observation: Observation,
  { proxy, front, stays, routes, files, comesBack }: CutoverParts,
): CutoverOperation {
  const binds =
    front === undefined ? [] : (observation.wanted.services[front.service]?.binds ?? []);
  const paths =
    stays && files !== undefined && (front?.role === 'proxy' || front?.action === 'reload')
      ? files.cutover.filter((path) => binds.some((bind) => isWithin(path, bind.source)))
      : [];
  const { lingersMs, resolvesAtEachConnection, staysConnected } = readProxy(proxy);
  const reloads = files !== undefined && front?.action === 'reload';
  // What an earlier deploy has brought to the live directory, and left out of the proxy.
  const left = reloads
    ? mountedChanges(observation.wanted, front.service, changesFor(observation, front.service))
    : [];
  return {
    kind: 'cutover',
    proxyService: front?.service ?? proxy.name,
    proxyKind: proxy.kind,
    proxy: stays ? proxy.containerId : undefined,
    lingersMs,
    holds: [],
    held: stays && routes.length > 0 && resolvesAtEachConnection,
    staysConnected: staysConnected && routes.length > 0,
    reloads: reloads || paths.length > 0 || !(stays && resolvesAtEachConnection),
    comesBack,
    routes,
    paths,
    inPlace: paths.filter((path) => files?.inPlace.includes(path) === true),
    mounted: binds
      .filter(({ source }) => paths.includes(source) || left.includes(source))
      .map((bind) => ({ path: bind.source, inside: bind.target })),
  };
}

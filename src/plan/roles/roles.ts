import { invocationsOf } from '../compose/commands.js';
import { databaseByContainers, databaseByDefinition } from './databases.js';
import { doubtsOf, WHERE_ROUTED } from './uncertainty.js';
import { isProxyImage } from '../compose/image-names.js';
import { oneShotReason } from './jobs.js';
import type { Container } from '../observation.js';
import { tunnelBefore } from '../proxies/front.js';
import { hasTraefikRouter, isTraefikRouted } from '../compose/traefik-labels.js';
import { ORDER_LABEL, ROLE_LABEL, ROLES, type Role, type RoleDecision } from '../role.js';
import { requestsThrough } from './shared-network.js';
import type { Upstream } from '../proxies/upstream.js';
import { actsAlone, hasSchedulerName, isPeriodic, isScheduler } from './schedulers.js';
import { NO_EVIDENCE, type Evidence } from './evidence.js';
import type { Mount, Service, Stack } from '../compose/stack.js';
import { exclusiveStorage, ONLY_WRITER, placeOf, writesNothing } from './storage.js';
import { isExposed, isQueueWorker } from './workers.js';

const PROXY_PROGRAM = new Set(['nginx', 'openresty']);

/** How the reason of a service begins that is reached by a Unix socket. */
export const SAME_SOCKET = 'both would listen at the same socket ';
/** How the reason of a service begins that may be. */
export const MAY_LISTEN = 'it is one of several that may listen at the socket ';
/** How the reason of a service begins that joins another one. */
export const SHARES = 'it shares the network or the processes of ';
/** The reason of a service that may hold ports of the host. */
export const ON_HOST_NETWORK = 'network_mode: host, where it may listen on any port';

const LITESTREAM = /(?:^|\/)litestream(?:[:@]|$)/;
/** The reason of a scheduler. */
export const TWICE = 'a scheduler: two would run every job twice';
const PERIODIC = 'a loop with pauses: two would do its work twice';

/** The role of every service of the stack, and why. */
export function assignRoles(
  stack: Stack,
  upstreams: readonly Upstream[],
  seen: Evidence = NO_EVIDENCE,
): Record<string, RoleDecision> {
  const services = Object.values(stack.services);
  const names = new Set(upstreams.map((upstream) => upstream.name));
  const committed = new Set(seen.committed.map((upstream) => upstream.name));
  const awaited = new Set(
    services.flatMap((service) =>
      service.dependsOn
        .filter((dependency) => dependency.condition === 'service_completed_successfully')
        .map((dependency) => dependency.service),
    ),
  );
  const first = services.map((service) => ({
    service,
    ...roleOf(service, { names, committed, awaited, seen, services }),
  }));
  const assigned = new Map(first.map(({ service, role }) => [service.name, role] as const));
  const roles = first.map(({ service, role, reason }) => {
    const isOpen = role === 'worker' && service.labels[ROLE_LABEL] === undefined;
    const through = isOpen
      ? requestsThrough(service, { services, roles: assigned, upstreams })
      : undefined;
    if (through === undefined) return { service, role, reason };
    return through.isShown
      ? { service, role: 'routed' as const, reason: through.reason }
      : { service, role, reason: `${reason}; ${through.reason}${WHERE_ROUTED}` };
  });
  const readers = new Set(
    roles.filter(({ role }) => writesNothing(role)).map(({ service }) => service.name),
  );
  return Object.fromEntries(
    roles.map(({ service, role, reason }) => {
      const facts = { files: seen.files, readers, containers: seen.containers };
      const mounts = exclusiveStorage(stack, service, facts, role === 'routed');
      const { places, shareable } = judgeStorage(service, role, mounts, seen);
      const told = shareable.length === 0 ? '' : `; no database in ${shareable.join(', ')}`;
      const single = singleReason(service, role, {
        places,
        sockets: seen.sockets,
      });
      return [
        service.name,
        { role, reason: single === undefined ? reason + told : reason, single },
      ];
    }),
  );
}

type Assigned = Pick<RoleDecision, 'role' | 'reason'>;

interface RoleContext {
  /** Where proxies send requests, by what they have loaded as well. */
  readonly names: ReadonlySet<string>;
  /** Where files of the commit send requests. */
  readonly committed: ReadonlySet<string>;
  /** Services whose completion others wait for. */
  readonly awaited: ReadonlySet<string>;
  readonly seen: Evidence;
  readonly services: readonly Service[];
}

/** In this order: what a proxy has loaded never makes a database, a scheduler or a loop anything else. */
function roleOf(service: Service, context: RoleContext): Assigned {
  const labelled = ROLES.find((role) => role === service.labels[ROLE_LABEL]);
  if (labelled !== undefined) return { role: labelled, reason: `label ${ROLE_LABEL}` };
  if (context.awaited.has(service.name)) {
    return { role: 'job', reason: 'others wait for its completion' };
  }
  const database =
    databaseByDefinition(service, context.services) ??
    databaseByContainers(service, context.seen.containers);
  if (database !== undefined) return { role: 'data', reason: database };
  // A proxy that was broken into says what it likes: of what two would do twice only the commit is asked.
  const isOfTime = isScheduler(service) || hasSchedulerName(service);
  const isTwice = isOfTime || isPeriodic(service);
  const names = isTwice ? context.committed : context.names;
  const name = namesOf(service).find((candidate) => names.has(candidate));
  const isRouted = name !== undefined || hasTraefikRouter(service);
  const socket = isTwice ? undefined : context.seen.sockets.listening.get(service.name);
  const oneShot =
    isRouted || socket !== undefined ? undefined : oneShotReason(service, context.seen.containers);
  if (oneShot !== undefined) return { role: 'job', reason: oneShot };
  const proxy = proxyReason(service, context);
  if (proxy !== undefined) return { role: 'proxy', reason: proxy };
  if (name !== undefined) return { role: 'routed', reason: `the proxy sends requests to ${name}` };
  if (socket !== undefined) {
    return { role: 'routed', reason: `the proxy sends requests to the socket ${socket}` };
  }
  // Labels that many services share say `traefik.enable` of those as well that listen to nobody.
  const listens = !isTwice && !isQueueWorker(service);
  if (isRouted || (isTraefikRouted(service) && (listens || isExposed(service)))) {
    return { role: 'routed', reason: 'its labels or a default rule tell Traefik of it' };
  }
  if (service.publishes) return { role: 'direct', reason: publishedReason(service) };
  const isNamed = namesOf(service).some((candidate) => context.names.has(candidate));
  const doubt = doubtsOf(service, isTwice && isNamed, context.seen);
  if (isOfTime) return { role: 'singleton', reason: TWICE + doubt };
  if (isTwice) return { role: 'singleton', reason: PERIODIC + doubt };
  if (orderOf(service) === 'stop-first') {
    return { role: 'singleton', reason: `${orderSaidBy(service)}: stop-first` };
  }
  const alone = isQueueWorker(service) ? undefined : actsAlone(service, context.services);
  if (alone !== undefined) return { role: 'singleton', reason: alone + doubt };
  return { role: 'worker', reason: `no proxy names it, no port${doubt}` };
}

/** On the host's network nobody knows where it listens: that takes the rights of its own user. */
function publishedReason({ definition }: Service): string {
  return definition['network_mode'] === 'host' ? ON_HOST_NETWORK : 'publishes a port of the host';
}

/** What shows that a service that requests come to first is a proxy; undefined: nothing. */
function proxyReason(service: Service, { seen, services }: RoleContext): string | undefined {
  const isPlain = isProxyImage(service.image);
  const tunnel = isPlain ? tunnelBefore(service, services) : undefined;
  if (tunnel !== undefined) return `behind ${tunnel}, image ${service.image}`;
  if (!service.publishes) return undefined;
  if (isPlain) return `publishes ports, image ${service.image}`;
  const program = invocationsOf(service.command)
    .map((invocation) => invocation.program)
    .find((each) => PROXY_PROGRAM.has(each));
  const running = program ?? seen.proxies.get(service.name);
  return running === undefined ? undefined : `publishes ports, runs ${running}`;
}

/**
 * The places that keep a service from having two containers at once, and those that do not. A routed service
 * has a candidate for moments only, and no request reaches it meanwhile: it may share files, but no database.
 */
function judgeStorage(
  service: Service,
  role: Role,
  mounts: readonly Mount[],
  seen: Evidence,
): { readonly places: readonly string[]; readonly shareable: readonly string[] } {
  const places: string[] = [];
  const shareable: string[] = [];
  for (const mount of mounts) {
    const found = seen.storage.find(
      (other) => other.service === service.name && other.target === mount.target,
    );
    const place = placeOf(mount);
    if (role !== 'routed') places.push(place);
    else if (isNew(mount, service, seen.containers)) continue;
    else if (found === undefined) places.push(place);
    else if (found.database !== undefined) places.push(`${place}, which holds ${found.database}`);
    else if (found.unknown !== undefined)
      places.push(`${place} (not looked into: ${found.unknown})`);
    else shareable.push(place);
  }
  return { places, shareable };
}

/** Storage that the commit adds: no container that runs has it, under whatever path. */
function isNew({ target }: Mount, service: Service, containers: readonly Container[]): boolean {
  const wanted = new Set(service.mounts.map((mount) => mount.target));
  const running = containers.filter((each) => each.service === service.name && each.running);
  const mounted = running.flatMap(({ mounts }) => mounts);
  return (
    running.length > 0 &&
    !mounted.some((mount) => mount.target === target) &&
    // An anonymous volume is not what the commit mounts elsewhere.
    mounted.every((mount) => mount.volume !== undefined || wanted.has(mount.target))
  );
}

/** Why there are never two containers of a service at once. */
function singleReason(
  service: Service,
  role: Role,
  {
    places,
    sockets,
  }: { readonly places: readonly string[]; readonly sockets: Evidence['sockets'] },
): string | undefined {
  if (service.single !== undefined) return service.single;
  const order = orderOf(service);
  if (order === 'stop-first') return `${orderSaidBy(service)} is stop-first`;
  if (role === 'data') return 'it holds data';
  if (LITESTREAM.test(service.image)) return 'two would replicate the same database';
  const socket = sockets.listening.get(service.name);
  if (role === 'routed' && socket !== undefined) return SAME_SOCKET + socket;
  if (order === 'start-first' || role === 'job') return undefined;
  const possible = sockets.possible.get(service.name);
  const isOpen = service.labels[ROLE_LABEL] === undefined;
  if (role === 'worker' && isOpen && possible !== undefined)
    return `${MAY_LISTEN}${possible}, which two would take from each other`;
  // Two in one network would both want its ports.
  const [joined] = service.joins;
  if (joined !== undefined) return `${SHARES}${joined}`;
  if (isOpen && isScheduler(service)) return TWICE;
  return places.length === 0 ? undefined : `${ONLY_WRITER} ${places.join(', ')}`;
}

function orderOf({ labels, updateOrder }: Service): Service['updateOrder'] {
  const labelled = labels[ORDER_LABEL];
  return labelled === 'start-first' || labelled === 'stop-first' ? labelled : updateOrder;
}

function orderSaidBy({ labels }: Service): string {
  return labels[ORDER_LABEL] === undefined ? 'deploy.update_config.order' : `label ${ORDER_LABEL}`;
}

/** The names that other containers reach a service by. */
export function namesOf(service: Service | undefined): readonly string[] {
  if (service === undefined) return [];
  return [
    service.name,
    ...service.aliases,
    ...(service.containerName === undefined ? [] : [service.containerName]),
    ...service.numberedNames,
  ];
}

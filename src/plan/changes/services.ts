import type { ServiceOptions } from '../plan-options.js';
import { withDerived } from './builds.js';
import { changedFor, changesFor, releasedService, wasRemoved } from './changes.js';
import { decide, isNamed, toldOf, type Decision } from './decision.js';
import { envFileChanges } from './files.js';
import type { Container, Observation } from '../observation.js';
import type { ServicePlan } from '../service-plan.js';
import { proxyOf } from './removed-upstreams.js';
import { isProxyImage } from '../compose/image-names.js';
import { assignRoles } from '../roles/roles.js';
import { ROLES, type Role, type RoleDecision } from '../role.js';
import { seenIn } from '../roles/evidence.js';
import { isWithin, type Service } from '../compose/stack.js';

/** What must happen to each service, before the build has told which images really differ. */
export function planServices(
  observation: Observation,
  roles: Readonly<Record<string, RoleDecision>>,
  options: ServiceOptions,
): readonly ServicePlan[] {
  const { wanted } = observation;
  const changing = new Set(
    Object.values(wanted.services)
      .filter((service) => needsImage(observation, service, roles[service.name], options))
      .map((service) => service.image),
  );
  const rebuilt = options.images === 'host' ? withDerived(observation, changing) : changing;
  const present = (made: ReadonlySet<string>): readonly ServicePlan[] =>
    Object.values(wanted.services).map((service) =>
      planService(observation, service, roles[service.name] ?? UNKNOWN, made, options),
    );
  const first = present(rebuilt);
  // Whoever shares an image with one that is built anyway gets it too.
  const shared = first.filter((plan) => isBuilt(observation, plan, options));
  if (shared.length === 0) return [...first, ...removed(observation, options)];
  const all = withDerived(observation, new Set([...rebuilt, ...shared.map(({ image }) => image)]));
  return [...(all.size > rebuilt.size ? present(all) : first), ...removed(observation, options)];
}

/** True where its image is built on the way to its new containers. */
export function isBuilt(
  { wanted, images }: Pick<Observation, 'wanted' | 'images'>,
  { service, action, ifImageChanges }: ServicePlan,
  options: Pick<ServiceOptions, 'images'>,
): boolean {
  const definition = wanted.services[service];
  if (options.images !== 'host' || definition?.build === undefined || action === 'leave') {
    return false;
  }
  return ifImageChanges || images[definition.image] === undefined || CREATING.has(action);
}

const CREATING: ReadonlySet<ServicePlan['action']> = new Set(['roll', 'run', 'start', 'replace']);

const LEFT: Decision = {
  action: 'leave',
  why: 'not named in services',
  ifImageChanges: false,
  waits: [],
  unread: [],
};
const UNKNOWN: RoleDecision = { role: 'worker', reason: 'no role', single: undefined };

/**
 * Why `build: pull` takes no newer image of a service; undefined: it does. A newer one of a database, or of
 * nginx itself, is no part of the commit, and to take it means a gap; an own image that serves is the app.
 */
function unpulledReason(
  service: Service,
  role: RoleDecision | undefined,
  options: ServiceOptions,
): string | undefined {
  if (role === undefined || isNamed(service.name, role.role, options)) return undefined;
  if (role.role === 'data') {
    return `not pulled, as it holds data. To take a newer image, with a gap: allow-data-changes: ${service.name}`;
  }
  return role.role === 'proxy' && isProxyImage(service.image)
    ? 'not pulled, as it is the proxy. To take a newer image, with a gap: allow-downtime: true'
    : undefined;
}

/** True where the commit may change the image: then it is built or pulled, and its id tells. */
export function needsImage(
  observation: Observation,
  service: Service,
  role: RoleDecision | undefined,
  options: ServiceOptions,
): boolean {
  if (options.services.length > 0 && !options.services.includes(service.name)) return false;
  if (options.images === 'pull') return unpulledReason(service, role, options) === undefined;
  if (options.images !== 'host' || service.build === undefined) return false;
  const { build } = service;
  const released = releasedService(observation, service.name);
  // A record of an earlier version does not tell what a deploy left out, or how the build was defined.
  if (released?.runs === undefined || observation.images[service.image] === undefined) return true;
  const changed = [
    ...changesFor(observation, service.name).map(({ path }) => path),
    ...envFileChanges(observation).map(({ path }) => path),
    ...observation.live.modified,
  ];
  return (
    build.remote ||
    changed.some((path) => build.inputs.some((place) => isWithin(path, place))) ||
    changedFor('image', observation, service).length > 0
  );
}

function planService(
  observation: Observation,
  service: Service,
  decision: RoleDecision,
  rebuilt: ReadonlySet<string>,
  options: ServiceOptions,
): ServicePlan {
  const containers = observation.containers.filter(
    (container) => container.service === service.name && !container.oneOff,
  );
  const running = containers.filter((container) => container.running);
  const chosen = options.services.length === 0 || options.services.includes(service.name);
  const named = isNamed(service.name, decision.role, options);
  const unpulled =
    options.images === 'pull' && unpulledReason(service, decision, options) !== undefined;
  const decided = chosen
    ? decide(observation, service, decision, { all: containers, named, rebuilt, unpulled })
    : LEFT;
  return {
    service: service.name,
    role: decision.role,
    reason: decision.reason,
    single: decision.single,
    ...decided,
    replicas: service.replicas,
    incumbents: running.map((container) => container.id),
    dead: containers.filter((container) => !container.running).map((container) => container.id),
    image: service.image,
    oldImageId: running[0]?.imageId,
    told: [
      ...toldOf(observation, service, decided, { role: decision.role, images: options.images }),
      ...(chosen && options.images === 'pull'
        ? [unpulledReason(service, decision, options) ?? []].flat()
        : []),
    ],
  };
}

/** Services whose containers are still there, and which the Compose file does not know any more. */
function removed(observation: Observation, options: ServiceOptions): readonly ServicePlan[] {
  const gone = observation.containers.filter(
    (container) =>
      !container.oneOff && observation.wanted.services[container.service] === undefined,
  );
  return [...new Set(gone.map(({ service }) => service))].map((service) => {
    const containers = gone.filter((container) => container.service === service);
    const inProfile = !wasRemoved(observation, service);
    const needing = leftProxy(observation, containers, options);
    return {
      service,
      role: formerRole(observation, service),
      reason: 'not in the Compose file',
      single: undefined,
      action: inProfile || needing !== undefined ? ('leave' as const) : ('remove' as const),
      why: inProfile
        ? 'not of this file or these profiles: not ours to remove'
        : needing === undefined
          ? 'the commit removed it'
          : `the commit removed it, but ${needing}, which is not named in services, sends it requests`,
      ifImageChanges: false,
      replicas: 0,
      incumbents: containers.filter(({ running }) => running).map(({ id }) => id),
      dead: containers.filter(({ running }) => !running).map(({ id }) => id),
      image: '',
      oldImageId: containers[0]?.imageId,
      told: inProfile
        ? runsOn(containers)
        : needing === undefined
          ? []
          : ['it stays, and goes with the next deploy that services does not limit'],
      waits: [],
      unread: [],
    };
  });
}

/** What somebody started by a profile that no deploy names, or that the workflow has ceased to name. */
function runsOn(containers: readonly Container[]): readonly string[] {
  const running = containers.filter((container) => container.running);
  if (running.length === 0) return [];
  const names = running.map(({ name }) => name).join(' ');
  return [
    `it runs on, and no deploy changes it: neither the Compose file nor its profiles name it now. Where it is not wanted, on the host: docker rm -f ${names}`,
  ];
}

/** The proxy that sends requests to what the commit removes, and that this deploy leaves as it is; undefined: none. */
function leftProxy(
  observation: Observation,
  containers: readonly Container[],
  { services }: ServiceOptions,
): string | undefined {
  if (services.length === 0) return undefined;
  const proxy = proxyOf(
    observation,
    containers.filter(({ running }) => running),
  );
  const own = observation.containers.find(({ id }) => id === proxy?.containerId)?.service;
  const isLeft = own === undefined || !services.includes(own);
  return isLeft ? proxy?.name : undefined;
}

/** A service that left the Compose file may hold data all the same. */
function formerRole(observation: Observation, service: string): Role {
  const { installed } = observation;
  const released = releasedService(observation, service);
  if (installed?.services[service] === undefined)
    return ROLES.find((role) => role === released?.removed) ?? 'worker';
  return assignRoles(installed, [], seenIn(observation))[service]?.role ?? 'worker';
}

/** The plan once the images are there: what would have rolled for an equal image is kept. */
export function settleImages(
  services: readonly ServicePlan[],
  imageIds: Readonly<Record<string, string>>,
  containers: readonly Container[],
): readonly ServicePlan[] {
  return services.map((service) => {
    const built = imageIds[service.image];
    if (!service.ifImageChanges || built === undefined) return service;
    const same = imagesInUse(service, containers).every((imageId) => imageId === built);
    return same
      ? {
          ...service,
          action: service.ifSame ?? 'keep',
          why: 'its image is the same',
          ifImageChanges: false,
        }
      : { ...service, why: 'its image changed', ifImageChanges: false };
  });
}

/** The images that the containers of a service are of, each once: those that a new one is compared with. */
export function imagesInUse(
  { role, action, dead, incumbents }: ServicePlan,
  containers: readonly Container[],
): readonly string[] {
  // A job may run still; what holds data may have ended, and so may what is started only with another image.
  const isEnded =
    role === 'job' || (incumbents.length === 0 && (role === 'data' || action === 'start'));
  const own = new Set(isEnded ? [...dead, ...incumbents] : incumbents);
  return [...new Set(containers.filter(({ id }) => own.has(id)).map(({ imageId }) => imageId))];
}

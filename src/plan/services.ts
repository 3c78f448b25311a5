import { changedFor, listed, releasedService } from './changes.js';
import { mountedChanges } from './files.js';
import type { Container, Observation } from './observation.js';
import { STAYS, type Action, type ServicePlan } from './plan.js';
import { assignRoles, type Role, type RoleDecision } from './roles.js';
import { isWithin, type Service } from './stack.js';

export interface ServiceOptions {
  /** Limits the deploy to these; empty means all that changed. */
  readonly services: readonly string[];
  readonly images: 'host' | 'pull' | 'none' | 'kept';
}

/** What must happen to each service, before the build has told which images really differ. */
export function planServices(
  observation: Observation,
  roles: Readonly<Record<string, RoleDecision>>,
  options: ServiceOptions,
): readonly ServicePlan[] {
  const { wanted } = observation;
  const rebuilt = new Set(
    Object.values(wanted.services)
      .filter((service) => needsImage(observation, service, roles[service.name], options))
      .map((service) => service.image),
  );
  const present = Object.values(wanted.services).map((service) =>
    planService(observation, service, roles[service.name] ?? UNKNOWN, rebuilt, options),
  );
  return [...present, ...removed(observation)];
}

const UNKNOWN: RoleDecision = { role: 'worker', reason: 'no role', single: undefined };

/** True where the commit may change the image: then it is built or pulled, and its id tells. */
export function needsImage(
  observation: Observation,
  service: Service,
  role: RoleDecision | undefined,
  options: ServiceOptions,
): boolean {
  if (options.services.length > 0 && !options.services.includes(service.name)) return false;
  if (options.images === 'pull') {
    // A newer image of a database or a proxy must be asked for: taking it means a gap.
    const stays = role?.role === 'data' || role?.role === 'proxy';
    return !stays || options.services.includes(service.name);
  }
  if (options.images !== 'host' || service.build === undefined) return false;
  const { build } = service;
  const released = releasedService(observation, service.name);
  if (released === undefined || observation.images[service.image] === undefined) return true;
  const changed = [
    ...observation.commit.changes.map(({ path }) => path),
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
  const { action, why, ifImageChanges } = chosen
    ? decide(observation, service, decision, { running, all: containers }, rebuilt)
    : { action: 'leave' as const, why: 'not named in services', ifImageChanges: false };
  return {
    service: service.name,
    role: decision.role,
    reason: decision.reason,
    single: decision.single,
    action,
    why,
    ifImageChanges,
    replicas: service.replicas,
    incumbents: running.map((container) => container.id),
    dead: containers.filter((container) => !container.running).map((container) => container.id),
    image: service.image,
    oldImageId: running[0]?.imageId,
    told: chosen ? toldOf(observation, service, { action, images: options.images }) : [],
  };
}

/** What changed of a service, and changes nothing of its containers by this deploy: a line each. */
function toldOf(
  observation: Observation,
  service: Service,
  { action, images }: { readonly action: Action; readonly images: ServiceOptions['images'] },
): readonly string[] {
  if (!STAYS.has(action)) return [];
  const idle = changedFor('nothing', observation, service);
  const built = changedFor('image', observation, service);
  return [
    ...(idle.length === 0
      ? []
      : [`${listed(idle, 5)} changed, and no container is another for it`]),
    ...(built.length === 0 || images === 'host' || images === 'kept'
      ? []
      : [`${listed(built, 5)} changed, and build: ${images} builds nothing`]),
  ];
}

interface Decision {
  readonly action: Action;
  readonly why: string;
  readonly ifImageChanges: boolean;
}

function decide(
  observation: Observation,
  service: Service,
  decision: RoleDecision,
  { running, all }: { readonly running: readonly Container[]; readonly all: readonly Container[] },
  rebuilt: ReadonlySet<string>,
): Decision {
  const say = (action: Action, why: string, ifImageChanges = false): Decision => ({
    action,
    why,
    ifImageChanges,
  });
  const { role } = decision;
  const change = changeOf(decision);
  const reason = differenceOf(observation, service, running);
  if (service.replicas === 0) {
    return running.length === 0 ? say('keep', 'scaled to 0') : say('remove', 'scaled to 0');
  }
  if (role === 'job' && all.length === 0) return say('run', 'it has not run here yet');
  if (role !== 'job' && running.length === 0 && (role !== 'data' || reason === undefined)) {
    return say('start', 'no container of it runs');
  }
  if (reason !== undefined) return say(change, reason);
  const files = mountedChanges(observation.wanted, service.name, observation.commit.changes);
  if (files.length > 0 && role === 'proxy') return say('reload', `${listed(files, 2)} changed`);
  if (files.length > 0 && role === 'data') return say('keep', 'mounted files wait for a restart');
  if (files.length > 0) return say(change, `mounted ${listed(files, 2)} changed`);
  if (rebuilt.has(service.image)) return say(change, 'its image may change', true);
  const current = observation.images[service.image];
  if (
    role !== 'data' &&
    current !== undefined &&
    !(role === 'job' ? all : running).every(({ imageId }) => imageId === current)
  ) {
    return say(change, `${service.image} names another image than the one that runs`);
  }
  return say('keep', 'nothing changed');
}

/** How a service takes a change: where there may be only one of it, the incumbent goes first. */
export function changeOf({ role, single }: Pick<RoleDecision, 'role' | 'single'>): Action {
  return single !== undefined && ROLL[role] === 'roll' ? 'replace' : ROLL[role];
}

const ROLL: Readonly<Record<RoleDecision['role'], Action>> = {
  routed: 'roll',
  worker: 'roll',
  singleton: 'replace',
  data: 'replace',
  proxy: 'replace',
  direct: 'replace',
  job: 'run',
};

function differenceOf(
  observation: Observation,
  service: Service,
  running: readonly Container[],
): string | undefined {
  const places = changedFor('container', observation, service);
  if (places.length > 0) return `its definition changed (${listed(places, 5)})`;
  if (running.length > 0 && running.length !== service.replicas) {
    return `${String(running.length)} of ${String(service.replicas)} replicas run`;
  }
  return undefined;
}

/** Services whose containers are still there, and which the Compose file does not know any more. */
function removed(observation: Observation): readonly ServicePlan[] {
  const gone = observation.containers.filter(
    (container) =>
      !container.oneOff && observation.wanted.services[container.service] === undefined,
  );
  return [...new Set(gone.map(({ service }) => service))].map((service) => {
    const containers = gone.filter((container) => container.service === service);
    const inProfile = observation.installed?.services[service] === undefined;
    return {
      service,
      role: formerRole(observation, service),
      reason: 'not in the Compose file',
      single: undefined,
      action: inProfile ? ('leave' as const) : ('remove' as const),
      why: inProfile
        ? 'not of this file or these profiles: not ours to remove'
        : 'the commit removed it',
      ifImageChanges: false,
      replicas: 0,
      incumbents: containers.filter(({ running }) => running).map(({ id }) => id),
      dead: containers.filter(({ running }) => !running).map(({ id }) => id),
      image: '',
      oldImageId: containers[0]?.imageId,
      told: [],
    };
  });
}

/** A service that left the Compose file may hold data all the same. */
function formerRole({ installed }: Observation, service: string): Role {
  return installed === undefined
    ? 'worker'
    : (assignRoles(installed, [])[service]?.role ?? 'worker');
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
      ? { ...service, action: 'keep', why: 'its image is the same', ifImageChanges: false }
      : { ...service, why: 'its image changed', ifImageChanges: false };
  });
}

/** The images that the containers of a service are of, each once: those that a new one is compared with. */
export function imagesInUse(
  { role, dead, incumbents }: ServicePlan,
  containers: readonly Container[],
): readonly string[] {
  const own = new Set(role === 'job' ? dead : incumbents);
  return [...new Set(containers.filter(({ id }) => own.has(id)).map(({ imageId }) => imageId))];
}

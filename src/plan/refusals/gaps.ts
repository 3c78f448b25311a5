import type { Refusal } from '../refusal.js';
import type { Observation } from '../observation.js';
import type { ServicePlan } from '../service-plan.js';
import { readProxy, type Obstacle } from '../proxies/proxy.js';
import { drainFileOf, isTraefikRouted } from '../compose/traefik-labels.js';
import {
  MAY_LISTEN,
  namesOf,
  ON_HOST_NETWORK,
  SAME_SOCKET,
  SHARES,
  TWICE,
} from '../roles/roles.js';
import { GIVES_WAY, ORDER_LABEL, ROLE_LABEL } from '../role.js';
import { tunnelsTo } from '../roles/evidence.js';
import type { Service } from '../compose/stack.js';
import { ONLY_WRITER } from '../roles/storage.js';
import { changedUnseen } from './hidden-upstreams.js';

export interface GapOptions {
  readonly allowDowntime: boolean;
  /** Where images come from; `kept` in a rollback. */
  readonly images?: string;
  /** Services that the plan cuts over. */
  readonly cutOver: ReadonlySet<string>;
}

/** What cannot be done without a gap, unless a gap is accepted. */
export function gaps(
  observation: Observation,
  services: readonly ServicePlan[],
  options: GapOptions,
): readonly Refusal[] {
  if (options.allowDowntime) return [];
  return services.flatMap((service) => {
    const definition = observation.wanted.services[service.service];
    // Whether its image differs is known once it is built or pulled; this is asked again then.
    if (definition === undefined || service.ifImageChanges) return [];
    if (service.role === 'routed' && service.action === 'roll') {
      return rolledWithGap(observation, services, { service, definition, options });
    }
    const replaced =
      service.action === 'replace' ? replacedWithGap(service, definition, options) : [];
    return service.role === 'worker' && (service.action === 'roll' || service.action === 'replace')
      ? [...replaced, ...changedUnseen(observation, services, service)]
      : replaced;
  });
}

interface Rolled {
  readonly service: ServicePlan;
  readonly definition: Service;
  readonly options: GapOptions;
}

/** A service with a candidate beside its incumbent: is there a way to move requests to it? */
function rolledWithGap(
  observation: Observation,
  services: readonly ServicePlan[],
  { service: { service, incumbents, reason }, definition, options }: Rolled,
): readonly Refusal[] {
  const accept = 'Or accept failed requests for the moment of the change: allow-downtime: true.';
  if (isTraefikRouted(definition)) {
    return drainFileOf(definition) === undefined ? [withoutDrain(service, accept)] : [];
  }
  const against = obstacleTo(observation, definition);
  if (against !== undefined) {
    return [
      {
        what: `${service} cannot be cut over without failed requests: ${against.what}`,
        next: `${against.next} ${accept}`,
      },
    ];
  }
  if (incumbents.length === 0) return [];
  const tunnels = tunnelsTo(observation, namesOf(definition));
  const tunnel = services.find((each) => tunnels.has(each.service) && each.incumbents.length > 0);
  if (tunnel === undefined && options.cutOver.has(service)) return [];
  const fronts = services.filter(({ role }) => role === 'proxy');
  const front = tunnel ?? fronts.find((each) => each.incumbents.length > 0);
  // Where no proxy runs nobody sends it requests.
  if (front === undefined && fronts.length > 0) return [];
  const through = front === undefined ? 'a proxy' : `${front.service} (${front.image})`;
  return [
    {
      what: `${service} is behind ${through}, which cannot be told to send its requests to a candidate (${reason})`,
      next: `nginx and Caddy can, with static names, and Traefik with a drain healthcheck. Where nothing sends it requests, label it ${ROLE_LABEL}: worker. ${accept}`,
    },
  ];
}

function withoutDrain(service: string, accept: string): Refusal {
  return {
    what: `${service} cannot be cut over without failed requests: Traefik sends requests to a container until Docker calls it unhealthy, and nothing makes the healthcheck of ${service} fail on request`,
    next: `Let its healthcheck ask for a file as well: test: ['CMD-SHELL', 'test ! -f /tmp/drain && …'], with interval: 2s and retries: 1; a deploy then makes the file in the old containers before it stops them. ${accept}`,
  };
}

/** Why the proxies that send requests to a service cannot be told of another address. */
function obstacleTo({ proxies }: Observation, definition: Service): Obstacle | undefined {
  const names = namesOf(definition);
  for (const proxy of proxies) {
    const { upstreams, obstacle } = readProxy(proxy);
    for (const { name } of upstreams) {
      if (!names.includes(name)) continue;
      const found = obstacle(name);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function replacedWithGap(
  { service, role, reason, why, single }: ServicePlan,
  { publishes, containerName }: Service,
  { images }: GapOptions,
): readonly Refusal[] {
  const gap = 'The gap is the time that it takes to stop and start, a few seconds';
  if (reason === ON_HOST_NETWORK) {
    return [
      {
        what: `${service} cannot have a candidate beside its incumbent: ${why}, and it has ${reason}: both would want the same one`,
        next: `Where it listens on none, label it ${ROLE_LABEL}: worker, and the new container starts first, or second where it alone writes to its storage. ${gap} otherwise: accept it with allow-downtime: true.`,
      },
    ];
  }
  if (role === 'proxy' || role === 'direct') {
    return [
      {
        what: `${service} (${role}) cannot be replaced without a gap: ${why}, and ${publishes ? 'only one container can hold its port' : 'nothing tells the tunnel before it of another container'}`,
        next: `${gap}. Accept it with allow-downtime: true.`,
      },
    ];
  }
  if (role !== 'routed' && single?.startsWith(MAY_LISTEN) !== true) return [];
  if (containerName !== undefined && single === `container_name is ${containerName}`)
    return [withFixedName(service, containerName, images)];
  return [
    {
      what: `${service} cannot have a candidate beside its incumbent: ${single ?? 'there may be only one'}`,
      next: single?.startsWith(ONLY_WRITER)
        ? `${gap}: accept it with allow-downtime: true. Only where its files bear two containers at once (no SQLite, nothing that one program alone may open), say so with the label ${ORDER_LABEL}: start-first, and there is none.`
        : `${single === undefined ? '' : `${withoutGap(single)} `}${gap} otherwise: accept it with allow-downtime: true.`,
    },
  ];
}

/** Whether or not the name is free: `docker compose up --scale` refuses a service that has one. */
function withFixedName(service: string, name: string, images: string | undefined): Refusal {
  const accept = `the gap is the time that it takes to stop and start, a few seconds: accept it with allow-downtime: true.`;
  return {
    what: `${service} cannot have a candidate beside its incumbent: container_name is ${name}, and Compose makes no second container of a service with a fixed name`,
    next:
      images === 'kept'
        ? `The release to go back to says so, and a rollback changes none of its files: ${accept} Without a gap: deploy a commit that takes the changes back and has no container_name.`
        : `Remove container_name from the Compose file: other containers find it by the name of the service, or by an alias of its network (networks: …: aliases: [${name}]). Otherwise ${accept}`,
  };
}

function withoutGap(single: string): string {
  if (single.startsWith(GIVES_WAY)) return 'Let that be free first, in a deploy of its own.';
  if (single.startsWith(SAME_SOCKET)) {
    return 'Let it listen at a port, and let the proxy name that: NAME:PORT, with the name of the service.';
  }
  if (single.startsWith(MAY_LISTEN)) {
    return `Say which of them does: label that one ${ROLE_LABEL}: routed, and those that nothing sends requests to ${ROLE_LABEL}: worker.`;
  }
  if (single === TWICE) {
    return 'Let the schedule run in a service of its own, to which no proxy sends requests.';
  }
  if (single.startsWith(SHARES)) {
    return `Where nothing sends it requests, label it ${ROLE_LABEL}: worker. Otherwise let the proxy reach it over a network of its own.`;
  }
  return 'Remove that from the Compose file.';
}

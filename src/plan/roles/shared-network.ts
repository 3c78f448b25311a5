import { invocationsOf } from '../compose/commands.js';
import { listOf, numberOf, objectOf, textOf } from '../compose/json.js';
import type { Role } from '../role.js';
import type { Upstream } from '../proxies/upstream.js';
import type { Service } from '../compose/stack.js';
import { isQueueWorker } from './workers.js';

const LOCAL = ['localhost', '127.0.0.1'];
/** Images that only hold a network for others: a VPN, a pause. */
const HOLDER =
  /(?:^|[/_-])(?:gluetun|tailscale|wireguard|openvpn|zerotier|netbird|pause|[a-z]*vpn[a-z]*)(?:[-_:@]|$)/i;
/** Those that let requests in by a network of their own, without a port of the host. */
const ENTRANCE = /(?:^|[/_-])(?:tailscale|netbird|zerotier)(?:[-_:@]|$)/i;
/** Ports at which such an image itself listens: proxies and the control server of gluetun. */
const OF_HOLDERS = new Set([8888, 8388, 8000]);

interface Surroundings {
  readonly services: readonly Service[];
  readonly roles: ReadonlyMap<string, Role>;
  /** Where proxies send requests, and their names. */
  readonly upstreams: readonly Upstream[];
}

/** A service in the network of one that gets requests. */
export interface Through {
  readonly reason: string;
  /** True where something shows that the requests are for it; otherwise it may be a helper beside the server. */
  readonly isShown: boolean;
}

/**
 * Why a service that is in the network of another one may get requests that are sent there; undefined: nothing is.
 */
export function requestsThrough(service: Service, surroundings: Surroundings): Through | undefined {
  const joined = surroundings.services.find(({ name }) => name === joinedBy(service));
  if (joined === undefined) return undefined;
  const { name } = joined;
  const { roles, upstreams } = surroundings;
  switch (roles.get(name)) {
    case 'direct':
      return {
        reason: `it is in the network of ${name}, which publishes a port of the host`,
        isShown: isMeant(service, joined, portsOf(joined), surroundings),
      };
    case 'routed': {
      const own = new Set([name, ...joined.aliases, joined.containerName]);
      const ports = upstreams.flatMap((each) => (own.has(each.name) ? (each.port ?? []) : []));
      return {
        reason: `it is in the network of ${name}, which the proxy sends requests to`,
        isShown: isMeant(service, joined, ports, surroundings),
      };
    }
    case 'proxy':
      return upstreams.some((upstream) => LOCAL.includes(upstream.name))
        ? {
            reason: `it is in the network of ${name}, which sends requests to itself`,
            isShown: true,
          }
        : undefined;
    case 'worker':
      return ENTRANCE.test(joined.image)
        ? {
            reason: `it is in the network of ${name}, which lets requests in`,
            isShown: isMeant(service, joined, [], surroundings),
          }
        : undefined;
    default:
      return undefined;
  }
}

/** The service whose network it is in. */
function joinedBy({ definition, joins: [joined] }: Service): string | undefined {
  const mode = textOf(definition['network_mode']) ?? '';
  return /^(?:service|container):/.test(mode) ? joined : undefined;
}

/** It speaks of a port that is meant; or it is the only one that can be, in a network that is held for others. */
function isMeant(
  service: Service,
  joined: Service,
  ports: readonly number[],
  { services }: Surroundings,
): boolean {
  const beside = services.filter((each) => joinedBy(each) === joined.name);
  const speaking = beside.filter((each) => ports.some((port) => listensAt(each, port)));
  if (speaking.length > 0) return speaking.includes(service);
  const isHeld = HOLDER.test(joined.image) || isPausing(joined);
  const isForOthers = ports.length === 0 || ports.some((port) => !OF_HOLDERS.has(port));
  const open = beside.length === 1 ? beside : beside.filter((each) => !isQueueWorker(each));
  return isHeld && isForOthers && open.length === 1 && open.includes(service);
}

function isPausing({ command }: Service): boolean {
  return ['sleep', 'pause', 'tail'].includes(invocationsOf(command).at(-1)?.program ?? '');
}

/** In the container: those that others reach. */
function portsOf({ definition }: Service): readonly number[] {
  return listOf(definition['ports']).flatMap((port) => numberOf(objectOf(port)['target']) ?? []);
}

const EVERY = new Set(['', '0.0.0.0', '[::]', '::', '*']);

/** True where it speaks of the port as of one that it listens at: not as of one of another host, or of localhost. */
function listensAt({ command, definition }: Service, port: number): boolean {
  const text = JSON.stringify([command, definition['environment'], definition['expose']]);
  const found = text.matchAll(
    new RegExp(`([\\w.*\\[\\]:-]*):${String(port)}(?!\\d)|(?<![\\d.:])${String(port)}(?!\\d)`, 'g'),
  );
  const isChecked = JSON.stringify(definition['healthcheck'] ?? '').includes(`:${String(port)}`);
  return isChecked || [...found].some(([, host]) => host === undefined || EVERY.has(host));
}

import { plainAddress } from '../compose/addresses.js';
import type { Refusal } from '../refusal.js';
import type { HeldPort } from '../host-facts.js';
import { listOf, numberOf, objectOf, textOf } from '../compose/json.js';
import type { Observation } from '../observation.js';
import { STAYS, type ServicePlan } from '../service-plan.js';
import type { Service } from '../compose/stack.js';

/** A port of the host that a service publishes. */
export interface WantedPort {
  readonly protocol: string;
  /** Undefined where the engine chooses: nearly always every address. */
  readonly address: string | undefined;
  readonly port: number;
}

/** A port that a new container wants and somebody else holds. */
export interface TakenPort extends Refusal {
  /** Docker could not start the container. Otherwise it may be that it can. */
  readonly isCertain: boolean;
}

/** One that a container of the stack holds is free by then, or the plan leaves that container as it is. */
export function takenPorts(
  observation: Observation,
  services: readonly ServicePlan[],
): readonly TakenPort[] {
  const { wanted } = observation;
  const starting = services.filter(
    ({ action, replicas }) => !STAYS.has(action) && action !== 'remove' && replicas > 0,
  );
  return starting.flatMap(({ service }) => {
    const definition = wanted.services[service];
    const ports = definition === undefined ? [] : portsOf(definition);
    return ports.flatMap((port) => takenPort(observation, service, port) ?? []);
  });
}

function takenPort(
  observation: Observation,
  service: string,
  port: WantedPort,
): TakenPort | undefined {
  const held = observation.heldPorts.flatMap((holder) => {
    const meets = conflict(holder, port);
    return meets === 'none' ? [] : [{ ...holder, isCertain: meets === 'certain' }];
  });
  const isOwn = ({ by }: HeldPort): boolean =>
    by.kind === 'container' && by.project === observation.wanted.project;
  if (held.some(isOwn)) return undefined;
  // The kernel tells a process for what an engine's proxy holds as well: the container has the name.
  const [first] = [...held].sort((one, other) => rank(one) - rank(other));
  if (first === undefined) return undefined;
  const { by, isCertain } = first;
  if (by.kind === 'container')
    return { ...heldByContainer(observation, service, port, by), isCertain };
  const mayBeOwn = usesHostNetwork(observation) || isEphemeral(first);
  return { ...heldByProcess(service, port, by.uid), isCertain: isCertain && !mayBeOwn };
}

function rank({ by, isCertain }: HeldPort & Pick<TakenPort, 'isCertain'>): number {
  return (by.kind === 'container' ? 0 : 2) + (isCertain ? 0 : 1);
}

/** Of a range Docker takes one that is free; on another network than its own a container publishes none. */
export function portsOf({ definition }: Service): readonly WantedPort[] {
  if (/^(?:host|none)$|:/.test(textOf(definition['network_mode']) ?? '')) return [];
  return listOf(definition['ports'])
    .map(objectOf)
    .flatMap((json) => {
      const port = numberOf(json['published']);
      if (port === undefined || port === 0) return [];
      const address = textOf(json['host_ip']) ?? '';
      return [
        {
          protocol: textOf(json['protocol']) ?? 'tcp',
          address: address === '' ? undefined : plainAddress(address),
          port,
        },
      ];
    });
}

const EVERY = new Set(['0.0.0.0', '::']);

/**
 * Whether two sockets are in each other's way. One for every address of IPv6 may or may not be for those of IPv4, which
 * the kernel does not tell; and which addresses the engine takes, where the Compose file names none, is its configuration.
 */
export function conflict(held: HeldPort, wanted: WantedPort): 'certain' | 'possible' | 'none' {
  if (held.port !== wanted.port || held.protocol !== wanted.protocol) return 'none';
  const { address } = wanted;
  if (address === undefined) return EVERY.has(held.address) ? 'certain' : 'possible';
  if (address === held.address) return 'certain';
  const [one, other] = [family(address), family(held.address)];
  if (one === other) return EVERY.has(address) || EVERY.has(held.address) ? 'certain' : 'none';
  return address === '::' || held.address === '::' ? 'possible' : 'none';
}

function family(address: string): 4 | 6 {
  return address.includes(':') ? 6 : 4;
}

/** What a process of the stack itself holds on the host's network looks as if somebody else held it. */
function usesHostNetwork({ containers }: Observation): boolean {
  return containers.some(({ running, networks }) => running && networks['host'] !== undefined);
}

/** A client's socket for UDP looks like a server's; its port is one of those that the kernel gives out. */
function isEphemeral({ protocol, port }: HeldPort): boolean {
  return protocol === 'udp' && port >= 32_768;
}

function heldByContainer(
  { projects }: Observation,
  service: string,
  wanted: WantedPort,
  { name, project }: { readonly name: string; readonly project: string },
): Refusal {
  const of = project === '' ? 'which is of no Compose project' : `of the project ${project}`;
  const from = projects.find((each) => each.name === project)?.directory;
  const asked =
    from === undefined ? '' : `If that is this stack, started from ${from} so far: path: ${from}. `;
  return {
    what: `${service} publishes ${told(wanted)} of the host, and the container ${name}, ${of}, holds it`,
    next: `${asked}On the host, where that is not needed any more: docker update --restart=no ${name} && docker stop ${name}. Or publish another port.`,
  };
}

function heldByProcess(service: string, wanted: WantedPort, uid: number): Refusal {
  const { protocol, port } = wanted;
  const list = protocol === 'udp' ? '-lunp' : '-ltnp';
  return {
    what: `${service} publishes ${told(wanted)} of the host, and a process of ${uid === 0 ? 'root' : `the user with the id ${String(uid)}`} holds it`,
    next: `On the host, see which one: sudo ss ${list} 'sport = :${String(port)}'. Stop it for good (a web server of the system: sudo systemctl disable --now nginx), or publish another port.`,
  };
}

export function told({ protocol, address, port }: WantedPort): string {
  const at = address === undefined ? '' : address.includes(':') ? `[${address}]:` : `${address}:`;
  return `port ${at}${String(port)}/${protocol}`;
}

import { plainAddress } from '../compose/addresses.js';
import type { Refusal } from '../refusal.js';
import { objectOf, textOf } from '../compose/json.js';
import { networksOf } from '../compose/network-names.js';
import type { Container, Observation } from '../observation.js';
import type { Operation } from '../plan.js';
import { conflict, portsOf, told } from '../preflight/ports.js';
import { GIVES_WAY } from '../role.js';
import { STAYS, type ServicePlan } from '../service-plan.js';
import type { Service } from '../compose/stack.js';

/** What only one container can have, and what a new one of a service wants while one of another service has it. */
export interface Move {
  readonly kind: 'port' | 'address' | 'name';
  readonly what: string;
  readonly from: ServicePlan;
  readonly to: ServicePlan;
  /** The container that has it. */
  readonly holder: string;
}

type Claimed = Pick<Move, 'kind' | 'what' | 'holder'>;

/** What goes from containers of one service of the stack to those of another. */
export function movesOf(
  observation: Observation,
  services: readonly ServicePlan[],
): readonly Move[] {
  const owners = new Map(
    observation.containers
      .filter(({ oneOff }) => !oneOff)
      .map(({ id, service }) => [id, services.find((each) => each.service === service)] as const),
  );
  return services
    .filter(({ action, replicas }) => !STAYS.has(action) && action !== 'remove' && replicas > 0)
    .flatMap((to) => {
      const definition = observation.wanted.services[to.service];
      if (definition === undefined) return [];
      return claimed(observation, definition).flatMap((claim) => {
        const from = owners.get(claim.holder);
        return from === undefined || from.service === to.service ? [] : [{ ...claim, from, to }];
      });
    });
}

/** What a service wants, and a container of the stack has. */
function claimed(observation: Observation, service: Service): readonly Claimed[] {
  const { containers, heldPorts, wanted } = observation;
  const running = containers.filter(({ running: runs }) => runs);
  const ports = portsOf(service).flatMap((port) =>
    running
      .filter(({ name }) =>
        heldPorts.some(
          (held) =>
            held.by.kind === 'container' &&
            held.by.project === wanted.project &&
            held.by.name === name &&
            conflict(held, port) === 'certain',
        ),
      )
      .map(({ id }) => ({ kind: 'port', what: told(port), holder: id }) as const),
  );
  const addresses = addressesOf(observation, service).flatMap(({ network, address }) =>
    running
      .filter((container) => has(container, network, address))
      .map(({ id }) => ({ kind: 'address', what: `the address ${address}`, holder: id }) as const),
  );
  const { containerName } = service;
  return [
    ...ports,
    ...addresses,
    ...containers
      .filter(({ name }) => name === containerName)
      .map(({ id, name }) => ({ kind: 'name', what: `the name ${name}`, holder: id }) as const),
  ];
}

function addressesOf({ wanted }: Observation, { name, networks, definition }: Service) {
  const names = networksOf(wanted, name);
  return networks.flatMap((key, index) => {
    const endpoint = objectOf(objectOf(definition['networks'])[key]);
    return ['ipv4_address', 'ipv6_address'].flatMap((kind) => {
      const address = textOf(endpoint[kind]);
      return address === undefined
        ? []
        : [{ network: names[index] ?? key, address: plainAddress(address) }];
    });
  });
}

function has({ networks }: Container, network: string, address: string): boolean {
  return (networks[network]?.addresses ?? []).some((each) => plainAddress(each) === address);
}

/** Services whose candidates would start beside an incumbent that has what another one gets: it goes first. */
export function givingWay(
  observation: Observation,
  services: readonly ServicePlan[],
): readonly ServicePlan[] {
  const moves = movesOf(observation, services);
  return services.map((plan) => {
    const move = moves.find(({ from, kind }) => from === plan && kind !== 'name');
    return move === undefined || plan.action !== 'roll' || plan.ifImageChanges
      ? plan
      : {
          ...plan,
          action: 'replace',
          single: `${GIVES_WAY}${move.what}, which ${move.to.service} gets`,
        };
  });
}

/** Those that go before the others start. */
export function givingFirst(
  moves: readonly Move[],
  services: readonly ServicePlan[],
): readonly ServicePlan[] {
  const ordered: ServicePlan[] = [];
  let left = [...services];
  while (left.length > 0) {
    const waiting = new Set(
      moves.flatMap(({ from, to }) =>
        from !== to && left.some(({ service }) => service === from.service) ? to.service : [],
      ),
    );
    const free = left.filter(({ service }) => !waiting.has(service));
    const next = free.length > 0 ? free : left;
    ordered.push(...next);
    left = left.filter((each) => !next.includes(each));
  }
  return ordered;
}

/** A port or an address that goes from one service to another costs a gap; told where that of neither is. */
export function movedWithGap(
  observation: Observation,
  services: readonly ServicePlan[],
): readonly Refusal[] {
  const isTold = ({ action, role }: ServicePlan): boolean =>
    action === 'replace' && (role === 'routed' || role === 'proxy' || role === 'direct');
  const moves = movesOf(observation, services).filter(
    ({ kind, from, to }) =>
      (kind === 'port' || (kind === 'address' && from.action === 'remove')) &&
      !STAYS.has(from.action) &&
      !isTold(from) &&
      !isTold(to),
  );
  return once(
    moves.map(({ what, from, to }) => ({
      what: `${what} goes from ${from.service} to ${to.service}, and only one container can hold it: the old one of ${from.service} must be gone before ${to.service} starts`,
      next: 'The gap is the time that it takes to stop the one and start the other, a few seconds. Accept it with allow-downtime: true.',
    })),
  );
}

/** New containers that could not start, as others still have what they want when these steps come to them. */
export function blockedMoves(
  observation: Observation,
  services: readonly ServicePlan[],
  operations: readonly Operation[],
): readonly Refusal[] {
  const moves = movesOf(observation, services);
  const stopped = new Set<string>();
  const removed = new Set<string>();
  const add = (to: Set<string>, ids: readonly string[]): void => {
    for (const id of ids) to.add(id);
  };
  const hasFixedName = (service: string): boolean =>
    observation.wanted.services[service]?.containerName !== undefined;
  const started = (service: string): readonly Move[] =>
    moves.filter(
      ({ to, kind, holder }) =>
        to.service === service && !removed.has(holder) && (kind === 'name' || !stopped.has(holder)),
    );
  const blocked = operations.flatMap((operation) => {
    switch (operation.kind) {
      case 'stop-incumbents':
        add(stopped, operation.ids);
        return [];
      case 'replace':
        add(hasFixedName(operation.service) ? removed : stopped, operation.incumbents);
        add(removed, operation.dead);
        return started(operation.service);
      case 'run-job':
        add(removed, operation.incumbents);
        add(hasFixedName(operation.service) ? removed : stopped, operation.dead);
        return started(operation.service);
      case 'start':
        add(
          removed,
          operation.services.flatMap(({ dead }) => dead),
        );
        return operation.services.flatMap(({ service }) => started(service));
      default:
        return [];
    }
  });
  return once(blocked.map(refusalOf));
}

function refusalOf({ kind, what, from, to }: Move): Refusal {
  const twoDeploys = `do it in two deploys: one that takes it from ${from.service}, and one that gives it to ${to.service}.`;
  const base = `${to.service} is to have ${what}, which ${from.service} has`;
  if (STAYS.has(from.action))
    return {
      what: `${base}, and goes on with`,
      next:
        from.action === 'leave'
          ? `This deploy leaves ${from.service} as it is: name it in services as well, or leave ${to.service} out.`
          : `Give ${to.service} another one, or take it from ${from.service} first.`,
    };
  return kind === 'name'
    ? {
        what: `${base} until the deploy is over: Docker would not make the new container`,
        next: `Give ${to.service} another container_name, or none; or ${twoDeploys}`,
      }
    : {
        what: `${base} still when it starts: Docker would not start the new container`,
        next: `Give ${to.service} another one; or ${twoDeploys}`,
      };
}

function once(refusals: readonly Refusal[]): readonly Refusal[] {
  return [...new Map(refusals.map((each) => [each.what, each] as const)).values()];
}

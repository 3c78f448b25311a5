import type { Batch, Portion } from './batches.js';
import { networksOf } from '../compose/network-names.js';
import type { Container, Observation } from '../observation.js';
import type { CallerRoute, PointCallersOperation } from '../plan.js';
import type { ServicePlan } from '../service-plan.js';
import { namesOf } from '../roles/roles.js';
import { withOthers } from './shared-names.js';
import type { Service } from '../compose/stack.js';

/** What has new containers, and what calls are moved to. */
export interface Called {
  readonly batch: Batch;
  /** Services that start where no container of them runs: others may answer to their names until then. */
  readonly started: readonly ServicePlan[];
}

/**
 * Services that are no proxy call others: a frontend that renders pages on the server, a worker
 * that asks an API. Until the candidates of a batch are ready they are held at the incumbents; from then on,
 * and before an incumbent stops, they go on with the candidates.
 *
 * @param later batches whose candidates come afterwards: who calls those too is held there still
 */
export function pointCallers(
  observation: Observation,
  services: readonly ServicePlan[],
  { batch, started }: Called,
  later: readonly Batch[],
): readonly PointCallersOperation[] {
  const moved = routesOf(observation, services, batch, started);
  if (moved.length === 0) return [];
  const callers = new Set(moved.map(({ caller }) => caller));
  const own = new Set(batch.map(({ plan }) => plan.service));
  const held = routesOf(observation, services, firstOf(later), [])
    .filter(({ caller, service }) => callers.has(caller) && !own.has(service))
    .map((route) => ({ ...route, staying: route.incumbents }));
  return [{ kind: 'point-callers', to: 'candidates', routes: [...moved, ...held] }];
}

/** Before any candidate starts: of each service what its first batch finds. */
export function holdCallers(
  observation: Observation,
  services: readonly ServicePlan[],
  batches: readonly Batch[],
  started: Called['started'],
): readonly PointCallersOperation[] {
  const routes = routesOf(observation, services, firstOf(batches), started);
  return routes.length === 0 ? [] : [{ kind: 'point-callers', to: 'incumbents', routes }];
}

/** Of each service the portion that comes first. */
function firstOf(batches: readonly Batch[]): Batch {
  const first = new Map(
    batches
      .flat()
      .reverse()
      .map((portion) => [portion.plan.service, portion] as const),
  );
  return [...first.values()].reverse();
}

const NONE: Pick<Portion, 'incumbents' | 'leaving'> = { incumbents: [], leaving: [] };

function routesOf(
  observation: Observation,
  services: readonly ServicePlan[],
  batch: Batch,
  started: Called['started'],
): readonly CallerRoute[] {
  const portions = [
    ...batch.filter(({ incumbents }) => incumbents.length > 0),
    // Data that ended goes on with the container that it had.
    ...started.filter(({ role }) => role !== 'data').map((plan) => ({ plan, ...NONE })),
  ];
  return portions.flatMap(({ plan, incumbents, leaving }): readonly CallerRoute[] => {
    const called = observation.wanted.services[plan.service];
    if (called === undefined) return [];
    return callersOf(observation, services, called)
      .flatMap((caller) =>
        sharedNetworks(observation, caller, plan.service, incumbents).flatMap((network) =>
          withOthers(observation, services, {
            caller,
            service: plan.service,
            network,
            names: namesOf(called),
            incumbents,
            staying: incumbents.filter((id) => !leaving.includes(id)),
          }),
        ),
      )
      .filter((route) => route.incumbents.length > 0);
  });
}

/**
 * Names of the services whose variables or commands name the service as a host, and of those that had a connection
 * to it when the host was looked at: an address may stand in a program, or in a file that it reads.
 */
function callersOf(
  { containers, proxies }: Observation,
  services: readonly ServicePlan[],
  called: Service,
): readonly string[] {
  const isCalled = callOf(namesOf(called));
  const ids = new Set(containers.flatMap(({ id, service }) => (service === called.name ? id : [])));
  const proxied = new Set(proxies.map(({ containerId }) => containerId));
  return services
    .filter(
      ({ service, role, incumbents }) =>
        service !== called.name &&
        incumbents.length > 0 &&
        role !== 'proxy' &&
        role !== 'data' &&
        role !== 'job' &&
        !incumbents.some((id) => proxied.has(id)),
    )
    .filter(({ incumbents }) =>
      containers.some(
        ({ id, environment, command, calls }) =>
          incumbents.includes(id) &&
          (calls.some((each) => ids.has(each)) ||
            Object.values(environment).some((value) => isCalled.byVariable.test(value)) ||
            command.some((word) => isCalled.byWord.test(word))),
      ),
    )
    .map(({ service }) => service);
}

/**
 * `http://backend`, `user@backend`, `backend:8000`, `--api=backend`; in a variable also the name alone, which as
 * a word of a command may be the program (`celery`).
 */
function callOf(names: readonly string[]): {
  readonly byVariable: RegExp;
  readonly byWord: RegExp;
} {
  const name = `(?:${names.map((each) => each.replace(/[^\w-]/g, '\\$&')).join('|')})`;
  const address = `(?:^|//|@|[\\s,;=])${name}(?::\\d|/)|(?://|@|=)${name}(?![\\w.-])`;
  return {
    byVariable: new RegExp(`${address}|(?:^|[\\s,;])${name}$`),
    byWord: new RegExp(address),
  };
}

/** The networks of a service that runs, else those that it is to have, as far as the caller is on them. */
function sharedNetworks(
  { containers, wanted }: Observation,
  caller: string,
  service: string,
  incumbents: readonly string[],
): readonly string[] {
  const of = (test: (container: Container) => boolean) =>
    containers.filter(test).flatMap(({ networks }) => Object.keys(networks));
  const shared = new Set(of((each) => each.service === caller && each.running));
  const own =
    incumbents.length > 0 ? of(({ id }) => incumbents.includes(id)) : networksOf(wanted, service);
  return [...new Set(own)].filter((each) => shared.has(each));
}

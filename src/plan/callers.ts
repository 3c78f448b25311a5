import type { Batch } from './batches.js';
import type { Container, Observation } from './observation.js';
import type { CallerRoute, PointCallersOperation } from './plan.js';
import type { ServicePlan } from './service-plan.js';
import { namesOf } from './roles.js';
import { withOthers } from './sharing.js';
import type { Service } from './stack.js';

/**
 * Services that are no proxy call others: a frontend that renders pages on the server, a worker
 * that asks an API. Until the candidates of a batch are ready they are held at the incumbents; from then on,
 * and before an incumbent stops, they go on with the candidates.
 */
export function pointCallers(
  observation: Observation,
  services: readonly ServicePlan[],
  batch: Batch,
  to: PointCallersOperation['to'],
): readonly PointCallersOperation[] {
  const routes = batch.flatMap(({ plan, incumbents, leaving }): readonly CallerRoute[] => {
    const called = observation.wanted.services[plan.service];
    if (called === undefined || incumbents.length === 0) return [];
    return callersOf(observation, services, called).flatMap((caller) =>
      networksOf(observation, caller, incumbents).flatMap((network) =>
        withOthers(observation, services, {
          caller,
          service: plan.service,
          network,
          names: namesOf(called),
          incumbents,
          staying: incumbents.filter((id) => !leaving.includes(id)),
        }),
      ),
    );
  });
  return routes.length === 0 ? [] : [{ kind: 'point-callers', to, routes }];
}

/** Before any candidate starts: of each service what its first batch finds. */
export function holdCallers(
  observation: Observation,
  services: readonly ServicePlan[],
  batches: readonly Batch[],
): readonly PointCallersOperation[] {
  const first = new Map(
    batches
      .flat()
      .reverse()
      .map((portion) => [portion.plan.service, portion] as const),
  );
  return pointCallers(observation, services, [...first.values()].reverse(), 'incumbents');
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

function networksOf(
  { containers }: Observation,
  caller: string,
  incumbents: readonly string[],
): readonly string[] {
  const of = (test: (container: Container) => boolean) =>
    containers.filter(test).flatMap(({ networks }) => Object.keys(networks));
  const shared = new Set(of(({ service, running }) => service === caller && running));
  return [...new Set(of(({ id }) => incumbents.includes(id)))].filter((each) => shared.has(each));
}

import { groupFiles } from './files.js';
import { parseNginxConfig } from './nginx-config.js';
import type { Observation, NginxFacts } from './observation.js';
import type { CutoverOperation, Operation, Route, ServicePlan, ServiceScale } from './plan.js';
import { namesOf, upstreamsOf } from './roles.js';
import type { Stack } from './stack.js';

export interface OperationOptions {
  readonly preDeploy: readonly { readonly service: string; readonly command: string }[];
}

/**
 * The steps from the observed host to the wanted one, in order; without the images, which come first.
 * Workers change before the cutover: no old worker may meet a task of the new release.
 */
export function planOperations(
  observation: Observation,
  services: readonly ServicePlan[],
  options: OperationOptions,
): readonly Operation[] {
  const files = groupFiles(observation, services);
  const { inPlace } = files;
  const acting = services.filter(
    ({ action }) => action !== 'keep' && action !== 'leave' && action !== 'reload',
  );
  const of = (test: (service: ServicePlan) => boolean) => acting.filter(test);
  const rolled = of(({ action }) => action === 'roll');
  const cutover = planCutover(observation, services, files);
  // Without a proxy that can be told, names alone lead to a routed service: it changes like a worker.
  const workers = rolled.filter(({ role }) => role !== 'routed' || cutover === undefined);
  const retired = [
    ...rolled,
    ...of(({ action }) => action === 'replace' || action === 'remove'),
  ].flatMap(({ incumbents }) => incumbents);

  return [
    { kind: 'install-files', paths: files.first, inPlace: within(inPlace, files.first) },
    ...starts(
      observation,
      of(({ action, role }) => action === 'start' && role === 'data'),
    ),
    ...(acting.length === 0 ? [] : commands(options.preDeploy)),
    ...of(({ action }) => action === 'run').map(
      ({ service, incumbents, dead }) => ({ kind: 'run-job', service, incumbents, dead }) as const,
    ),
    ...starts(
      observation,
      of(({ action, role }) => action === 'start' && !LAST.has(role) && role !== 'data'),
      rolled,
    ),
    ...stops(workers),
    ...of(({ action, role }) => action === 'replace' && !LAST.has(role)).map(replacement),
    ...starts(
      observation,
      of(({ action, role }) => action === 'start' && role === 'singleton'),
    ),
    ...starts(
      observation,
      of(({ action, role }) => action === 'start' && FRONT.has(role)),
    ),
    ...of(({ action, role }) => action === 'replace' && LAST.has(role)).map(replacement),
    ...(cutover === undefined ? [] : [cutover]),
    ...(acting.length === 0 && cutover === undefined
      ? []
      : [{ kind: 'check-health' } as const, { kind: 'soak' } as const]),
    {
      kind: 'finish',
      retire: [...retired, ...of(({ action }) => action === 'remove').flatMap(({ dead }) => dead)],
      paths: files.last,
      inPlace: within(inPlace, files.last),
      proxy: cutover?.proxy,
    },
  ];
}

/** Roles that come up after everything that they depend on. */
const FRONT: ReadonlySet<string> = new Set(['proxy', 'direct']);
const LAST: ReadonlySet<string> = new Set([...FRONT, 'singleton']);

function within(inPlace: readonly string[], paths: readonly string[]): readonly string[] {
  return paths.filter((path) => inPlace.includes(path));
}

function commands(list: OperationOptions['preDeploy']): readonly Operation[] {
  return list.map(({ service, command }) => ({ kind: 'run-command', service, command }));
}

function replacement(service: ServicePlan): Operation {
  const { replicas, incumbents, dead } = service;
  return { kind: 'replace', service: service.service, replicas, incumbents, dead };
}

function stops(workers: readonly ServicePlan[]): readonly Operation[] {
  if (workers.length === 0) return [];
  return [
    {
      kind: 'stop-incumbents',
      services: workers.map(({ service }) => service),
      ids: workers.flatMap(({ incumbents }) => incumbents),
    },
  ];
}

/**
 * New services in waves, each after those that it depends on; candidates of rolled services, whose
 * dependencies run already, come with the last wave.
 */
function starts(
  observation: Observation,
  services: readonly ServicePlan[],
  rolled: readonly ServicePlan[] = [],
): readonly Operation[] {
  const ports = new Map(upstreamsOf(observation).map(({ name, port }) => [name, port] as const));
  const scale = (plan: ServicePlan): ServiceScale => {
    const definition = observation.wanted.services[plan.service];
    const named = definition === undefined ? [] : namesOf(definition);
    return {
      service: plan.service,
      replicas: plan.replicas,
      incumbents: plan.incumbents,
      dead: plan.role === 'data' ? [] : plan.dead,
      port: named.map((name) => ports.get(name)).find((port) => port !== undefined),
    };
  };
  const waves = inWaves(observation.wanted, services);
  const last = waves.pop() ?? [];
  return [...waves, [...last, ...rolled]]
    .filter((wave) => wave.length > 0)
    .map((wave) => ({ kind: 'start', services: wave.map(scale) }));
}

function inWaves(stack: Stack, services: readonly ServicePlan[]): ServicePlan[][] {
  const waves: ServicePlan[][] = [];
  let left = [...services];
  while (left.length > 0) {
    const names = new Set(left.map(({ service }) => service));
    const free = left.filter(
      ({ service }) =>
        !(stack.services[service]?.dependsOn ?? []).some((dependency) =>
          names.has(dependency.service),
        ),
    );
    // Compose refuses cycles, so there is always one that is free.
    const wave = free.length > 0 ? free : left;
    waves.push(wave);
    left = left.filter((service) => !wave.includes(service));
  }
  return waves;
}

function planCutover(
  observation: Observation,
  services: readonly ServicePlan[],
  files: ReturnType<typeof groupFiles>,
): CutoverOperation | undefined {
  const front = services.find(
    ({ role, action, incumbents }) =>
      role === 'proxy' && (action === 'keep' || action === 'reload') && incumbents.length > 0,
  );
  const nginx = observation.proxies.find(({ containerId }) =>
    front?.incumbents.includes(containerId),
  );
  if (front === undefined || nginx === undefined) return undefined;
  const routes = services
    .filter(({ role, action }) => role === 'routed' && action === 'roll')
    .flatMap((service) => routesOf(observation, nginx, service));
  if (routes.length === 0 && front.action !== 'reload') return undefined;
  const binds = observation.wanted.services[front.service]?.binds ?? [];
  return {
    kind: 'cutover',
    proxyService: front.service,
    proxy: nginx.containerId,
    routes,
    paths: files.cutover,
    inPlace: within(files.inPlace, files.cutover),
    mounted: binds
      .filter((bind) => files.cutover.includes(bind.source))
      .map((bind) => ({ path: bind.source, inside: bind.target })),
  };
}

/** The names of a service that the proxy uses, on each network that both are on. */
function routesOf(
  observation: Observation,
  nginx: NginxFacts,
  service: ServicePlan,
): readonly Route[] {
  const proxy = observation.containers.find(({ id }) => id === nginx.containerId);
  const incumbents = observation.containers.filter(({ id }) => service.incumbents.includes(id));
  const used = new Set([
    ...parseNginxConfig(nginx.config).upstreams.map(({ name }) => name),
    ...upstreamsOf(observation).map(({ name }) => name),
  ]);
  return Object.keys(proxy?.networks ?? {}).flatMap((network) => {
    const joined = incumbents.flatMap((container) => container.networks[network] ?? []);
    const names = [...new Set(joined.flatMap((address) => address.names))].filter((name) =>
      used.has(name),
    );
    if (names.length === 0) return [];
    const incumbentAddresses = joined
      .map(({ address }) => address)
      .filter((address) => address !== '');
    return [{ service: service.service, names, network, incumbentAddresses }];
  });
}

import { groupFiles, type FileGroups } from './files.js';
import { parseNginxConfig } from './nginx-config.js';
import type { Observation, NginxFacts } from './observation.js';
import type { CutoverOperation, Operation, Route, ServicePlan, ServiceScale } from './plan.js';
import { namesOf, upstreamsOf } from './roles.js';
import { isWithin, type Stack } from './stack.js';

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
  const cutovers = planCutovers(observation, services, files);
  const routed = new Set(cutovers.flatMap(({ routes }) => routes.map(({ service }) => service)));
  // Where no proxy can be told about it, a routed service changes like a worker.
  const workers = rolled.filter(({ service }) => !routed.has(service));
  const brought = new Set([...cutovers.flatMap(({ paths }) => paths), ...files.last]);
  const first = [...files.first, ...files.cutover].filter((path) => !brought.has(path));
  return [
    ...(first.length === 0
      ? []
      : [{ kind: 'install-files', paths: first, inPlace: within(inPlace, first) } as const]),
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
    ...cutovers,
    ...(acting.length === 0 && cutovers.length === 0
      ? []
      : [{ kind: 'check-health' } as const, { kind: 'soak' } as const]),
    finishing(acting, files),
  ];
}

/** The point of no return: the old containers go, and the files that only they mounted. */
function finishing(acting: readonly ServicePlan[], { last, inPlace }: FileGroups): Operation {
  const retire = acting.flatMap(({ action, incumbents, dead }) => {
    if (action === 'remove') return [...incumbents, ...dead];
    return action === 'roll' || action === 'replace' ? incumbents : [];
  });
  return {
    kind: 'finish',
    retire,
    paths: last,
    inPlace: within(inPlace, last),
  };
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
    const named = namesOf(definition);
    return {
      service: plan.service,
      replicas: plan.replicas,
      incumbents: plan.incumbents,
      dead: plan.role === 'data' ? [] : plan.dead,
      resumed: plan.role === 'data' ? plan.dead : [],
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

/**
 * One for each nginx that sends requests to what changes, whatever its role is: a published proxy, or
 * a frontend's own nginx that passes `/api` on. One that is itself rolled learned its addresses when
 * it started, incumbents among them, so its new container is cut over too, and first.
 */
function planCutovers(
  observation: Observation,
  services: readonly ServicePlan[],
  files: FileGroups,
): readonly CutoverOperation[] {
  const changed = services.filter(({ role, action }) => role === 'routed' && action === 'roll');
  const operations = services.flatMap((front) =>
    observation.proxies
      .filter(({ containerId }) => front.incumbents.includes(containerId))
      .flatMap((nginx) => {
        const stays = front.action === 'keep' || front.action === 'reload';
        const routes = changed
          .filter(({ service }) => service !== front.service)
          .flatMap((service) => routesOf(observation, nginx, front, service));
        if (routes.length === 0 && front.action !== 'reload') return [];
        return [cutoverOf(observation, front, stays ? nginx : undefined, { routes, files })];
      }),
  );
  return [
    ...operations.filter(({ proxy }) => proxy === undefined),
    ...operations.filter(({ proxy }) => proxy !== undefined),
  ];
}

function cutoverOf(
  observation: Observation,
  front: ServicePlan,
  nginx: NginxFacts | undefined,
  { routes, files }: { readonly routes: readonly Route[]; readonly files: FileGroups },
): CutoverOperation {
  const binds = observation.wanted.services[front.service]?.binds ?? [];
  const paths =
    nginx === undefined || front.role !== 'proxy'
      ? []
      : files.cutover.filter((path) => binds.some((bind) => isWithin(path, bind.source)));
  return {
    kind: 'cutover',
    proxyService: front.service,
    proxy: nginx?.containerId,
    routes,
    paths,
    inPlace: within(files.inPlace, paths),
    mounted: binds
      .filter((bind) => paths.includes(bind.source))
      .map((bind) => ({ path: bind.source, inside: bind.target })),
  };
}

/** The names of a service that the proxy uses, on each network that both are on. */
function routesOf(
  observation: Observation,
  nginx: NginxFacts,
  front: ServicePlan,
  service: ServicePlan,
): readonly Route[] {
  const proxy = observation.containers.find(({ id }) => id === nginx.containerId);
  const incumbents = observation.containers.filter(({ id }) => service.incumbents.includes(id));
  // The new configuration of a published proxy may name what the loaded one does not.
  const used = new Set(
    [
      ...parseNginxConfig(nginx.config).upstreams,
      ...(front.role === 'proxy' ? upstreamsOf(observation) : []),
    ].map(({ name }) => name),
  );
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

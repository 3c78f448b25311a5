import { readFileSync } from 'node:fs';
import { fingerprintOf } from '../../src/plan/compose/definition.js';
import { isObject, objectOf, type JsonObject } from '../../src/plan/compose/json.js';
import type {
  Container,
  FileChange,
  Observation,
  ReleaseRecord,
} from '../../src/plan/observation.js';
import type { Operation } from '../../src/plan/plan.js';
import type { ServicePlan } from '../../src/plan/service-plan.js';
import { makePlan, refusalsOnceSettled, settlePlan, type Planned } from '../../src/plan/planner.js';
import type { PlanOptions } from '../../src/plan/plan-options.js';
import { parseStack } from '../../src/plan/compose/compose-config.js';
import type { Service, Stack } from '../../src/plan/compose/stack.js';

/** Stacks as `docker compose config --format json` (2.26.1) printed them. */
export type Fixture = 'tiny' | 'resee' | 'many';

const ROOTS: Readonly<Record<Fixture, string>> = {
  tiny: '/home/ec2-user/tiny',
  resee: '/home/ec2-user/Resee-project',
  many: '/home/ec2-user/many',
};

export const LIVE_SHA = '1111111111111111111111111111111111111111';
export const RECORD_KEY = '0123456789abcdef';
const COMPOSE = '2.26.1';
export const SHA = '2222222222222222222222222222222222222222';

export function fixtureText(name: string): string {
  return readFileSync(`__tests__/plan/fixtures/${name}`, 'utf8');
}

/** A stack of the fixtures; `patch` is laid over its JSON, and `undefined` in it removes a key. */
export function stackOf(fixture: Fixture, patch: JsonObject = {}): Stack {
  const json = objectOf(JSON.parse(fixtureText(`${fixture}.json`)));
  return parseStack(JSON.stringify(overlaid(json, patch)), ROOTS[fixture]);
}

/** `above` laid over `below`. */
export function overlaid(below: JsonObject, above: JsonObject): JsonObject {
  const entries = Object.entries(above).map(([key, value]) => {
    const old = below[key];
    return [key, isObject(value) ? overlaid(isObject(old) ? old : {}, value) : value] as const;
  });
  return { ...below, ...Object.fromEntries(entries) };
}

/** A patch of services, by name. */
export function services(patch: Readonly<Record<string, JsonObject | undefined>>): JsonObject {
  return { services: patch };
}

export interface Situation {
  readonly fixture?: Fixture;
  /** What the live directory's Compose file says otherwise than the fixture. */
  readonly was?: JsonObject;
  /** What the commit's says otherwise. */
  readonly wants?: JsonObject;
  /** Paths that the commit modifies, or other changes. */
  readonly changes?: readonly (string | FileChange)[];
  readonly containers?: (before: readonly Container[]) => readonly Container[];
  /** The whole `nginx -T`; undefined where no nginx runs. */
  readonly nginx?: string | undefined;
  readonly host?: Partial<Observation['host']>;
  readonly swarm?: Partial<Observation['swarm']>;
  /** Any other proxies, in place of that nginx. */
  readonly proxies?: Observation['proxies'];
  /** False: a host that somebody else deployed to. */
  readonly recorded?: boolean;
  readonly live?: Partial<Observation['live']>;
  readonly envFile?: Observation['envFile'];
  readonly images?: Readonly<Record<string, string | undefined>>;
  readonly proxyFiles?: Observation['proxyFiles'];
  readonly projects?: Observation['projects'];
  readonly pointers?: Observation['pointers'];
  readonly ownComposeFiles?: Observation['ownComposeFiles'];
  readonly links?: Observation['links'];
  readonly missingFiles?: Observation['missingFiles'];
  readonly heldPorts?: Observation['heldPorts'];
  readonly heldNames?: Observation['heldNames'];
  readonly imageSizesKb?: Observation['imageSizesKb'];
  readonly storage?: Observation['storage'];
  readonly dockerfiles?: Observation['dockerfiles'];
  /** What the commit changes since others that services were left at. */
  readonly since?: Observation['commit']['since'];
  /** Services that were left out by earlier releases, and the commits that they are of. */
  readonly leftAt?: Readonly<Record<string, string>>;
  /** Files of the commit beside its Dockerfiles and those that it changes. */
  readonly files?: readonly string[];
}

/** A host that runs the fixture's stack, deployed by a release of ours, and a commit for it. */
export function observed(situation: Situation = {}): Observation {
  const { fixture = 'tiny', was = {}, wants = {}, changes = [], recorded = true } = situation;
  const installed = stackOf(fixture, was);
  const wanted = stackOf(fixture, overlaid(was, wants));
  const path = ROOTS[fixture];
  const containers = (situation.containers ?? same)(containersOf(installed, path));
  const nginx = 'nginx' in situation ? situation.nginx : fixtureText(`${fixture}-nginx-T.txt`);
  const proxy = containers.find(({ service }) => service === 'proxy' || service === 'nginx');
  const images = Object.entries({
    ...Object.fromEntries(
      [installed, wanted].flatMap((stack) =>
        Object.values(stack.services).map(({ image }) => [image, imageId(image)]),
      ),
    ),
    ...situation.images,
  });
  return {
    host: {
      engineVersion: '26.1.5',
      platform: 'linux/amd64',
      composeVersion: COMPOSE,
      memoryTotalKb: 1_000_000,
      memoryAvailableKb: 500_000,
      swapTotalKb: 0,
      swapFreeKb: 0,
      imageRoom: { path: '/var/lib/docker', freeKb: 5_000_000, freeInodes: 500_000 },
      buildxVersion: undefined,
      ...situation.host,
    },
    stateDirectory: `/home/ec2-user/.local/state/resee-deploy/${installed.project}`,
    releases: recorded ? [recordOf(installed, LIVE_SHA, situation.leftAt)] : [],
    recordKey: RECORD_KEY,
    busy: false,
    live: {
      path,
      head: LIVE_SHA,
      branch: 'main',
      localCommits: [],
      commonCommit: undefined,
      modified: [],
      conflicts: [],
      ...situation.live,
    },
    commit: {
      sha: SHA,
      subject: 'A change',
      changes: changes.map((change) =>
        typeof change === 'string' ? { path: change, status: 'modified' } : change,
      ),
      since: situation.since ?? {},
      files: [...filesOf(wanted, changes), ...(situation.files ?? [])],
      newerThanLive: true,
    },
    stage: `/home/ec2-user/.local/state/resee-deploy/${installed.project}/stage/run-1-1/tree`,
    wantedProject: {},
    envFile: situation.envFile,
    ownComposeFiles: situation.ownComposeFiles ?? [],
    links: situation.links ?? [],
    missingFiles: situation.missingFiles,
    uncopied: [],
    dockerfiles: situation.dockerfiles ?? {},
    pointers: situation.pointers ?? [],
    wanted,
    installed,
    containers,
    projects: situation.projects ?? [],
    swarm: { node: 'none', stacks: [], unknown: undefined, ...situation.swarm },
    heldPorts: situation.heldPorts ?? [],
    heldNames: situation.heldNames,
    imageSizesKb: situation.imageSizesKb ?? {},
    images: Object.fromEntries(
      images.flatMap(([image, id]) => (id === undefined ? [] : [[image, id]])),
    ),
    proxies:
      situation.proxies ??
      (nginx === undefined || proxy === undefined
        ? []
        : [
            {
              kind: 'nginx',
              containerId: proxy.id,
              name: proxy.name,
              networks: Object.keys(proxy.networks),
              config: nginx,
            },
          ]),
    storage: situation.storage ?? [],
    proxyFiles: situation.proxyFiles ?? {},
  };
}

function filesOf(stack: Stack, changes: readonly (string | FileChange)[]): readonly string[] {
  return [
    ...changes.map((change) => (typeof change === 'string' ? change : change.path)),
    ...Object.values(stack.services).flatMap(({ build }) =>
      (build?.inputs ?? []).map((input) => (input === '' ? 'Dockerfile' : `${input}/Dockerfile`)),
    ),
  ];
}

function same<T>(value: T): T {
  return value;
}

export function imageId(image: string): string {
  return `sha256:${image}`;
}

export function recordOf(
  stack: Stack,
  sha = LIVE_SHA,
  leftAt: Situation['leftAt'] = {},
): ReleaseRecord {
  return {
    name: `00000001-${sha.slice(0, 12)}.json`,
    sha,
    deployedAt: '2026-11-23T04:30:31.437Z',
    services: Object.fromEntries(
      Object.values(stack.services).map(({ name, image, definition }) => [
        name,
        {
          image,
          imageId: imageId(image),
          keptAs: `resee/${stack.project}/${name}:${sha.slice(0, 12)}`,
          commit: leftAt[name] ?? sha,
          runs: fingerprintOf({ name, definition }, { compose: COMPOSE, key: RECORD_KEY }),
        },
      ]),
    ),
  };
}

/** The containers that Compose makes of a stack: ids are `service-number`. */
function containersOf(stack: Stack, path: string): readonly Container[] {
  return Object.values(stack.services).flatMap((service, index) =>
    Array.from({ length: service.replicas }, (_, replica) =>
      container(service.name, replica + 1, {
        imageId: imageId(service.image),
        networks: Object.fromEntries(
          service.networks.map((network) => [
            `${stack.project}_${network}`,
            {
              addresses: [`198.19.1.${String(10 * (index + 1) + replica)}`],
              names: [service.name, ...service.aliases],
            },
          ]),
        ),
        environment: Object.fromEntries(
          Object.entries(objectOf(service.definition['environment'])).map(([name, value]) => [
            name,
            String(value),
          ]),
        ),
        mounts: mountsOf(service, path),
      }),
    ),
  );
}

/** What Docker says of the mounts of a service's container. */
export function mountsOf(service: Service, path: string): Container['mounts'] {
  return [
    ...service.binds.map(({ source, target }) => ({
      source: source.startsWith('/') ? source : `${path}/${source}`,
      target,
    })),
    ...service.mounts
      .filter(({ kind }) => kind === 'volume')
      .map(({ source, target }) => ({
        source: `/var/lib/docker/volumes/${source ?? `of-${service.name}`}/_data`,
        target,
      })),
  ];
}

export function container(
  service: string,
  number: number,
  other: Partial<Container> = {},
): Container {
  return {
    id: `${service}-${String(number)}`,
    name: `${service}-${String(number)}`,
    service,
    oneOff: false,
    running: true,
    startedMs: 0,
    ended: undefined,
    imageId: imageId(service),
    networks: {},
    mounts: [],
    environment: {},
    command: [],
    processes: [],
    calls: [],
    memoryKb: undefined,
    ...other,
  };
}

/** The containers of a service, changed; for `containers` of a situation. */
export function changing(service: string, change: Partial<Container>) {
  return (before: readonly Container[]): readonly Container[] =>
    before.map((each) => (each.service === service ? { ...each, ...change } : each));
}

export function without(service: string) {
  return (before: readonly Container[]): readonly Container[] =>
    before.filter((each) => each.service !== service);
}

export const options: PlanOptions = {
  services: [],
  images: 'host',
  preDeploy: [],
  postDeploy: [],
  buildsOnRunner: false,
  allowDowntime: false,
  soakMs: 10_000,
  drainTimeoutMs: 30_000,
  projectNamed: false,
  engine: 'auto',
  keptImages: {},
  keptCommits: {},
  allowDataChanges: [],
};

export function planned(situation: Situation, other: Partial<PlanOptions> = {}): Planned {
  return makePlan(observed(situation), { ...options, ...other });
}

/** What happens to each service that something happens to: `roll`, or `roll?` if its image changes. */
export function actions(of: Planned): Readonly<Record<string, string>> {
  return Object.fromEntries(
    of.plan.services
      .filter(({ action }) => action !== 'keep')
      .map(({ service, action, ifImageChanges }) => [
        service,
        ifImageChanges ? `${action}?` : action,
      ]),
  );
}

export function serviceIn(of: Planned, name: string): ServicePlan {
  const found = of.plan.services.find(({ service }) => service === name);
  if (found === undefined) throw new Error(`the plan has no ${name}`);
  return found;
}

export function operationsOf<Kind extends Operation['kind']>(
  of: Planned,
  kind: Kind,
): readonly Extract<Operation, { kind: Kind }>[] {
  const isIt = (operation: Operation): operation is Extract<Operation, { kind: Kind }> =>
    operation.kind === kind;
  return of.plan.operations.filter(isIt);
}

export function refusalsOf(of: Planned): readonly { what: string; next: string }[] {
  return of.kind === 'refused' ? of.refusals : [];
}

/** What is refused once the images are there: all that may change did, or, with `same`, none. */
export function refusedOnceBuilt(
  situation: Situation,
  other: Partial<PlanOptions> = {},
  images: 'changed' | 'same' = 'changed',
): readonly { what: string; next: string }[] {
  const observation = observed(situation);
  const all = { ...options, ...other };
  const { plan } = makePlan(observation, all);
  const built = Object.fromEntries(
    plan.services.map(({ image, oldImageId }) => [
      image,
      images === 'same' ? (oldImageId ?? '') : 'sha256:another',
    ]),
  );
  const settled = settlePlan(plan, built, observation, all);
  return refusalsOnceSettled(settled, observation, all);
}

import fc from 'fast-check';
import { objectOf } from '../../../src/plan/compose/json.js';
import type { Container, Observation, StorageContents } from '../../../src/plan/observation.js';
import type { PlanOptions } from '../../../src/plan/plan-options.js';
import type { Service, Stack } from '../../../src/plan/compose/stack.js';
import { container, LIVE_SHA, observed, options, recordOf, SHA } from '../observed.js';
import { NAMES, ROOT, stackOf, STORED, twoStacks } from './stacks.js';

/** What is drawn of a host, beside the stacks. */
export interface Drawn {
  readonly was: Stack;
  readonly wants: Stack;
  /** Of each service: whether its containers run, and of which image they are. */
  readonly states: Readonly<Record<string, 'runs' | 'stopped' | 'gone' | 'half'>>;
  readonly foreign: readonly string[];
  readonly anonymous: readonly string[];
  readonly changes: readonly string[];
  readonly recorded: boolean;
  readonly routes: readonly string[];
  readonly looked: 'nothing' | 'no database' | 'database';
  readonly rebuilt: readonly string[];
  readonly options: PlanOptions;
}

export const drawn: fc.Arbitrary<Drawn> = fc
  .record({
    stacks: twoStacks,
    states: fc.dictionary(
      fc.constantFrom(...NAMES),
      fc.constantFrom('runs', 'runs', 'stopped', 'gone', 'half'),
    ),
    foreign: fc.subarray([...NAMES], { maxLength: 2 }),
    anonymous: fc.subarray([...NAMES]),
    changes: fc.subarray(['README.md', 'app/main.py', 'front/index.js', 'nginx.conf']),
    recorded: fc.constantFrom(true, true, true, false),
    routes: fc.subarray(['api', 'front', 'web', 'web-alias']),
    looked: fc.constantFrom('nothing', 'no database', 'database'),
    rebuilt: fc.subarray([...NAMES]),
    given: fc.record({
      images: fc.constantFrom('host', 'host', 'pull', 'none'),
      allowDowntime: fc.boolean(),
      services: fc.constantFrom<readonly string[]>([], [], ['api']),
      allowDataChanges: fc.constantFrom<readonly string[]>([], ['db'], NAMES),
      preDeploy: fc.constantFrom<PlanOptions['preDeploy']>(
        [],
        [{ service: 'api', command: 'migrate' }],
      ),
    }),
  })
  .map(({ stacks, given, ...rest }) => {
    const [was, wants] = [stackOf(stacks.was), stackOf(stacks.wants)];
    const known = (names: readonly string[]) => names.filter((name) => name in wants.services);
    return {
      ...rest,
      was,
      wants,
      options: {
        ...options,
        ...given,
        services: known(given.services),
        allowDataChanges: known(given.allowDataChanges),
        preDeploy: given.preDeploy.filter(({ service }) => service in wants.services),
      },
    };
  });

export const oldImage = (image: string): string => `sha256:old-${image}`;
const hex = (text: string): string =>
  Buffer.from(text).toString('hex').padEnd(64, '0').slice(0, 64);

/** What Docker says of a container's mounts, with the volumes of an image among them. */
function mountsOf(service: Service, id: string, ofImage: boolean): Container['mounts'] {
  const own = service.mounts.map(({ kind, source, target }) =>
    kind === 'volume' && source === undefined
      ? { source: 'volume', target, volume: hex(`${id} ${target}`) }
      : { source: source ?? '', target },
  );
  const covered = own.some(({ target }) => target === '/state');
  const image = { source: 'volume', target: '/state', volume: hex(`${id} image`) };
  return ofImage && !covered ? [...own, image] : own;
}

export function containerOf(
  service: Service,
  number: string,
  { ofImage, ...other }: Partial<Container> & { readonly ofImage: boolean },
): Container {
  const id = `${service.name}-${number}`;
  const names = [service.name, ...service.aliases];
  return container(service.name, 1, {
    id,
    name: id,
    networks: Object.fromEntries(
      service.networks.map((network) => [`shop_${network}`, { addresses: ['198.19.1.1'], names }]),
    ),
    environment: Object.fromEntries(
      Object.entries(objectOf(service.definition['environment'])).map(([name, value]) => [
        name,
        String(value),
      ]),
    ),
    mounts: mountsOf(service, id, ofImage),
    ...other,
  });
}

function containersOf({ was, states, foreign, anonymous }: Drawn): readonly Container[] {
  return Object.values(was.services).flatMap((service) => {
    const state = states[service.name] ?? 'runs';
    if (state === 'gone') return [];
    return Array.from({ length: service.replicas }, (_, index) =>
      containerOf(service, String(index + 1), {
        ofImage: anonymous.includes(service.name),
        running: state === 'runs' || (state === 'half' && index === 0),
        imageId: foreign.includes(service.name) ? 'sha256:foreign' : oldImage(service.image),
      }),
    );
  });
}

const FILES = ['README.md', 'app/main.py', 'front/index.js', 'nginx.conf'];

export function observationOf(of: Drawn): Observation {
  const { was, wants, changes, recorded, looked } = of;
  const containers = containersOf(of);
  const before = observed({});
  const images = [...Object.values(was.services), ...Object.values(wants.services)].map(
    ({ image }) => [image, oldImage(image)] as const,
  );
  return {
    ...before,
    wanted: wants,
    installed: was,
    containers,
    live: { ...before.live, path: ROOT },
    releases: recorded ? [recordOf(was, LIVE_SHA)] : [],
    commit: {
      ...before.commit,
      changes: changes.map((path) => ({ path, status: 'modified' })),
      files: FILES,
    },
    images: Object.fromEntries(images),
    storage: looked === 'nothing' ? [] : contents(wants, looked === 'database'),
    proxies: proxiesAmong(of, containers),
    proxyFiles: {},
  };
}

function contents({ services }: Stack, found: boolean): readonly StorageContents[] {
  return Object.keys(services).flatMap((service) =>
    STORED.map((target) => ({
      service,
      target,
      database: found ? `${target}/app.sqlite3` : undefined,
      unknown: undefined,
    })),
  );
}

/** What is called `proxy` is one, if it runs, whatever it is of. */
function proxiesAmong({ routes }: Drawn, containers: readonly Container[]): Observation['proxies'] {
  const config = `# configuration file /etc/nginx/nginx.conf:\nhttp { server { ${routes
    .map((name) => `location /${name} { proxy_pass http://${name}:80; }`)
    .join(' ')} } }`;
  return containers
    .filter(({ service, running }) => service === 'proxy' && running)
    .map(({ id, name, networks }) => ({
      kind: 'nginx' as const,
      containerId: id,
      name,
      networks: Object.keys(networks),
      config,
    }));
}

export { SHA };

import type { Refusal } from '../plan/refusal.js';
import { listOf, objectOf, textOf, type JsonObject } from '../plan/compose/json.js';
import { contents } from './contents.js';
import { translateService } from './keys.js';

/** A stack as `docker stack deploy` takes it, still without images. */
export interface StackFile {
  readonly services: Readonly<Record<string, JsonObject>>;
  readonly networks: JsonObject;
  readonly volumes: JsonObject;
  readonly configs: JsonObject;
  readonly secrets: JsonObject;
  readonly refusals: readonly Refusal[];
  readonly notes: readonly string[];
}

/**
 * From a project as Compose has normalised it (paths as in the live directory) to a stack file. `docker stack
 * deploy` reads an older format, and refuses, or ignores, much of what Compose prints.
 *
 * @param files SHA-256 of those that configs and secrets are made of, by path
 */
export function translateProject(
  project: JsonObject,
  files: Readonly<Record<string, string>> = {},
): StackFile {
  const name = textOf(project['name']) ?? '';
  const services = Object.entries(objectOf(project['services'])).map(
    ([service, definition]) => [service, translateService(service, objectOf(definition))] as const,
  );
  const networks = objectOf(project['networks']);
  const volumes = objectOf(project['volumes']);
  return {
    services: Object.fromEntries(
      services.map(([service, { definition }]) => [service, definition]),
    ),
    networks: Object.fromEntries(
      Object.entries(networks).map(([key, value]) => [
        key,
        named(name, key, objectOf(value), NETWORK_KEYS),
      ]),
    ),
    volumes: Object.fromEntries(
      Object.entries(volumes).map(([key, value]) => [
        key,
        named(name, key, objectOf(value), VOLUME_KEYS),
      ]),
    ),
    configs: contents(project, 'configs', files).group,
    secrets: contents(project, 'secrets', files).group,
    refusals: [
      ...contents(project, 'configs', files).refusals,
      ...contents(project, 'secrets', files).refusals,
      ...services.flatMap(([, { refusals }]) => refusals),
      ...lostKeys('network', networks, NETWORK_KEYS),
      ...lostKeys('volume', volumes, VOLUME_KEYS),
    ],
    notes: services.flatMap(([, { notes }]) => notes),
  };
}

const NETWORK_KEYS: ReadonlySet<string> = new Set([
  'driver',
  'driver_opts',
  'internal',
  'attachable',
  'labels',
  'ipam',
]);
const VOLUME_KEYS: ReadonlySet<string> = new Set(['driver', 'driver_opts', 'labels']);

/** A name of its own only where it is another than the one that the engine gives. */
function named(
  project: string,
  key: string,
  value: JsonObject,
  known: ReadonlySet<string>,
): JsonObject {
  const name = textOf(value['name']);
  if (value['external'] === true) return { external: true, name: name ?? key };
  const kept = Object.entries(value).filter(
    ([each, setting]) => known.has(each) && !isNothing(setting),
  );
  return {
    ...Object.fromEntries(kept),
    ...(name === undefined || name === `${project}_${key}` ? {} : { name }),
  };
}

function isNothing(value: unknown): boolean {
  return value === null || (typeof value === 'object' && Object.keys(value).length === 0);
}

function lostKeys(kind: string, group: JsonObject, known: ReadonlySet<string>): readonly Refusal[] {
  return Object.entries(group).flatMap(([key, value]) => [
    ...Object.entries(objectOf(value))
      .filter(([each, setting]) => !known.has(each) && !isNothing(setting))
      .filter(([each]) => each !== 'name' && each !== 'external')
      .map(([each]) => ({
        what: `Docker Swarm ignores ${kind} ${key}: \`${each}\``,
        next: 'Remove it, or deploy with engine: compose.',
      })),
    ...(kind === 'network' && objectOf(value)['driver'] === 'bridge'
      ? [
          {
            what: `network ${key} has the driver bridge, which ends at one node`,
            next: 'Remove the line: Swarm makes an overlay network.',
          },
        ]
      : []),
  ]);
}

/**
 * The text for `docker stack deploy -c -`, of some services: those that it does not name are left as they are.
 *
 * @param images by service
 */
export function renderStack(
  { services, networks, volumes, configs, secrets }: Omit<StackFile, 'refusals' | 'notes'>,
  images: Readonly<Record<string, string>>,
): string {
  const named = Object.entries(images).map(
    ([service, image]) => [service, { ...services[service], image }] as const,
  );
  const used = (group: JsonObject, of: (service: JsonObject) => readonly string[]): JsonObject => {
    const names = new Set(named.flatMap(([, service]) => of(service)));
    return Object.fromEntries(Object.entries(group).filter(([key]) => names.has(key)));
  };
  return JSON.stringify({
    version: '3.9',
    services: Object.fromEntries(named),
    networks: used(networks, (service) => Object.keys(objectOf(service['networks']))),
    volumes: used(volumes, (service) => sourcesIn(service['volumes'])),
    configs: used(configs, (service) => sourcesIn(service['configs'])),
    secrets: used(secrets, (service) => sourcesIn(service['secrets'])),
  });
}

function sourcesIn(list: unknown): readonly string[] {
  return listOf(list).map((each) => textOf(objectOf(each)['source']) ?? '');
}

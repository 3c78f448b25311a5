import { plainAddress } from './addresses.js';
import {
  canonical,
  isObject,
  listOf,
  numberOf,
  objectOf,
  textOf,
  wordsOf,
  type JsonObject,
} from './json.js';
import { familiarName } from './image-names.js';
import { joinsOf } from './shared-namespaces.js';
import { publishedPorts, singleReason } from './exclusive-resources.js';
import { joinPath, relativeTo } from './paths.js';
import type { Bind, Build, Mount, Service, Stack } from './stack.js';
import { madeOf } from './volumes.js';
import { namesWithNetwork } from './network-names.js';
import { withDefaultRule } from './traefik-default.js';
import { withVolumesFrom } from './volumes-from.js';

/**
 * Reads a normalised Compose project.
 *
 * @param text output of `docker compose config --format json`
 * @param root the directory it was run in: paths below it become relative, so that the staged tree
 *   and the live directory compare as equal
 * @param values of variables that configs and secrets are made of (`environment: NAME`)
 */
export function parseStack(
  text: string,
  root: string,
  values: Readonly<Record<string, string>> = {},
): Stack {
  const project = objectOf(JSON.parse(text));
  const name = textOf(project['name']) ?? '';
  const volumes = objectOf(project['volumes']);
  const definitions = Object.entries(objectOf(project['services'])).map(
    ([service, definition]) => [service, objectOf(definition)] as const,
  );
  const links = definitions.flatMap(([, definition]) => wordsOf(definition['links']));
  const services = definitions.map(
    ([service, definition]) =>
      [service, parseService(service, definition, { name, project, links, root, values })] as const,
  );
  return {
    project: name,
    services: withDefaultRule(withVolumesFrom(Object.fromEntries(services), project)),
    networks: texts(objectOf(project['networks'])),
    volumes: texts(volumes),
  };
}

function texts(group: JsonObject): Record<string, string> {
  return Object.fromEntries(Object.entries(group).map(([key, value]) => [key, canonical(value)]));
}

interface Whole {
  /** The project's name. */
  readonly name: string;
  readonly project: JsonObject;
  /** `SERVICE` or `SERVICE:ALIAS`, of all services. */
  readonly links: readonly string[];
  readonly root: string;
  readonly values: Readonly<Record<string, string>>;
}

function parseService(
  name: string,
  json: JsonObject,
  { name: project, project: whole, links, root, values }: Whole,
): Service {
  const deploy = objectOf(json['deploy']);
  const update = objectOf(deploy['update_config']);
  const order = textOf(update['order']);
  const parallelism = numberOf(update['parallelism']) ?? 0;
  const networks = objectOf(json['networks']);
  const mounts = listOf(json['volumes']).map(objectOf);
  const endpoints = Object.values(networks).map(objectOf);
  const addresses = endpoints.flatMap((endpoint) =>
    ['ipv4_address', 'ipv6_address'].flatMap((key) => textOf(endpoint[key]) ?? []),
  );
  const replicas = numberOf(deploy['replicas']) ?? numberOf(json['scale']) ?? 1;
  return {
    name,
    image: familiarName(textOf(json['image']) ?? `${project}-${name}`),
    build: json['build'] === undefined ? undefined : parseBuild(objectOf(json['build']), root),
    command: [...wordsOf(json['entrypoint']), ...wordsOf(json['command'])],
    containerName: textOf(json['container_name']),
    dependsOn: Object.entries(objectOf(json['depends_on'])).map(([service, options]) => ({
      service,
      condition: textOf(objectOf(options)['condition']) ?? 'service_started',
      ...(objectOf(options)['restart'] === true ? { restart: true } : {}),
    })),
    replicas,
    updateOrder: order === 'start-first' || order === 'stop-first' ? order : undefined,
    // As in Swarm, 0 is all at once.
    parallelism: parallelism > 0 ? parallelism : undefined,
    labels: Object.fromEntries(
      Object.entries(objectOf(json['labels'])).map(([key, value]) => [key, textOf(value) ?? '']),
    ),
    networks: Object.keys(networks),
    aliases: [
      ...endpoints.flatMap((endpoint) => wordsOf(endpoint['aliases'])),
      ...links.flatMap((link) => (link.startsWith(`${name}:`) ? link.slice(name.length + 1) : [])),
      ...addresses.map(plainAddress),
      ...namesWithNetwork(name, json, whole),
    ],
    numberedNames: Array.from({ length: Math.max(replicas, 1) }, (_, index) => index + 1).flatMap(
      (number) => ['-', '_'].map((dash) => [project, name, String(number)].join(dash)),
    ),
    links: wordsOf(json['links']).map((link) => link.replace(/:.*$/, '')),
    joins: joinsOf(json, whole),
    single: singleReason(json, addresses),
    publishes: publishedPorts(json).length > 0 || json['network_mode'] === 'host',
    binds: [
      ...mounts.filter((mount) => mount['type'] === 'bind').map((mount) => parseBind(mount, root)),
      ...fileMounts(json, whole, root),
    ],
    mounts: mounts.flatMap((mount) => parseMount(mount, root)),
    restart: restartPolicy(json),
    definition: wholeDefinition(json, { project: whole, root, values }),
  };
}

/** `configs` and `secrets` with a `file` are bind mounts of that file. */
function fileMounts(json: JsonObject, whole: JsonObject, root: string): Bind[] {
  return ['configs', 'secrets'].flatMap((kind) =>
    listOf(json[kind]).flatMap((use) => {
      const source = isObject(use) ? textOf(use['source']) : textOf(use);
      if (source === undefined) return [];
      const file = textOf(objectOf(objectOf(whole[kind])[source])['file']);
      const target = textOf(objectOf(use)['target']) ?? source;
      return file === undefined ? [] : [{ source: relativeTo(root, file), target, readOnly: true }];
    }),
  );
}

function parseBuild(json: JsonObject, root: string): Build {
  const context = textOf(json['context']) ?? root;
  const base = relativeTo(root, context);
  const named = textOf(json['dockerfile']);
  const dockerfile =
    named === undefined || named.startsWith('/')
      ? named && relativeTo(root, named)
      : joinPath(base, named);
  // Images and services are no directories: see builds.ts.
  const additional = Object.values(objectOf(json['additional_contexts']))
    .flatMap((path) => textOf(path) ?? [])
    .filter((path) => !/^(?:service|docker-image):/.test(path));
  const contexts = [context, ...additional];
  const isOfStack = (path: string): boolean => path === root || path.startsWith(`${root}/`);
  return {
    remote: !contexts.every(isOfStack),
    inputs: [
      ...contexts.map((path) => relativeTo(root, path)),
      ...(dockerfile === undefined ? [] : [dockerfile]),
    ],
    dockerfile,
  };
}

function parseBind(mount: JsonObject, root: string): Bind {
  return {
    source: relativeTo(root, textOf(mount['source']) ?? ''),
    target: textOf(mount['target']) ?? '',
    readOnly: mount['read_only'] === true,
  };
}

/** Memory (`tmpfs`) and images are no storage. */
function parseMount(json: JsonObject, root: string): readonly Mount[] {
  const kind = json['type'];
  if (kind !== 'volume' && kind !== 'bind') return [];
  const source = textOf(json['source']);
  return [
    {
      kind,
      source: source === undefined || kind === 'volume' ? source : relativeTo(root, source),
      target: (textOf(json['target']) ?? '').replace(/(?<=.)\/+$/, ''),
      readOnly: json['read_only'] === true,
    },
  ];
}

/** `restart`, or what Compose makes of `deploy.restart_policy` without it. */
function restartPolicy(json: JsonObject): string | undefined {
  const said = textOf(json['restart']);
  if (said !== undefined) return said;
  const policy = objectOf(json['deploy'])['restart_policy'];
  if (policy === undefined) return undefined;
  const condition = textOf(objectOf(policy)['condition']) ?? 'any';
  return { any: 'always', none: 'no' }[condition] ?? condition;
}

/** All that Compose says of the service, and of what the configs, secrets and volumes that it uses are made. */
function wholeDefinition(
  json: JsonObject,
  { project, root, values }: Pick<Whole, 'project' | 'root' | 'values'>,
): JsonObject {
  const sources = (['config', 'secret'] as const).flatMap((kind) =>
    listOf(json[`${kind}s`]).flatMap((use) => {
      const name = isObject(use) ? textOf(use['source']) : textOf(use);
      if (name === undefined) return [];
      const source = objectOf(objectOf(project[`${kind}s`])[name]);
      return [[`${kind} ${name}`, contentOf(source, values)] as const];
    }),
  );
  const volumes = listOf(json['volumes'])
    .map(objectOf)
    .flatMap((mount) => {
      const name = mount['type'] === 'volume' ? textOf(mount['source']) : undefined;
      if (name === undefined) return [];
      return [[`volume ${name}`, madeOf(objectOf(objectOf(project['volumes'])[name]))] as const];
    });
  return objectOf(withoutRoot({ ...json, ...Object.fromEntries([...sources, ...volumes]) }, root));
}

/** Its name is Compose's own, unless it is external; of a variable Compose says the name, not the value. */
function contentOf(source: JsonObject, values: Whole['values']): JsonObject {
  const { name, ...rest } = source;
  const variable = textOf(source['environment']);
  return {
    ...rest,
    ...(source['external'] === true ? { name } : {}),
    ...(variable === undefined ? {} : { value: values[variable] }),
  };
}

function withoutRoot(value: unknown, root: string): unknown {
  if (typeof value === 'string') {
    return value === root || value.startsWith(`${root}/`) ? `.${value.slice(root.length)}` : value;
  }
  if (Array.isArray(value)) return value.map((item) => withoutRoot(item, root));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withoutRoot(item, root)]),
  );
}

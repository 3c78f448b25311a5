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

/** A Compose project as `docker compose config --format json` normalises it. */
export interface Stack {
  readonly project: string;
  readonly services: Readonly<Record<string, Service>>;
  /** Canonical text of the definitions of networks, volumes, by name. */
  readonly networks: Readonly<Record<string, string>>;
  readonly volumes: Readonly<Record<string, string>>;
}

export interface Service {
  readonly name: string;
  /** The reference that Compose uses, also when it builds the image; without `:latest`. */
  readonly image: string;
  readonly build: Build | undefined;
  readonly command: readonly string[];
  readonly containerName: string | undefined;
  readonly dependsOn: readonly Dependency[];
  readonly replicas: number;
  readonly updateOrder: 'start-first' | 'stop-first' | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** Names of the networks it is on; empty with another `network_mode`. */
  readonly networks: readonly string[];
  readonly aliases: readonly string[];
  /** True where it publishes a port of the host. */
  readonly publishes: boolean;
  readonly binds: readonly Bind[];
  readonly namedVolumes: readonly string[];
  readonly restart: string | undefined;
  /** All that decides how a container of it is created: Compose recreates when this differs. */
  readonly definition: JsonObject;
}

export interface Build {
  /** Directories and files whose change may change the image; relative to the stack's directory. */
  readonly inputs: readonly string[];
  /** True where the context is not a directory of the stack: a change of it cannot be seen. */
  readonly remote: boolean;
}

export interface Bind {
  /** Relative to the stack's directory, `''` for itself; absolute outside of it. */
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

export interface Dependency {
  readonly service: string;
  readonly condition: string;
}

/**
 * Reads a normalised Compose project.
 *
 * @param text output of `docker compose config --format json`
 * @param root the directory it was run in: paths below it become relative, so that the staged tree
 *   and the live directory compare as equal
 */
export function parseStack(text: string, root: string): Stack {
  const project = objectOf(JSON.parse(text));
  const name = textOf(project['name']) ?? '';
  const volumes = objectOf(project['volumes']);
  const services = Object.entries(objectOf(project['services'])).map(
    ([service, definition]) =>
      [service, parseService(name, service, objectOf(definition), project, root)] as const,
  );
  return {
    project: name,
    services: Object.fromEntries(services),
    networks: definitions(objectOf(project['networks'])),
    volumes: definitions(volumes),
  };
}

function definitions(group: JsonObject): Record<string, string> {
  return Object.fromEntries(Object.entries(group).map(([key, value]) => [key, canonical(value)]));
}

function parseService(
  project: string,
  name: string,
  json: JsonObject,
  whole: JsonObject,
  root: string,
): Service {
  const deploy = objectOf(json['deploy']);
  const order = textOf(objectOf(deploy['update_config'])['order']);
  const networks = objectOf(json['networks']);
  const mounts = listOf(json['volumes']).map(objectOf);
  return {
    name,
    image: (textOf(json['image']) ?? `${project}-${name}`).replace(/:latest$/, ''),
    build: json['build'] === undefined ? undefined : parseBuild(objectOf(json['build']), root),
    command: [...wordsOf(json['entrypoint']), ...wordsOf(json['command'])],
    containerName: textOf(json['container_name']),
    dependsOn: Object.entries(objectOf(json['depends_on'])).map(([service, options]) => ({
      service,
      condition: textOf(objectOf(options)['condition']) ?? 'service_started',
    })),
    replicas: numberOf(deploy['replicas']) ?? numberOf(json['scale']) ?? 1,
    updateOrder: order === 'start-first' || order === 'stop-first' ? order : undefined,
    labels: Object.fromEntries(
      Object.entries(objectOf(json['labels'])).map(([key, value]) => [key, textOf(value) ?? '']),
    ),
    networks: Object.keys(networks),
    aliases: Object.values(networks).flatMap((network) => wordsOf(objectOf(network)['aliases'])),
    publishes: listOf(json['ports']).some(
      (port) => textOf(objectOf(port)['published']) !== undefined,
    ),
    binds: [
      ...mounts.filter((mount) => mount['type'] === 'bind').map((mount) => parseBind(mount, root)),
      ...fileMounts(json, whole, root),
    ],
    namedVolumes: mounts.flatMap((mount) =>
      mount['type'] === 'volume' ? (textOf(mount['source']) ?? []) : [],
    ),
    restart: textOf(json['restart']),
    definition: runtimeDefinition(json, root),
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
  const context = textOf(json['context']) ?? '.';
  const remote = !context.startsWith('/');
  const base = relativeTo(root, context);
  const dockerfile = textOf(json['dockerfile']);
  const additional = Object.values(objectOf(json['additional_contexts']))
    .flatMap((path) => textOf(path) ?? [])
    .filter((path) => path.startsWith('/'))
    .map((path) => relativeTo(root, path));
  return {
    remote,
    inputs: [
      base,
      ...additional,
      ...(dockerfile === undefined
        ? []
        : [dockerfile.startsWith('/') ? relativeTo(root, dockerfile) : joinPath(base, dockerfile)]),
    ],
  };
}

function parseBind(mount: JsonObject, root: string): Bind {
  return {
    source: relativeTo(root, textOf(mount['source']) ?? ''),
    target: textOf(mount['target']) ?? '',
    readOnly: mount['read_only'] === true,
  };
}

function relativeTo(root: string, path: string): string {
  if (path === root) return '';
  return path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path;
}

/** A path of the build, relative to its context where it is not absolute; `.` and `..` resolved. */
function joinPath(base: string, path: string): string {
  const joined = path.startsWith('/') || base === '' ? path : `${base}/${path}`;
  const parts: string[] = [];
  for (const part of joined.split('/')) {
    if (part === '..' && parts.length > 0) parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return `${joined.startsWith('/') ? '/' : ''}${parts.join('/')}`;
}

/**
 * What Compose itself leaves out when it asks whether a container must be recreated: how the image
 * is made, how many there are, and in which order they start.
 */
const NOT_OF_THE_CONTAINER = new Set([
  'build',
  'pull_policy',
  'scale',
  'depends_on',
  'profiles',
  'deploy',
]);

function runtimeDefinition(json: JsonObject, root: string): JsonObject {
  const kept = Object.entries(json).filter(([key]) => !NOT_OF_THE_CONTAINER.has(key));
  const deploy = objectOf(json['deploy']);
  const resources = deploy['resources'] === undefined ? {} : { resources: deploy['resources'] };
  return objectOf(withoutRoot({ ...Object.fromEntries(kept), ...resources }, root));
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

/** True where `path` (a file of the commit) is `place` or lies below it; `''` is the whole stack. */
export function isWithin(path: string, place: string): boolean {
  return place === '' || path === place || path.startsWith(`${place}/`);
}

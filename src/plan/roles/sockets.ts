import { invocationsOf } from '../compose/commands.js';
import { objectOf } from '../compose/json.js';
import type { Container, Observation } from '../observation.js';
import { ROLE_LABEL } from '../role.js';
import { isPeriodic, isScheduler } from './schedulers.js';
import { isWithin, type Mount, type Service } from '../compose/stack.js';
import { isQueueWorker, isServerProgram } from './workers.js';

/** `unix:/run/php.sock` of nginx and Apache, `unix//run/app.sock` of Caddy, `unix@/run/app.sock` of HAProxy. */
const SOCKET = /(?<![\w=])unix(?:\+\w+)?(?::(?:\/\/)?|\/|@)(\/[^\s;:"'`|,{}]+)/g;
/** Where a proxy listens itself. */
const LISTENING = /"listen"\s*:\s*\[[^\]]*\]|^[^\S\n]*(?:listen|bind|admin)\b[^;\n]*/gm;

/** The paths of Unix sockets that a proxy's configuration sends requests to. */
export function socketsIn(text: string): readonly string[] {
  const config = text.replace(/(^|[\s;{}])#[^\n]*/g, '$1').replace(/([;{}])/g, '$1\n');
  const paths = [...config.replace(LISTENING, '').matchAll(SOCKET)];
  return [...new Set(paths.map(([, path = '']) => path))];
}

export interface SocketServices {
  /** By service: the path in the proxy of the socket that it listens at. */
  readonly listening: ReadonlyMap<string, string>;
  /** Of those that may listen at one, where nothing shows which of them does. */
  readonly possible: ReadonlyMap<string, string>;
}

/**
 * Services that a proxy reaches by a Unix socket in a volume or directory that both mount. Whoever listens there last
 * has the path, and takes it along when it ends.
 */
export function socketServices(
  observation: Pick<Observation, 'wanted' | 'containers' | 'proxies' | 'proxyFiles'>,
): SocketServices {
  const all = Object.values(observation.wanted.services);
  const listening = new Map<string, string>();
  const possible = new Map<string, string>();
  for (const { front, text } of fronts(observation, all)) {
    const found = socketsIn(text).flatMap((path) => {
      const place = placeIn(front, path);
      if (place === undefined || isOfHost(place)) return [];
      const others = mounting(all, front, place);
      const servers = others.filter((each) => !takesNoRequests(each));
      return [{ path, others: servers.length > 0 ? servers : others }];
    });
    for (const { path, others } of found) {
      const shown = shownToListen(others, { path, front, containers: observation.containers });
      // As many sockets as services that may listen: each has one.
      const sockets = found.filter((each) => others.every((other) => each.others.includes(other)));
      const each = shown.length > 0 || sockets.length < others.length ? shown : others;
      const into = each.length > 0 ? listening : possible;
      for (const { name } of each.length > 0 ? each : others)
        if (!into.has(name)) into.set(name, path);
    }
  }
  return { listening, possible };
}

/** Services that may make the socket, as they mount its directory. */
function mounting(all: readonly Service[], front: Service, place: Place): readonly Service[] {
  return all.filter(
    (other) =>
      other.name !== front.name &&
      other.mounts.some((mount) => !mount.readOnly && holds(mount, place)) &&
      // What it mounts by itself was there before it.
      !other.mounts.some((mount) => isSocketItself(mount, place)),
  );
}

function isSocketItself({ kind, source }: Mount, { path }: Place): boolean {
  return kind === 'bind' && source !== undefined && withoutLink(source) === withoutLink(path);
}

/** One of the host's own, as that of Docker. */
function isOfHost(place: Place): boolean {
  return place.path.startsWith('/') && isSocketItself(place.mount, place);
}

function takesNoRequests(service: Service): boolean {
  const labelled = service.labels[ROLE_LABEL];
  if (labelled !== undefined) return labelled !== 'routed' && labelled !== 'direct';
  return isQueueWorker(service) || isScheduler(service) || isPeriodic(service);
}

/** Each proxy with what it has loaded, and with the files of the commit that it mounts or is built from. */
function fronts(
  { proxies, containers, proxyFiles }: Pick<Observation, 'containers' | 'proxies' | 'proxyFiles'>,
  all: readonly Service[],
): readonly { readonly front: Service; readonly text: string }[] {
  return all.flatMap((front) => {
    const own = containers.filter(({ service }) => service === front.name).map(({ id }) => id);
    const places = [
      ...front.binds.map(({ source }) => source),
      ...(front.build?.inputs ?? []),
    ].filter((place) => place !== '');
    return [
      ...proxies.filter(({ containerId }) => own.includes(containerId)).map(({ config }) => config),
      ...Object.entries(proxyFiles)
        .filter(([path]) => places.some((place) => isWithin(path, place)))
        .map(([, file]) => file),
    ].map((text) => ({ front, text }));
  });
}

/** A place in storage: a path in the volume, or of the host. */
interface Place {
  readonly mount: Mount;
  readonly path: string;
}

const withoutLink = (path: string): string => path.replace(/^\/var\/run(?=\/|$)/, '/run');

/** Where a path in a container lies; undefined where that is no storage that another may mount. */
function placeIn({ mounts }: Service, path: string): Place | undefined {
  const [mount] = mounts
    .filter(
      ({ target, source }) =>
        source !== undefined && isWithin(withoutLink(path), withoutLink(target)),
    )
    .sort((one, other) => other.target.length - one.target.length);
  if (mount?.source === undefined) return undefined;
  const below = withoutLink(path).slice(withoutLink(mount.target).length);
  return { mount, path: mount.kind === 'bind' ? `${mount.source}${below}` : below };
}

function holds({ kind, source }: Mount, { mount, path }: Place): boolean {
  if (kind !== mount.kind || source === undefined) return false;
  return kind === 'volume' ? source === mount.source : source !== '' && isWithin(path, source);
}

interface Listening {
  readonly path: string;
  readonly front: Service;
  readonly containers: readonly Container[];
}

/**
 * Of several that mount the place: those that speak of the socket, or are called like it; else those that are seen to
 * be a server, that a label says take requests, that the proxy depends on, or that run what their image is for. One
 * alone is it.
 */
function shownToListen(
  others: readonly Service[],
  { path, front, containers }: Listening,
): readonly Service[] {
  if (others.length <= 1) return others;
  const name = path.slice(path.lastIndexOf('/') + 1);
  const processes = (service: string): readonly string[] =>
    containers.flatMap((each) => (each.service === service ? each.processes : []));
  const speaks = ({ command, definition }: Service): boolean =>
    JSON.stringify([command, objectOf(definition['environment'])]).includes(name);
  const serves = (other: Service): boolean =>
    invocationsOf(other.command).some(({ program }) => isServerProgram(program)) ||
    processes(other.name).some(isServerProgram);
  const isLabelled = ({ labels }: Service): boolean => labels[ROLE_LABEL] === 'routed';
  const signs: readonly ((other: Service) => boolean)[] = [
    speaks,
    (other) => other.name === name.replace(/\.sock(?:et)?$/, ''),
    serves,
    isLabelled,
    (other) => front.dependsOn.some(({ service }) => service === other.name),
    ({ command }) => command.length === 0,
  ];
  for (const sign of signs) {
    const shown = others.filter(sign);
    if (shown.length > 0 && shown.length < others.length) return shown;
  }
  return others.filter((other) => [speaks, serves, isLabelled].some((sign) => sign(other)));
}

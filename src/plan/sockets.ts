import { objectOf } from './json.js';
import type { Observation } from './observation.js';
import { isWithin, type Mount, type Service } from './stack.js';

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

/**
 * Services that a proxy reaches by a Unix socket in a volume or directory that both mount, and the socket's path in
 * the proxy. Whoever listens there last has the path, and takes it along when it ends.
 */
export function socketServices(
  observation: Pick<Observation, 'wanted' | 'containers' | 'proxies' | 'proxyFiles'>,
): ReadonlyMap<string, string> {
  const all = Object.values(observation.wanted.services);
  const found = fronts(observation, all).flatMap(({ front, text }) =>
    socketsIn(text).flatMap((path) => {
      const place = placeIn(front, path);
      if (place === undefined) return [];
      const others = all.filter(
        ({ name, mounts }) =>
          name !== front.name && mounts.some((mount) => !mount.readOnly && holds(mount, place)),
      );
      return listening(others, path, front).map(({ name }) => [name, path] as const);
    }),
  );
  return new Map(found);
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

/** Of several that mount the place: those that speak of the socket, else those that the proxy depends on. */
function listening(others: readonly Service[], path: string, front: Service): readonly Service[] {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const speaking = others.filter(({ command, definition }) =>
    JSON.stringify([command, objectOf(definition['environment'])]).includes(name),
  );
  if (speaking.length > 0) return speaking;
  const needed = others.filter((other) =>
    front.dependsOn.some(({ service }) => service === other.name),
  );
  return needed.length > 0 ? needed : others;
}

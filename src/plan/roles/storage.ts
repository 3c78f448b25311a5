import type { Container, Observation, StorageQuestion } from '../observation.js';
import { isProxyImage, repositoryOf } from '../compose/image-names.js';
import type { Role } from '../role.js';
import type { ServicePlan } from '../service-plan.js';
import { isWithin, type Bind, type Mount, type Service, type Stack } from '../compose/stack.js';

/** How the reason of a service begins that has storage of its own. */
export const ONLY_WRITER = 'only it writes to';

/**
 * Storage: a place outside of the container, which it may write to. Only one container at a time may use
 * what no other service writes to: nothing shows that its files bear two writers. Where it can be looked into
 * (`isLookedInto`), services of others (a file browser, a viewer of databases) show nothing either.
 */
export function exclusiveStorage(
  stack: Stack,
  service: Service,
  { files, readers, containers }: StorageFacts,
  isLookedInto: boolean,
): readonly Mount[] {
  const siblings = Object.values(stack.services).filter(
    (other) =>
      other.name !== service.name &&
      !readers.has(other.name) &&
      !isBackup(other.image) &&
      !isProxyImage(other.image) &&
      (!isLookedInto || isOfSameAuthor(service, other)),
  );
  const mounts = [...service.mounts, ...volumesOfImage(service, containers)];
  return mounts.filter(
    (mount) =>
      // Replicas share it already, unless each has its own.
      (service.replicas <= 1 || isAnonymous(mount)) &&
      isStorage(mount, service, files) &&
      !siblings.some(({ mounts }) =>
        mounts.some((other) => !other.readOnly && overlaps(mount, other, files)),
      ),
  );
}

export interface StorageFacts {
  /** Every file of the commit. */
  readonly files: readonly string[];
  /** Services that write to nothing that they share with it. */
  readonly readers: ReadonlySet<string>;
  /** All of the stack: the image's own volumes are seen in them. */
  readonly containers: readonly Container[];
}

/** Both are built by the stack, or their images come from the same place: they were made to share. */
function isOfSameAuthor(one: Service, other: Service): boolean {
  if (one.build !== undefined && other.build !== undefined) return true;
  const [first, second] = [one, other].map(({ image }) => repositoryOf(image));
  if (first === second) return true;
  const [author, otherAuthor] = [first, second].map((name = '') => name.replace(/[^/]*$/, ''));
  return author !== '' && author === otherAuthor;
}

/** A job does not run beside it, and a proxy serves the files that it shares: few say `:ro`. */
export function writesNothing(role: Role): boolean {
  return role === 'job' || role === 'proxy';
}

function isAnonymous({ kind, source }: Mount): boolean {
  return kind === 'volume' && source === undefined;
}

/** Of an image's `VOLUME` the Compose file says nothing. */
function volumesOfImage(service: Service, containers: readonly Container[]): readonly Mount[] {
  const targets = containers
    .filter((container) => container.service === service.name && !container.oneOff)
    .flatMap(({ mounts }) => mounts.flatMap((mount) => (mount.volume ? [mount.target] : [])))
    .filter((target) => !service.mounts.some((mount) => mount.target === target));
  return [...new Set(targets)].map((target) => ({
    kind: 'volume',
    source: undefined,
    target,
    readOnly: false,
  }));
}

/** The storage of routed services that would be stopped first for nothing else, and was not looked into yet. */
export function storageToInspect(
  { wanted, commit, storage, containers }: Observation,
  services: readonly ServicePlan[],
): readonly StorageQuestion[] {
  const readers = new Set(
    services.filter(({ role }) => writesNothing(role)).map(({ service }) => service),
  );
  return services
    .filter(
      ({ role, action, single }) =>
        role === 'routed' && action === 'replace' && single?.startsWith(ONLY_WRITER) === true,
    )
    .flatMap(({ service, incumbents: [containerId] }) => {
      const definition = wanted.services[service];
      if (definition === undefined || containerId === undefined) return [];
      const mounted = containers.find(({ id }) => id === containerId)?.mounts ?? [];
      const facts = { files: commit.files, readers, containers };
      return exclusiveStorage(wanted, definition, facts, true)
        .filter(({ target }) => mounted.some((mount) => mount.target === target))
        .filter(
          ({ target }) =>
            !storage.some((known) => known.service === service && known.target === target),
        )
        .map(({ target }) => ({ service, containerId, target }));
    });
}

/** `./data`, or a volume by its name. */
export function placeOf({ kind, source, target }: Mount): string {
  if (source === undefined) return target;
  return kind === 'bind' && !source.startsWith('/') ? `./${source}` : source;
}

/** What may be lost, or comes again by itself: dependencies, caches, logs, what is temporary. */
const PASSING =
  /(?:^|\/)(?:node_modules|vendor|bower_components|\.?venv|__pycache__|site-packages|gems|bundle|\.next|\.nuxt|\.yarn|\.npm|\.m2|\.gradle|\.?caches?|[\w-]+-cache|te?mp|logs?|run)(?:\/|$)/i;

export function isPassing(target: string): boolean {
  return PASSING.test(target);
}

/** Where programs keep what they call a cache, and some a database: a volume there was named on purpose. */
const KEPT_CACHE = /^\/(?:var\/cache|var\/tmp|tmp)\//;

/** Files of a site, each of which is written as a whole. */
const WRITTEN_ONCE =
  /(?:^|\/)(?:static|staticfiles|assets|media|mediafiles|uploads?|public|attachments|thumbnails?)\/?$/i;
/** Of the host's system. */
const SYSTEM = /^\/(?:$|(?:dev|proc|sys|run|var\/run|etc|usr|lib|lib64|boot|bin|sbin)(?:\/|$))/;
const CONFIGURATION =
  /\.(?:conf|cfg|cnf|ini|ya?ml|json|toml|xml|properties|env|hcl|rules|lua|template|tmpl|te?xt|html|[cm]?[jt]s|py|php|sh|sql|sock|socket|pem|crt|cert|key|pub|htpasswd|log)$/i;
const DATABASE_FILE = /\.(?:db|sqlite|sqlite3|mdb|bolt|rdb|duckdb)$/i;
const KEEPS_A_DIRECTORY = /(?:^|\/)(?:\.gitkeep|\.gitignore|\.keep|readme(?:\.\w+)?)$/i;
const BACKUP =
  /(?:^|[/_-])(?:[\w-]*backup[\w-]*|restic|borg(?:matic)?|duplicati|rclone|kopia|litestream)(?:[:@_-]|$)/i;

function isStorage(mount: Mount, service: Service, files: readonly string[]): boolean {
  const { source } = mount;
  const isKept = mount.kind === 'volume' && source !== undefined && KEPT_CACHE.test(mount.target);
  if (mount.readOnly || WRITTEN_ONCE.test(mount.target)) return false;
  if (PASSING.test(mount.target) && !isKept) return false;
  if (mount.kind === 'volume')
    return source !== undefined || !isRenewed(mount.target, service.binds);
  if (source === undefined || SYSTEM.test(source)) return false;
  if (DATABASE_FILE.test(source)) return true;
  // A single file that may be written to is a configuration, or a socket.
  return !CONFIGURATION.test(source) && !isOfRepository(source, files);
}

/** Source code that is mounted: it comes with each commit. */
function isOfRepository(source: string, files: readonly string[]): boolean {
  return (
    source === '' || files.some((file) => isWithin(file, source) && !KEEPS_A_DIRECTORY.test(file))
  );
}

/** What people keep: to a successor it goes on. */
const LOGS = /(?:^|\/)logs?(?:\/|$)/i;
/** What a build makes: below a bind of sources an anonymous volume keeps the image's in sight. */
const BUILT =
  /\/(?:dist|build|target|out|obj|bin|static|staticfiles|\.output|\.svelte-kit|public\/build)$/;

/** True for an anonymous volume whose files come with each image: there the old ones would hide the new. */
export function isRenewed(target: string, binds: readonly Bind[]): boolean {
  if (LOGS.test(target)) return false;
  if (PASSING.test(target)) return true;
  return BUILT.test(target) && binds.some((bind) => target.startsWith(`${bind.target}/`));
}

/** True where both mount the same files, or one mounts a directory of what the other does. */
export function overlaps(one: Mount, other: Mount, files: readonly string[]): boolean {
  if (one.kind !== other.kind || one.source === undefined || other.source === undefined)
    return false;
  if (one.kind === 'volume') return one.source === other.source;
  if (isWithin(other.source, one.source)) return true;
  // Who mounts the whole repository as source code does not share what lies in it.
  return isWithin(one.source, other.source) && !isOfRepository(other.source, files);
}

function isBackup(image: string): boolean {
  return BACKUP.test(image);
}

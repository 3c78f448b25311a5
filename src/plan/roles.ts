import type { Observation } from './observation.js';
import { readProxy, upstreamsInFiles } from './proxies/proxy.js';
import { isTraefikRouted } from './proxies/traefik.js';
import type { Upstream } from './proxies/upstream.js';
import type { Service, Stack } from './stack.js';

/** What may be done to a service. */
export const ROLES = ['routed', 'worker', 'singleton', 'data', 'proxy', 'direct', 'job'] as const;
export type Role = (typeof ROLES)[number];

export interface RoleDecision {
  readonly role: Role;
  /** Why, for the plan: a person must be able to correct it. */
  readonly reason: string;
}

export const ROLE_LABEL = 'resee.deploy.role';

const PROXY_IMAGE =
  /(?:^|\/)(?:nginx|nginx-unprivileged|openresty|caddy|traefik|haproxy|envoy)(?:[:@]|$)/;
const DATA_IMAGE =
  /(?:^|\/)(?:postgres|postgis|pgvector|timescaledb|mysql|mariadb|percona|mongo|redis|valkey|keydb|memcached|rabbitmq|nats|kafka|elasticsearch|opensearch|clickhouse-server|cassandra|influxdb|minio|etcd|qdrant|meilisearch|typesense|couchdb|neo4j)(?:[:@]|$)/;
/** Schedulers that must never run twice at once: each would fire every job. */
const SCHEDULER =
  /\bcelery\b.*\bbeat\b|celery-?beat|\bcelery\b.*\s(?:-B|--beat)(?:\s|$)|\b(?:rqscheduler|clockwork|supercronic|crond?|ofelia|schedule:work|rails\s+runner)\b/;
/** … and what people call them, where the command is in the image. */
const SCHEDULER_NAME = /(?:^|[-_])(?:celery)?(?:beat|scheduler|cron|clock)$/;

/**
 * The role of every service of the stack, and why.
 *
 * @param running by service: the kind of proxy that was seen running in its containers
 */
export function assignRoles(
  stack: Stack,
  upstreams: readonly Upstream[],
  running: ReadonlyMap<string, string> = new Map(),
): Record<string, RoleDecision> {
  const names = new Set(upstreams.map((upstream) => upstream.name));
  const awaited = new Set(
    Object.values(stack.services).flatMap((service) =>
      service.dependsOn
        .filter((dependency) => dependency.condition === 'service_completed_successfully')
        .map((dependency) => dependency.service),
    ),
  );
  // One image may serve several services, of which only one says how it is built.
  const built = new Set(
    Object.values(stack.services).flatMap(({ build, image }) => (build === undefined ? [] : image)),
  );
  return Object.fromEntries(
    Object.values(stack.services).map((service) => [
      service.name,
      roleOf(service, { names, awaited, built, running }),
    ]),
  );
}

interface Known {
  /** Where proxies send requests. */
  readonly names: ReadonlySet<string>;
  /** Services whose completion others wait for. */
  readonly awaited: ReadonlySet<string>;
  /** Images that the stack builds. */
  readonly built: ReadonlySet<string>;
  readonly running: ReadonlyMap<string, string>;
}

function roleOf(service: Service, known: Known): RoleDecision {
  const labelled = ROLES.find((role) => role === service.labels[ROLE_LABEL]);
  if (labelled !== undefined) return { role: labelled, reason: `label ${ROLE_LABEL}` };
  if (known.awaited.has(service.name)) {
    return { role: 'job', reason: 'others wait for its completion' };
  }
  if (service.publishes && PROXY_IMAGE.test(service.image)) {
    return { role: 'proxy', reason: `publishes ports, image ${service.image}` };
  }
  if (service.publishes && /\bnginx\b/.test(service.command.join(' '))) {
    return { role: 'proxy', reason: 'publishes ports, runs nginx' };
  }
  const seen = known.running.get(service.name);
  if (service.publishes && seen !== undefined) {
    return { role: 'proxy', reason: `publishes ports, runs ${seen}` };
  }
  const isForeign = service.build === undefined && !known.built.has(service.image);
  if (isForeign && DATA_IMAGE.test(service.image)) {
    return { role: 'data', reason: `image ${service.image}` };
  }
  const name = namesOf(service).find((candidate) => known.names.has(candidate));
  if (name !== undefined) return { role: 'routed', reason: `the proxy sends requests to ${name}` };
  if (isTraefikRouted(service)) {
    return { role: 'routed', reason: 'its labels tell Traefik to send it requests' };
  }
  if (service.publishes) return { role: 'direct', reason: 'publishes a port of the host' };
  if (isForeign && service.namedVolumes.length > 0) {
    return { role: 'data', reason: `keeps data in volume ${service.namedVolumes.join(', ')}` };
  }
  const command = service.command.join(' ');
  if (SCHEDULER.test(command) || (command === '' && SCHEDULER_NAME.test(service.name))) {
    return { role: 'singleton', reason: 'a scheduler: two would run every job twice' };
  }
  if (service.updateOrder === 'stop-first') {
    return { role: 'singleton', reason: 'deploy.update_config.order: stop-first' };
  }
  return { role: 'worker', reason: 'no proxy names it, no port' };
}

/** The names that other containers reach a service by. */
export function namesOf(service: Service | undefined): readonly string[] {
  if (service === undefined) return [];
  return [
    service.name,
    ...service.aliases,
    ...(service.containerName === undefined ? [] : [service.containerName]),
    ...service.numberedNames,
  ];
}

/** Where the proxies that run now, and those of the commit, send requests. */
export function upstreamsOf({ proxies, proxyFiles }: Observation): readonly Upstream[] {
  return [
    ...proxies.flatMap((proxy) => readProxy(proxy).upstreams),
    ...upstreamsInFiles(proxyFiles),
  ];
}

/** By service: the kind of proxy that runs in its containers. */
export function runningProxies({ proxies, containers }: Observation): ReadonlyMap<string, string> {
  return new Map(
    proxies.flatMap(({ containerId, kind }) => {
      const container = containers.find(({ id }) => id === containerId);
      return container === undefined ? [] : [[container.service, kind] as const];
    }),
  );
}

import type { Refusal } from '../plan/refusal.js';
import { isObject, listOf, objectOf, textOf, type JsonObject } from '../plan/compose/json.js';
import type { Translation } from './translation.js';
import { translateDeploy } from './deploy-keys.js';

/** What `docker stack deploy` is given of one service, beside its image. */
export interface Translated {
  readonly definition: JsonObject;
  readonly refusals: readonly Refusal[];
  /** What is left out, and changes little: for a person. */
  readonly notes: readonly string[];
}

/** Keys that mean the same to both. */
const SAME: ReadonlySet<string> = new Set([
  'command',
  'entrypoint',
  'hostname',
  'init',
  'read_only',
  'stop_signal',
  'stop_grace_period',
  'tty',
  'stdin_open',
  'user',
  'working_dir',
  'cap_add',
  'cap_drop',
  'sysctls',
  'dns',
  'dns_search',
  'ulimits',
  'tmpfs',
  'logging',
  'labels',
]);

/** Keys that say nothing of a container, or that are done before the stack is deployed. */
const OF_COMPOSE =
  /^(?:build|image|profiles|pull_policy|attach|develop|expose|env_file|platform|x-.*)$/;

/**
 * One service of a normalised Compose project, as `docker stack deploy` takes it. A key whose meaning would be
 * lost is refused: Swarm ignores such keys without a word, `privileged` and `security_opt` among them.
 */
export function translateService(name: string, service: JsonObject): Translated {
  const definition: Record<string, unknown> = {};
  const refusals: Refusal[] = [];
  const notes: string[] = [];
  for (const [key, value] of Object.entries(service)) {
    if (value === null || isEmpty(value) || OF_COMPOSE.test(key)) continue;
    if (SAME.has(key)) {
      definition[key] = value;
      continue;
    }
    const translate = TRANSLATED[key];
    if (translate === undefined) {
      refusals.push({
        what: `${name}: Docker Swarm ignores \`${key}\``,
        next: REMEDIES[key] ?? `Remove \`${key}\` from ${name}, or deploy with engine: compose.`,
      });
      continue;
    }
    const { set = {}, lost = [], note } = translate(value, service);
    for (const [place, text] of Object.entries(set))
      definition[place] = merged(definition[place], text);
    refusals.push(
      ...lost.map((what) => ({
        what: `${name}: ${what}`,
        next: `Change it in ${name}, or deploy with engine: compose.`,
      })),
    );
    if (note !== undefined) notes.push(`${name}: ${note}`);
  }
  return { definition, refusals, notes };
}

function isEmpty(value: unknown): boolean {
  return (
    (Array.isArray(value) && value.length === 0) ||
    (isObject(value) && Object.keys(value).length === 0)
  );
}

function merged(before: unknown, now: unknown): unknown {
  return isObject(before) && isObject(now) ? { ...before, ...now } : now;
}

const REMEDIES: Readonly<Record<string, string>> = {
  mem_limit: 'Say it as deploy.resources.limits.memory.',
  cpus: 'Say it as deploy.resources.limits.cpus.',
  mem_reservation: 'Say it as deploy.resources.reservations.memory.',
  links: 'Remove it: on a network of the stack the names of services resolve without.',
};

const TRANSLATED: Readonly<
  Record<string, ((value: unknown, service: JsonObject) => Translation) | undefined>
> = {
  environment: (value) => ({
    // What has no value here was not set for Compose either.
    set: {
      environment: Object.fromEntries(
        Object.entries(objectOf(value)).filter(([, each]) => each !== null),
      ),
    },
  }),
  extra_hosts: (value) => ({
    set: {
      extra_hosts: listOf(value).map((each) => (textOf(each) ?? '').replace('=', ':')),
    },
  }),
  depends_on: (value) => ({
    note: `Swarm does not wait for ${Object.keys(objectOf(value)).join(', ')} (depends_on): a task that fails without starts again`,
  }),
  container_name: (value) => ({
    note: `Swarm gives no container the name ${textOf(value) ?? ''} (container_name)`,
  }),
  restart: (value, service) =>
    // As for Compose, what stands below `deploy` counts.
    objectOf(service['deploy'])['restart_policy'] === undefined
      ? restartPolicy(textOf(value) ?? '')
      : {},
  scale: () => ({}),
  healthcheck: (value) => {
    const { start_interval: interval, ...check } = objectOf(value);
    return {
      set: { healthcheck: check },
      ...(interval === undefined ? {} : { note: 'healthcheck.start_interval is left out' }),
    };
  },
  configs: (value) => ({ set: { configs: listOf(value).map(objectOf).map(withMode) } }),
  secrets: (value) => ({ set: { secrets: listOf(value).map(objectOf).map(withMode) } }),
  ports: translatePorts,
  networks: translateNetworks,
  volumes: translateMounts,
  deploy: translateDeploy,
};

/** `docker stack deploy` takes a number, where Compose prints octal digits. */
function withMode({ mode, ...rest }: JsonObject): JsonObject {
  if (mode === undefined) return rest;
  return {
    ...rest,
    mode: typeof mode === 'string' ? Number.parseInt(mode.replace('0o', ''), 8) : mode,
  };
}

function restartPolicy(restart: string): Translation {
  const [, times] = /^on-failure(?::(\d+))?$/.exec(restart) ?? [];
  if (restart.startsWith('on-failure')) {
    const attempts = times === undefined ? {} : { max_attempts: Number(times) };
    return { set: { deploy: { restart_policy: { condition: 'on-failure', ...attempts } } } };
  }
  return restart === 'no'
    ? { lost: ['`restart: no` is a job, and this version deploys no jobs to a Swarm'] }
    : {};
}

function translatePorts(value: unknown): Translation {
  const ports = listOf(value).map(objectOf);
  const lost = ports.flatMap(({ host_ip: address, published }) => [
    ...(textOf(address) === undefined
      ? []
      : [`Swarm publishes a port on every address, also outside of ${textOf(address) ?? ''}`]),
    ...(/^\d*$/.test(textOf(published) ?? '') ? [] : ['a range of ports is not taken']),
  ]);
  return {
    lost,
    set: {
      ports: ports.map(({ target, published, protocol, mode }) => ({
        target,
        ...(textOf(published) === undefined ? {} : { published: Number(textOf(published)) }),
        protocol: protocol ?? 'tcp',
        mode: mode ?? 'ingress',
      })),
    },
  };
}

function translateNetworks(value: unknown): Translation {
  const networks = Object.entries(objectOf(value));
  const lost = networks.flatMap(([network, settings]) =>
    Object.keys(objectOf(settings))
      .filter((key) => key !== 'aliases' && key !== 'priority')
      .map((key) => `Swarm ignores networks.${network}.${key}`),
  );
  return {
    lost,
    set: {
      networks: Object.fromEntries(
        networks.map(([network, settings]) => {
          const { aliases } = objectOf(settings);
          return [network, aliases === undefined ? null : { aliases }];
        }),
      ),
    },
  };
}

const MOUNT_TYPES: ReadonlySet<string> = new Set(['bind', 'volume', 'tmpfs']);

function translateMounts(value: unknown): Translation {
  const mounts = listOf(value).map(objectOf);
  const lost = mounts
    .filter(
      ({ type, volume }) =>
        !MOUNT_TYPES.has(textOf(type) ?? '') || objectOf(volume)['subpath'] !== undefined,
    )
    .map(({ target }) => `Swarm does not mount ${textOf(target) ?? ''} in this way`);
  return {
    lost,
    set: {
      volumes: mounts.map(({ type, source, target, read_only: readOnly, bind, volume, tmpfs }) => {
        const { propagation } = objectOf(bind);
        const { nocopy } = objectOf(volume);
        const { size } = objectOf(tmpfs);
        return {
          type,
          ...(source === undefined ? {} : { source }),
          target,
          ...(readOnly === true ? { read_only: true } : {}),
          ...(propagation === undefined ? {} : { bind: { propagation } }),
          ...(nocopy === true ? { volume: { nocopy } } : {}),
          ...(size === undefined ? {} : { tmpfs: { size: Number(size) } }),
        };
      }),
    },
  };
}

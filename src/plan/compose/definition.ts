import { createHash, createHmac } from 'node:crypto';
import { canonical, isObject, objectOf, type JsonObject } from './json.js';

/**
 * A definition by places: `image`, `environment.NAME`, `build.args.NAME`, `healthcheck.test`. Lists are one
 * place each. The texts are canonical JSON, or what stands for one in a record.
 */
export type Places = Readonly<Record<string, string>>;

/**
 * The places of a definition as Compose has normalised it. What is empty says nothing, and is left out:
 * versions of Compose differ in that.
 */
export function placesOf(definition: JsonObject): Places {
  return Object.fromEntries(leavesOf(definition, ''));
}

/** Where a name without a value says something: a network that is joined, a model, a variable that is passed on. */
const NAMES = /^(?:networks|models|environment|build\.args)\.[^]/;

function leavesOf(value: unknown, place: string): readonly (readonly [string, string])[] {
  if (isObject(value) && Object.keys(value).length > 0) {
    return Object.entries(value).flatMap(([key, below]) =>
      leavesOf(below, place === '' ? key : `${place}.${key}`),
    );
  }
  const isEmpty = value === null || isObject(value) || (Array.isArray(value) && value.length === 0);
  if (value === undefined || (isEmpty && !NAMES.test(place))) return [];
  return [[place, isEmpty ? 'null' : canonical(value)]];
}

/** The places in which two definitions differ, sorted. */
export function differingPlaces(before: Places, after: Places): readonly string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((place) => before[place] !== after[place])
    .sort();
}

/**
 * What a change of a place means: another `image` may be built; another `container` is created; or
 * `nothing` of either, as Compose too makes no container anew for it, or leaves it to other engines.
 */
export type Meaning = 'image' | 'container' | 'nothing';

const OF_NO_CONTAINER =
  /^(?:depends_on|profiles|pull_policy|scale|attach|develop|x-[^.]*|deploy)(?:\.|$)/;
const OF_THE_CONTAINER = /^deploy\.(?:resources|restart_policy)(?:\.|$)/;

export function meaningOf(place: string): Meaning {
  if (/^build(?:\.|$)/.test(place)) return 'image';
  return OF_NO_CONTAINER.test(place) && !OF_THE_CONTAINER.test(place) ? 'nothing' : 'container';
}

/** The places of a definition as a record keeps them. */
export interface Fingerprint {
  /** The version of Compose that printed the definition. */
  readonly compose: string;
  /** Tells with which key the texts were made. */
  readonly key: string;
  /** In place of each text its HMAC: without the key nobody finds a short secret by trying. */
  readonly places: Places;
}

/** @param key of the host's state directory, secret */
export function fingerprintOf(
  { name, definition }: { readonly name: string; readonly definition: JsonObject },
  { compose, key }: { readonly compose: string; readonly key: string },
): Fingerprint {
  const places = Object.entries(placesOf(definition)).map(
    ([place, text]) => [place, mac(key, [name, place, text].join('\0'))] as const,
  );
  return { compose, key: keyName(key), places: Object.fromEntries(places) };
}

/** What a record says of the key that it was made with; two keys have two names. */
export function keyName(key: string): string {
  return mac(key, 'the name of this key').slice(0, 8);
}

function mac(key: string, text: string): string {
  return createHmac('sha256', key).update(text).digest('hex').slice(0, 24);
}

/** A place that tells of what a volume is made. */
export const OF_A_VOLUME = /^volume /;

/** What records of earlier versions left out of their digest. */
const NOT_IN_FORMER_DIGEST =
  /^(?:build|pull_policy|scale|depends_on|profiles|deploy|config |secret |volume )/;

/** The digest of a definition in records of earlier versions. */
export function formerDigest(definition: JsonObject): string {
  const kept = Object.entries(definition).filter(([key]) => !NOT_IN_FORMER_DIGEST.test(key));
  const { resources } = objectOf(definition['deploy']);
  const former = { ...Object.fromEntries(kept), ...(resources === undefined ? {} : { resources }) };
  return createHash('sha256').update(canonical(former)).digest('hex').slice(0, 32);
}

/** True for a place of which a digest of `formerDigest` says nothing. */
export function isUnknownToFormer(place: string): boolean {
  return NOT_IN_FORMER_DIGEST.test(place) && !place.startsWith('deploy.resources');
}

/**
 * The differences of two definitions, a line each, for a person to judge. What is not known to hold no secret is
 * named, never shown.
 */
export function differences(before: JsonObject, after: JsonObject): readonly string[] {
  const [old, now] = [placesOf(before), placesOf(after)];
  return differingPlaces(old, now).map(
    (place) => `${place}: ${shown(place, old[place])} → ${shown(place, now[place])}`,
  );
}

const words = (text: string): string => text.trim().split(/\s+/).join('|');

/** Keys whose values say how a container runs, and to whom it speaks. */
const SHOWN_KEYS = words(`
  image platform runtime restart container_name hostname domainname user group_add working_dir
  ports expose network_mode dns extra_hosts links external_links depends_on
  volumes volumes_from tmpfs read_only shm_size devices
  stop_signal stop_grace_period init tty stdin_open privileged cap_add cap_drop security_opt
  pid ipc uts userns_mode cgroup cgroup_parent ulimits sysctls oom_kill_disable oom_score_adj pids_limit
  mem_limit mem_reservation memswap_limit mem_swappiness cpus cpu_count cpu_percent cpu_shares cpu_period
  cpu_quota cpuset profiles pull_policy scale attach`);
/** Of others, those parts that no secret stands in. */
const SHOWN_PARTS = [
  /^networks\.[^.]+(?:\.(?:aliases|ipv[46]_address|link_local_ips|mac_address|priority|gw_priority))?$/,
  /^deploy\.(?:mode|replicas|endpoint_mode|update_config|rollback_config|restart_policy|placement|resources)(?:\.|$)/,
  /^healthcheck\.(?:interval|timeout|retries|start_period|start_interval|disable)$/,
  /^build\.(?:dockerfile|target|network|platforms|pull|no_cache)$/,
  /^logging\.driver$/,
  /^volume [^]+\.(?:name|driver|external)$/,
  /^network [^]+\.(?:name|driver|external|internal|attachable|enable_ipv[46]|ipam)(?:\.|$)/,
];
const SHOWN = [new RegExp(`^(?:${SHOWN_KEYS})(?:\\.|$)`), ...SHOWN_PARTS];

function shown(place: string, text: string | undefined): string {
  if (text === undefined) return '(none)';
  if (!SHOWN.some((pattern) => pattern.test(place))) return '(set)';
  const plain = /^"(.*)"$/.exec(text)?.[1] ?? text;
  return plain.length > 80 ? `${plain.slice(0, 77)}…` : plain;
}

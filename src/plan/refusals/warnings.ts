import { volumesTold } from '../steps/anonymous-volumes.js';
import { planBatches } from '../steps/batches.js';
import { listed } from '../changes/changes.js';
import { unprovenComposeFiles } from './container-writes.js';
import { aboutMissingBinds } from './missing-files.js';
import { mountsTold } from './mounted.js';
import { MOST_FILES } from './local-changes.js';
import type { Observation } from '../observation.js';
import type { Operation } from '../plan.js';
import type { ServicePlan } from '../service-plan.js';
import { withoutAccessLog } from '../proxies/access-logs.js';
import { readProxy, type ProxyReading } from '../proxies/proxy.js';

export interface WarningOptions {
  readonly soakMs: number;
  readonly drainTimeoutMs: number;
}

/** What a person should know before the plan is executed, and what mends it. */
export function warnings(
  observation: Observation,
  services: readonly ServicePlan[],
  operations: readonly Operation[],
  options: WarningOptions,
): readonly string[] {
  const { live } = observation;
  const rolled = services.filter(({ action }) => action === 'roll');
  const { why } = planBatches(observation, rolled);
  return [
    ...(live.modified.length === 0
      ? []
      : [
          `local changes on the host are kept, and are part of this release: ${listed(live.modified, MOST_FILES)}`,
        ]),
    ...unprovenComposeFiles(observation),
    ...aboutVariables(observation),
    ...aboutContexts(observation, operations),
    ...aboutPointers(observation),
    ...aboutMissingBinds(observation, services),
    ...(why === undefined ? [] : [why]),
    ...aboutAccessLogs(observation, operations),
    ...aboutConnections(operations),
    ...aboutReloads(observation, operations, options),
    ...services.flatMap((plan) =>
      [...plan.told, ...volumesTold(observation, plan), ...mountsTold(observation, plan)].map(
        (text) => `${plan.service}: ${text}`,
      ),
    ),
  ];
}

function aboutAccessLogs(
  observation: Observation,
  operations: readonly Operation[],
): readonly string[] {
  return withoutAccessLog(observation, operations).map(
    (name) =>
      `${name} (Caddy) writes no access log: what visitors get after the cutover is not judged, only what the health check asks. \`log\` in each site of the Caddyfile lets it`,
  );
}

function aboutVariables({ unset = [] }: Observation): readonly string[] {
  if (unset.length === 0) return [];
  return [
    `variables are used that are not set, and Compose takes them for empty: ${unset.join(', ')}. A dollar sign that begins no variable is written $$, or stands between single quotes in a file of variables`,
  ];
}

function aboutContexts(
  { uncopied }: Observation,
  operations: readonly Operation[],
): readonly string[] {
  const builds = operations.some((each) => each.kind === 'prepare-images' && each.verb === 'build');
  if (!builds || uncopied.length === 0) return [];
  return [
    `not tracked by git, and too large or not readable to be copied into the build's context: ${uncopied.slice(0, 10).join(', ')}. The build does not see them; list them in .dockerignore`,
  ];
}

function aboutPointers({ pointers }: Observation): readonly string[] {
  if (pointers.length === 0) return [];
  return [
    `files of Git LFS are not fetched, and the release holds the pointers in their place: ${listed(pointers, 10)}. Install git-lfs on the host (apt-get install git-lfs, dnf install git-lfs)`,
  ];
}

function aboutConnections(operations: readonly Operation[]): readonly string[] {
  const connected = operations.flatMap((operation) =>
    operation.kind === 'cutover' && operation.staysConnected ? [operation.proxyService] : [],
  );
  return [...new Set(connected)].map(
    (proxy) =>
      `${proxy} keeps connections to its upstreams: a POST that it sends just as an old container closes one is lost (about 1 in 5,000). With \`transport http { keepalive off }\` in reverse_proxy none is`,
  );
}

function aboutReloads(
  { proxies }: Observation,
  operations: readonly Operation[],
  { soakMs, drainTimeoutMs }: WarningOptions,
): readonly string[] {
  const reloaded = new Set(
    operations.flatMap((operation) =>
      operation.kind === 'cutover' && operation.reloads ? [operation.proxy] : [],
    ),
  );
  const read = proxies.filter(({ containerId }) => reloaded.has(containerId)).map(readProxy);
  const drainedAfterMs = soakMs + drainTimeoutMs;
  const cutting = read.flatMap(({ cutsStreamsAfterMs: afterMs }) =>
    afterMs !== undefined && afterMs < drainedAfterMs ? [seconds(afterMs)] : [],
  );
  return [
    // Where one holds its visitors' connections, theirs are those that count.
    ...(read.length > 0 && read.every(({ keepsIdleConnections }) => keepsIdleConnections !== true)
      ? [...new Set(read.map(closing))]
      : []),
    ...cutting.map(
      (after) =>
        `nginx cuts WebSockets and long requests ${after} after the cutover (worker_shutdown_timeout), before the drain is over: set it to more than soak and drain-timeout together (${seconds(drainedAfterMs)})`,
    ),
  ];
}

function closing({ keepsIdleConnections }: ProxyReading): string {
  const cost =
    'a reload closes idle keep-alive connections, and a request that is just on its way is lost (about 1 in 1,500)';
  return keepsIdleConnections === 'never'
    ? `${cost}: Caddy has no remedy for HTTP/1.1`
    : `${cost}. nginx 1.27.4 and later hold them open: set keepalive_min_timeout 10s; in the http block`;
}

function seconds(durationMs: number): string {
  return `${String(durationMs / 1000)} s`;
}

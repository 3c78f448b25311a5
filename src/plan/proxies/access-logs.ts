import { objectOf, textOf } from '../compose/json.js';
import type { Observation, ProxyFacts } from '../observation.js';
import type { Plan } from '../plan.js';
import { directivesIn, type Directive } from './nginx-directives.js';

/** A proxy whose access log tells what visitors get, and files of it in the container. */
export interface AccessLog {
  readonly proxy: string;
  readonly files: readonly string[];
}

/** Those of the proxies that the plan's cutovers move. */
export function accessLogs(
  { proxies, containers, wanted }: Observation,
  { operations }: Pick<Plan, 'operations'>,
): readonly AccessLog[] {
  const moved = new Set(
    operations.flatMap((operation) => (operation.kind === 'cutover' ? [operation.proxy] : [])),
  );
  const withdraws = operations.some(({ kind }) => kind === 'withdraw');
  const traefik = containers.filter(
    ({ service, running }) =>
      withdraws &&
      running &&
      /(?:^|\/)traefik(?:[:@]|$)/.test(wanted.services[service]?.image ?? ''),
  );
  return [
    ...proxies
      .filter((proxy) => moved.has(proxy.containerId) && logsRequests(proxy))
      .map((proxy) => ({ proxy: proxy.containerId, files: filesOf(proxy) })),
    ...traefik.map(({ id }) => ({ proxy: id, files: [] })),
  ];
}

/** Names of the Caddys that the plan's cutovers move, and that log errors alone: what visitors get is not known. */
export function withoutAccessLog(
  { proxies }: Observation,
  operations: Plan['operations'],
): readonly string[] {
  const moved = new Set(
    operations.flatMap((operation) => (operation.kind === 'cutover' ? [operation.proxy] : [])),
  );
  return proxies
    .filter((proxy) => moved.has(proxy.containerId) && !logsRequests(proxy))
    .map(({ name }) => name);
}

/** Without `log` in a site Caddy logs errors alone. Of one that does not tell its configuration nothing is known. */
function logsRequests({ kind, config }: ProxyFacts): boolean {
  if (kind !== 'caddy') return true;
  const { http } = objectOf(objectOf(parsed(config))['apps']);
  const servers = Object.values(objectOf(objectOf(http)['servers'])).map(objectOf);
  return servers.length === 0 || servers.some(({ logs }) => logs !== undefined);
}

function filesOf({ kind, config }: ProxyFacts): readonly string[] {
  const files = kind === 'nginx' ? nginxFiles(directivesIn(config)) : caddyFiles(config);
  // What the shell would split, or the container's own output.
  return [...new Set(files)].filter((file) => /^\/(?!dev\/)[\w./@:+-]+$/.test(file));
}

function nginxFiles(directives: readonly Directive[]): readonly string[] {
  return directives.flatMap(({ name, words: [word = ''], block }) => [
    ...(name === 'access_log' ? [word] : []),
    ...nginxFiles(block),
  ]);
}

function caddyFiles(config: string): readonly string[] {
  const logs = objectOf(objectOf(objectOf(parsed(config))['logging'])['logs']);
  return Object.values(logs).flatMap((log) => {
    const writer = objectOf(objectOf(log)['writer']);
    return writer['output'] === 'file' ? (textOf(writer['filename']) ?? []) : [];
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

import { portInside, type HealthTarget } from './health-host.js';
import type { Observation, ProxyFacts } from '../observation.js';
import type { Plan, Route } from '../plan.js';
import { caddyPass } from '../proxies/caddy-pass.js';
import { nginxPass } from '../proxies/nginx-pass.js';
import type { Pass, ProxyRequest } from '../proxies/pass.js';

/** What the health check will ask of the candidates of a service, once the proxy sends it to them. */
export interface Question {
  readonly service: string;
  /** The network that the proxy reaches them over. */
  readonly network: string;
  readonly port: number;
  /** Containers that are asked the same now. */
  readonly incumbents: readonly string[];
  /** The Host header that they get. */
  readonly host: string;
  /** Path and query. */
  readonly target: string;
}

/**
 * How candidates can be asked the health path before requests come to them: by the loaded configuration of
 * the proxies that the health check reaches. Nothing of a proxy that changes with this release: with its new
 * configuration it may ask something else.
 */
export function questionsOf(
  observation: Observation,
  { services, operations }: Pick<Plan, 'services' | 'operations'>,
  { url, host }: HealthTarget,
): readonly Question[] {
  const target = `${url.pathname}${url.search}`;
  return observation.proxies.flatMap((proxy) => {
    const front = services.find(({ incumbents }) => incumbents.includes(proxy.containerId));
    if (front !== undefined && !['keep', 'leave'].includes(front.action)) return [];
    const port = portInside(observation, proxy.containerId, url);
    if (port === undefined) return [];
    const pass = passOf(proxy, { port, host: host ?? url.host, path: url.pathname });
    return routesOf(operations, proxy).flatMap(({ service, network, names, incumbents }) =>
      (pass?.upstreams ?? [])
        .filter(({ name }) => names.includes(name))
        .slice(0, 1)
        .map((upstream) => ({
          service,
          network,
          port: upstream.port ?? 80,
          incumbents,
          host: pass?.host ?? '',
          target,
        })),
    );
  });
}

function passOf({ kind, config }: ProxyFacts, request: ProxyRequest): Pass | undefined {
  switch (kind) {
    case 'nginx':
      return nginxPass(config, request);
    case 'caddy':
      return caddyPass(config, request);
  }
}

function routesOf(operations: Plan['operations'], { containerId }: ProxyFacts): readonly Route[] {
  const cutovers = operations.filter((operation) => operation.kind === 'cutover');
  return cutovers.flatMap(({ proxy, paths, mounted, routes }) =>
    proxy === containerId && paths.length === 0 && mounted.length === 0
      ? routes.filter(({ incumbents }) => incumbents.length > 0)
      : [],
  );
}

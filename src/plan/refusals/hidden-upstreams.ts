import type { Container, Observation } from '../observation.js';
import { readProxy, upstreamsInFiles, type Obstacle } from '../proxies/proxy.js';
import { isTunnel, upstreamsOfTunnel } from '../proxies/tunnel.js';
import { ROLE_LABEL } from '../role.js';
import type { ServicePlan } from '../service-plan.js';
import type { Service } from '../compose/stack.js';
import { isQueueWorker } from '../roles/workers.js';

/** A worker perhaps only because what stands before it did not tell where it sends requests, or not all of it. */
export function changedUnseen(
  observation: Observation,
  services: readonly ServicePlan[],
  { service, incumbents, action, single }: ServicePlan,
): readonly Obstacle[] {
  const { wanted, proxies, proxyFiles } = observation;
  const definition = wanted.services[service];
  if (definition === undefined || definition.labels[ROLE_LABEL] !== undefined) return [];
  if (isTunnel(definition)) return action === 'replace' ? replacedTunnel(service, single) : [];
  const networks = networksOf(observation, incumbents);
  const otherwise = `Where nothing sends ${service} requests, label it ${ROLE_LABEL}: worker. Or accept failed requests for the moment of the change: allow-downtime: true.`;
  const near = proxies.filter(
    (proxy) =>
      !incumbents.includes(proxy.containerId) &&
      proxy.networks.some((network) => networks.has(network)),
  );
  const ofProxies = near.flatMap((proxy) => {
    const { name, kind, config } = proxy;
    const what = `${service} may be behind ${name}, and where that sends requests is not known: `;
    if (config.trim() === '')
      return upstreamsInFiles(proxyFiles, kind).length > 0
        ? []
        : [
            {
              what: `${what}its configuration could not be read`,
              next: `See what \`docker exec ${name} ${READ_BY[kind]}\` says on the host, and run the workflow again. ${otherwise}`,
            },
          ];
    const [target] = readProxy(proxy).unreadable;
    return target === undefined
      ? []
      : [
          {
            what: `${what}its configuration says ${target}`,
            next: `Let it name there what it sends requests to, as the Compose file does. ${otherwise}`,
          },
        ];
  });
  const tunnel = silentTunnel(observation, services, { definition, networks });
  const ofTunnel =
    tunnel === undefined
      ? []
      : [
          {
            what: `${service} may be behind ${tunnel}, and where that sends requests is not known: neither the Compose file nor another one of the commit says it`,
            next: `Let the tunnel send all requests to an nginx or a Caddy of the stack: that can be told of new containers. ${otherwise}`,
          },
        ];
  return [...ofProxies, ...ofTunnel];
}

function replacedTunnel(service: string, single: string | undefined): readonly Obstacle[] {
  return [
    {
      what: `${service} lets requests in, and none come while it is replaced: ${single ?? 'there may be only one'}`,
      next: 'Remove that from the Compose file: two containers of a tunnel may run at once. Or accept the gap, the time that it takes to stop and start, a few seconds: allow-downtime: true.',
    },
  ];
}

const READ_BY = {
  nginx: 'nginx -T',
  caddy: 'caddy adapt --config /etc/caddy/Caddyfile',
} as const;

/**
 * A tunnel that may send a service requests, where nothing says to whom it sends them: the other end may know it
 * alone. It is taken to send them to the stack's proxy, where there is one.
 */
function silentTunnel(
  { wanted, proxies, proxyFiles, containers }: Observation,
  services: readonly ServicePlan[],
  {
    definition,
    networks,
  }: { readonly definition: Service; readonly networks: ReadonlySet<string> },
): string | undefined {
  if (isQueueWorker(definition)) return undefined;
  if (upstreamsInFiles(proxyFiles, 'tunnel').length > 0) return undefined;
  const own = services.filter(({ incumbents }) =>
    [...networksOf({ containers }, incumbents)].some((network) => networks.has(network)),
  );
  const tunnel = own.find(({ service }) => {
    const other = wanted.services[service];
    return other !== undefined && isTunnel(other) && upstreamsOfTunnel(other).length === 0;
  });
  if (tunnel === undefined) return undefined;
  const passing = new Set(
    proxies
      .filter((proxy) => readProxy(proxy).upstreams.length > 0)
      .map(({ containerId }) => containerId),
  );
  const isProxy = ({ role, incumbents }: ServicePlan): boolean =>
    role === 'proxy' || incumbents.some((id) => passing.has(id));
  const fronts = own.filter(isProxy);
  const isMeant = fronts.length === 0 || fronts.some(({ service }) => service === definition.name);
  return isMeant ? tunnel.service : undefined;
}

function networksOf(
  { containers }: { readonly containers: readonly Container[] },
  ids: readonly string[],
): ReadonlySet<string> {
  return new Set(
    containers.filter(({ id }) => ids.includes(id)).flatMap((each) => Object.keys(each.networks)),
  );
}

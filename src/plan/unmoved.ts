import { namesOn } from './network-names.js';
import type { Observation, ProxyFacts } from './observation.js';
import type { CutoverOperation, Operation } from './plan.js';
import { STAYS, type ServicePlan } from './service-plan.js';
import type { Refusal } from './gaps.js';
import { readProxy } from './proxies/proxy.js';

/**
 * Proxies that go on sending requests to incumbents that the plan retires: by what they have loaded, and
 * by the cutovers that the plan holds, however it came to them. A plan with one of these ends with
 * requests to an address where nothing answers, so it is never executed.
 */
export function unmovedProxies(
  observation: Observation,
  services: readonly ServicePlan[],
  operations: readonly Operation[],
): readonly Refusal[] {
  const cutovers = operations.filter((operation) => operation.kind === 'cutover');
  return services
    .filter(({ action, incumbents }) => action === 'roll' && incumbents.length > 0)
    .flatMap((rolled) =>
      observation.proxies
        .filter((proxy) => sendsTo(observation, proxy, rolled))
        .filter((proxy) => !isMoved(proxy, rolled, { services, cutovers }))
        .map((proxy) => ({
          what: `${proxy.name} sends requests to ${rolled.service}, and this action found no way to move them to the new containers: they would fail`,
          next: `Nothing was changed. In the configuration of ${proxy.name}, name it as the Compose file does: ${rolled.service}. Or, with failed requests, replace it on the host by hand: docker compose up -d ${rolled.service}. That this was not seen before is a fault of this action: please report it, with the plan above.`,
        })),
    );
}

function sendsTo(observation: Observation, proxy: ProxyFacts, rolled: ServicePlan): boolean {
  const { upstreams, obstacle } = readProxy(proxy);
  const used = new Set(
    upstreams.map(({ name }) => name).filter((name) => obstacle(name) === undefined),
  );
  return observation.containers
    .filter(({ id }) => rolled.incumbents.includes(id))
    .some((container) =>
      proxy.networks.some((network) => namesOn(container, network).some((name) => used.has(name))),
    );
}

interface Plans {
  readonly services: readonly ServicePlan[];
  readonly cutovers: readonly CutoverOperation[];
}

function isMoved(
  { containerId }: ProxyFacts,
  { service }: ServicePlan,
  { services, cutovers }: Plans,
): boolean {
  const own = services.find(({ incumbents }) => incumbents.includes(containerId));
  // It passes requests on to itself, or goes without a successor.
  if (own?.service === service || own?.action === 'remove') return true;
  const stays = own === undefined || STAYS.has(own.action);
  return cutovers.some(
    ({ proxy, proxyService, routes }) =>
      (stays ? proxy === containerId : proxyService === own.service) &&
      routes.some((route) => route.service === service),
  );
}

import { namesLeft } from '../changes/upstream-names.js';
import { namesOn, networksOf } from '../compose/network-names.js';
import type { Observation, ProxyFacts } from '../observation.js';
import type { CutoverOperation, Operation } from '../plan.js';
import { STAYS, type Action, type ServicePlan } from '../service-plan.js';
import type { Refusal } from '../refusal.js';
import { readProxy } from '../proxies/proxy.js';
import { goneName } from '../changes/removed-upstreams.js';

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
    .filter(({ action, incumbents }) => GOING.has(action) && incumbents.length > 0)
    .flatMap((going) =>
      observation.proxies
        .filter((proxy) => sendsTo(observation, services, proxy, going))
        .filter((proxy) => !isMoved(proxy, going, { services, operations, cutovers }))
        // That says what is wrong.
        .filter((proxy) => goneName(observation, services, { plan: going, proxy }) === undefined)
        .map(
          (proxy) =>
            leavingNetwork(observation, proxy, going) ?? {
              what: `${proxy.name} sends requests to ${going.service}, and this action found no way to move them to the new containers: they would fail`,
              next: `Nothing was changed. In the configuration of ${proxy.name}, name it as the Compose file does: ${going.service}. Or, with failed requests, replace it on the host by hand: docker compose up -d ${going.service}. That this was not seen before is a fault of this action: please report it, with the plan above.`,
            },
        ),
    );
}

/** Why a service cannot be reached afterwards by a proxy that stays: it leaves the network that both are on. */
function leavingNetwork(
  { wanted, containers }: Observation,
  proxy: ProxyFacts,
  { service, incumbents }: ServicePlan,
): Refusal | undefined {
  const after = networksOf(wanted, service);
  const shared = containers
    .filter(({ id }) => incumbents.includes(id))
    .flatMap(({ networks }) => Object.keys(networks))
    .filter((network) => proxy.networks.includes(network));
  const [network] = shared;
  if (network === undefined || shared.some((each) => after.includes(each))) return undefined;
  return {
    what: `${service} leaves the network ${network}, over which ${proxy.name} sends it requests: they would fail`,
    next: `Leave ${service} on it with this commit, and add the new network beside it. Once ${proxy.name} is on the new one too, take the old one away with another commit.`,
  };
}

const GOING: ReadonlySet<Action> = new Set(['roll', 'replace']);

function sendsTo(
  observation: Observation,
  services: readonly ServicePlan[],
  proxy: ProxyFacts,
  going: ServicePlan,
): boolean {
  const { upstreams, obstacle, resolvesOnce, resolvesAtEachConnection } = readProxy(proxy);
  // The old containers have gone when the new ones come.
  if (going.action === 'replace' && resolvesAtEachConnection) return false;
  const loaded = upstreams
    .map(({ name }) => name)
    .filter((name) => resolvesOnce(name) || obstacle(name) === undefined);
  const left = going.action === 'replace' ? namesLeft(observation, services, proxy) : undefined;
  const used = new Set(loaded.filter((name) => left?.has(name) !== false));
  return observation.containers
    .filter(({ id }) => going.incumbents.includes(id))
    .some((container) =>
      proxy.networks.some((network) => namesOn(container, network).some((name) => used.has(name))),
    );
}

interface Plans {
  readonly services: readonly ServicePlan[];
  readonly operations: readonly Operation[];
  readonly cutovers: readonly CutoverOperation[];
}

function isMoved(
  { containerId }: ProxyFacts,
  { service }: ServicePlan,
  { services, operations, cutovers }: Plans,
): boolean {
  const own = services.find(({ incumbents }) => incumbents.includes(containerId));
  // It passes requests on to itself, or goes without a successor.
  if (own?.service === service || own?.action === 'remove') return true;
  // A proxy that starts after the new containers resolves their names then.
  const replaced = operations.flatMap((each) => (each.kind === 'replace' ? each.service : []));
  const [before, after] = [replaced.indexOf(service), replaced.indexOf(own?.service ?? '')];
  if (before >= 0 && before < after) return true;
  const stays = own === undefined || STAYS.has(own.action);
  return cutovers.some(
    ({ proxy, proxyService, routes }) =>
      (stays ? proxy === containerId : proxyService === own.service) &&
      routes.some((route) => route.service === service),
  );
}

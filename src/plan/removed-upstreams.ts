import type { Refusal } from './gaps.js';
import { namesLeft } from './names-left.js';
import { namesOn } from './network-names.js';
import type { Container, Observation, ProxyFacts } from './observation.js';
import { readProxy, upstreamsInFiles } from './proxies/proxy.js';
import { namesOf } from './roles.js';
import type { ServicePlan } from './service-plan.js';

/** Services that go while a proxy that stays still sends them requests, by what it has loaded or will load. */
export function removedUpstreams(
  observation: Observation,
  services: readonly ServicePlan[],
): readonly Refusal[] {
  const kept = new Set(
    services
      .filter(({ action }) => action !== 'remove')
      .flatMap(({ service }) => namesOf(observation.wanted.services[service])),
  );
  return services
    .filter(({ action, incumbents }) => action === 'remove' && incumbents.length > 0)
    .flatMap(({ service, incumbents, why }) =>
      observation.proxies.flatMap((proxy) => {
        const going = observation.containers.filter(({ id }) => incumbents.includes(id));
        const named = namesLeft(observation, services, proxy);
        const name = namesTo(proxy, going).find((each) => named.has(each) && !kept.has(each));
        if (name === undefined) return [];
        return [
          {
            what: `${service} goes (${why}), and ${proxy.name} would go on sending requests to ${name}: they would fail${readProxy(proxy).resolvesOnce(name) ? ', and nginx does not start again with a name that is gone' : ''}`,
            next: isOfCommit(observation, proxy, name)
              ? `Take ${name} out of the configuration of ${proxy.name} in the same commit, or in one before.`
              : `Take ${name} out of the configuration of ${proxy.name} first, and run the workflow again: no file of the commit says it, so that is done on the host, or wherever it is configured.`,
          },
        ];
      }),
    );
}

/** The proxy that sends requests to one of these containers, by a name that no service has; undefined: none. */
export function proxyOf(
  { proxies, wanted }: Observation,
  containers: readonly Container[],
): ProxyFacts | undefined {
  const kept = new Set(Object.values(wanted.services).flatMap(namesOf));
  return proxies.find((proxy) => {
    const used = new Set(readProxy(proxy).upstreams.map(({ name }) => name));
    return namesTo(proxy, containers).some((name) => used.has(name) && !kept.has(name));
  });
}

/** What a proxy may call them. */
function namesTo({ networks }: ProxyFacts, containers: readonly Container[]): readonly string[] {
  return containers.flatMap((each) => networks.flatMap((network) => namesOn(each, network)));
}

/** True where a file of the commit, or a variable of the proxy's service, says the name. */
function isOfCommit(
  { containers, wanted, proxyFiles }: Observation,
  { containerId, kind }: ProxyFacts,
  name: string,
): boolean {
  const own = containers.find(({ id }) => id === containerId)?.service ?? '';
  const { environment, command } = wanted.services[own]?.definition ?? {};
  return (
    upstreamsInFiles(proxyFiles, kind).some((upstream) => upstream.name === name) ||
    JSON.stringify([environment, command]).includes(name)
  );
}

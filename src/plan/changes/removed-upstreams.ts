import type { Refusal } from '../refusal.js';
import { namesLeft } from './upstream-names.js';
import { namesOn } from '../compose/network-names.js';
import type { Container, Observation, ProxyFacts } from '../observation.js';
import { readProxy, upstreamsInFiles } from '../proxies/proxy.js';
import { namesOf } from '../roles/roles.js';
import type { ServicePlan } from '../service-plan.js';
import type { Service } from '../compose/stack.js';

/**
 * Names that nothing answers to once the plan is done, and that a proxy goes on sending requests to, by what it has
 * loaded or will load: of services that go, or whose new containers have other names. No gap that can be accepted, as
 * it has no end.
 */
export function removedUpstreams(
  observation: Observation,
  services: readonly ServicePlan[],
): readonly Refusal[] {
  return services.flatMap((plan) =>
    observation.proxies.flatMap((proxy) => {
      const name = goneName(observation, services, { plan, proxy });
      return name === undefined ? [] : [refusalOf(observation, plan, proxy, name)];
    }),
  );
}

/** A name of a service's containers that the proxy goes on using, and that nothing answers to then; undefined: none. */
export function goneName(
  observation: Observation,
  services: readonly ServicePlan[],
  { plan, proxy }: { readonly plan: ServicePlan; readonly proxy: ProxyFacts },
): string | undefined {
  if (!isGoing(plan) || plan.incumbents.includes(proxy.containerId)) return undefined;
  const kept = new Set(services.flatMap((each) => namesAfter(observation, each)));
  const named = namesLeft(observation, services, proxy);
  return namesBefore(observation, plan, proxy).find((each) => named.has(each) && !kept.has(each));
}

/** True where containers of it go. What may turn out to be kept is asked again once the images are there. */
function isGoing({ action, incumbents, ifImageChanges }: ServicePlan): boolean {
  const isRenewed = (action === 'roll' || action === 'replace') && !ifImageChanges;
  return incumbents.length > 0 && (action === 'remove' || isRenewed);
}

/** The number of a container is another one with each deploy. */
function namesAfter({ wanted }: Observation, plan: ServicePlan): readonly string[] {
  if (plan.action === 'remove') return [];
  const service = wanted.services[plan.service];
  const names = namesOf(service);
  return isGoing(plan) ? names.filter((name) => !isNumbered(service, name)) : names;
}

function isNumbered(service: Service | undefined, name: string): boolean {
  return service?.containerName !== name && service?.numberedNames.includes(name) === true;
}

function namesBefore(
  { containers, wanted }: Observation,
  { service, incumbents }: ServicePlan,
  proxy: ProxyFacts,
): readonly string[] {
  const going = containers.filter(({ id }) => incumbents.includes(id));
  return [...namesTo(proxy, going), ...(wanted.services[service]?.numberedNames ?? [])];
}

function refusalOf(
  observation: Observation,
  { service, action, why }: ServicePlan,
  proxy: ProxyFacts,
  name: string,
): Refusal {
  const fail = `they would fail${readProxy(proxy).resolvesOnce(name) ? ', and nginx does not start again with a name that is gone' : ''}`;
  const goesOn = `${proxy.name} would go on sending requests to ${name}: ${fail}`;
  const isInCommit = isOfCommit(observation, proxy, name);
  const first =
    ' first, and run the workflow again: no file of the commit says it, so that is done on the host, or wherever it is configured.';
  if (isNumbered(observation.wanted.services[service], name)) {
    return {
      what: `${proxy.name} sends its requests to ${name}, which is the name of one container, and changes with each deploy of ${service}: ${fail}`,
      next: `Let it use the name of the service: ${service}${isInCommit ? '.' : first}`,
    };
  }
  if (action !== 'remove') {
    return {
      what: `${service} would not be called ${name} any more (${why}), and ${goesOn}`,
      next: `Keep ${name} as one of its aliases (networks: …: aliases), or name another one in the configuration of ${proxy.name}${isInCommit ? ' in the same commit.' : first}`,
    };
  }
  return {
    what: `${service} goes (${why}), and ${goesOn}`,
    next: `Take ${name} out of the configuration of ${proxy.name}${isInCommit ? ' in the same commit, or in one before.' : first}`,
  };
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

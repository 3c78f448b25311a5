import { changesFor } from './changes.js';
import type { Refusal } from './gaps.js';
import { namesOn } from './network-names.js';
import type { Observation, ProxyFacts } from './observation.js';
import { readProxy, upstreamsInFiles } from './proxies/proxy.js';
import { namesOf } from './roles.js';
import type { ServicePlan } from './service-plan.js';
import { isWithin } from './stack.js';

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
        const names = observation.containers
          .filter(({ id }) => incumbents.includes(id))
          .flatMap((each) => proxy.networks.flatMap((network) => namesOn(each, network)));
        const named = namesLeft(observation, services, proxy);
        const name = names.find((each) => named.has(each) && !kept.has(each));
        if (name === undefined) return [];
        return [
          {
            what: `${service} goes (${why}), and ${proxy.name} would go on sending requests to ${name}: they would fail, and nginx does not start again with a name that is gone`,
            next: `Take ${name} out of the configuration of ${proxy.name} in the same commit, or in one before.`,
          },
        ];
      }),
    );
}

/** The names that a proxy uses once the plan is done; none where it goes, or where its new files are not known. */
function namesLeft(
  observation: Observation,
  services: readonly ServicePlan[],
  proxy: ProxyFacts,
): ReadonlySet<string> {
  const own = services.find(({ incumbents }) => incumbents.includes(proxy.containerId));
  if (own?.action === 'remove') return new Set();
  const definition = own && observation.wanted.services[own.service];
  const places = [
    ...(definition?.binds ?? []).map(({ source }) => source),
    ...(definition?.build?.inputs ?? []),
  ];
  const files = Object.entries(observation.proxyFiles).filter(([path]) =>
    places.some((place) => isWithin(path, place)),
  );
  const stays = own === undefined || own.action === 'keep' || own.action === 'leave';
  const isUnchanged =
    own !== undefined &&
    !changesFor(observation, own.service).some(({ path }) =>
      places.some((place) => isWithin(path, place)),
    );
  const loaded = stays || (isUnchanged && own.action === 'reload');
  return new Set(
    [
      ...(loaded ? readProxy(proxy).upstreams : []),
      ...upstreamsInFiles(Object.fromEntries(files), proxy.kind),
    ].map(({ name }) => name),
  );
}

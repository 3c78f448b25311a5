import type { Container, Observation, StorageContents } from '../observation.js';
import { readProxy, upstreamsInFiles } from '../proxies/proxy.js';
import { isTunnel, upstreamsOfTunnel } from '../proxies/tunnel.js';
import type { Upstream } from '../proxies/upstream.js';
import { socketServices, type SocketServices } from './sockets.js';

/** What is known of a stack beside its Compose file. */
export interface Evidence {
  /** By service: the kind of proxy that was seen running in its containers. */
  readonly proxies: ReadonlyMap<string, string>;
  readonly containers: readonly Container[];
  /** Every file of the commit. */
  readonly files: readonly string[];
  /** Where files of the commit send requests. */
  readonly committed: readonly Upstream[];
  readonly storage: readonly StorageContents[];
  /** Unix sockets that a proxy sends requests to. */
  readonly sockets: SocketServices;
}

export const NO_EVIDENCE: Evidence = {
  proxies: new Map(),
  containers: [],
  files: [],
  committed: [],
  storage: [],
  sockets: { listening: new Map(), possible: new Map() },
};

/** Where the proxies that run now, and those of the commit, send requests. */
export function upstreamsOf(observation: Observation): readonly Upstream[] {
  const { proxies } = observation;
  return [
    ...proxies.flatMap((proxy) => readProxy(proxy).upstreams).map(byName(observation)),
    ...committedUpstreams(observation),
  ];
}

/** Where the commit says that requests go: in files, and in the Compose file. */
function committedUpstreams({
  wanted,
  proxyFiles,
}: Pick<Observation, 'wanted' | 'proxyFiles'>): readonly Upstream[] {
  const tunnels = Object.values(wanted.services).filter(isTunnel);
  return [...upstreamsInFiles(proxyFiles), ...tunnels.flatMap(upstreamsOfTunnel)];
}

/** The tunnels of the stack that are known to send a service requests. */
export function tunnelsTo(
  { wanted, proxyFiles }: Pick<Observation, 'wanted' | 'proxyFiles'>,
  names: readonly string[],
): ReadonlySet<string> {
  const inFiles = upstreamsInFiles(proxyFiles, 'tunnel');
  const tunnels = Object.values(wanted.services)
    .filter(isTunnel)
    .filter((tunnel) =>
      [...upstreamsOfTunnel(tunnel), ...inFiles].some(({ name }) => names.includes(name)),
    );
  return new Set(tunnels.map(({ name }) => name));
}

/** A proxy that somebody configures by the containers that run (nginx-proxy) knows only their addresses. */
function byName({ containers }: Observation): (upstream: Upstream) => Upstream {
  const services = new Map(
    containers.flatMap(({ service, networks }) =>
      Object.values(networks).flatMap(({ addresses }) =>
        addresses.map((address) => [address, service] as const),
      ),
    ),
  );
  return ({ name, port }) => ({ name: services.get(name) ?? name, port });
}

/** What the roles take from an observation. */
export function seenIn(observation: Observation): Evidence {
  const { containers, commit, storage } = observation;
  return {
    proxies: runningProxies(observation),
    containers,
    files: commit.files,
    committed: committedUpstreams(observation),
    storage,
    sockets: socketServices(observation),
  };
}

function runningProxies({ proxies, containers }: Observation): ReadonlyMap<string, string> {
  return new Map(
    proxies.flatMap(({ containerId, kind }) => {
      const container = containers.find(({ id }) => id === containerId);
      return container === undefined ? [] : [[container.service, kind] as const];
    }),
  );
}

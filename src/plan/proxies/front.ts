import type { Service } from '../compose/stack.js';
import { isTunnel, upstreamsOfTunnel } from './tunnel.js';

/** The tunnel that a proxy of the stack takes requests from; undefined: there is none, or it sends them elsewhere. */
export function tunnelBefore(
  { name, networks }: Service,
  services: readonly Service[],
): string | undefined {
  return services.find((tunnel) => {
    if (!isTunnel(tunnel) || !tunnel.networks.some((network) => networks.includes(network)))
      return false;
    const upstreams = upstreamsOfTunnel(tunnel);
    return upstreams.length === 0 || upstreams.some((upstream) => upstream.name === name);
  })?.name;
}

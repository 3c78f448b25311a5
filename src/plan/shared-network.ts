import { textOf } from './json.js';
import type { Role } from './role.js';
import type { Service } from './stack.js';

const LOCAL = ['localhost', '127.0.0.1'];

/**
 * Why a service that is in the network of another one may get requests that are sent there; undefined: nothing shows
 * that.
 *
 * @param upstreams names that proxies send requests to
 */
export function requestsThrough(
  { definition, joins: [joined] }: Service,
  roles: ReadonlyMap<string, Role>,
  upstreams: ReadonlySet<string>,
): string | undefined {
  const mode = textOf(definition['network_mode']) ?? '';
  if (joined === undefined || !/^(?:service|container):/.test(mode)) return undefined;
  switch (roles.get(joined)) {
    case 'direct':
      return `it is in the network of ${joined}, which publishes a port of the host`;
    case 'routed':
      return `it is in the network of ${joined}, which the proxy sends requests to`;
    case 'proxy':
      return LOCAL.some((name) => upstreams.has(name))
        ? `it is in the network of ${joined}, which sends requests to itself`
        : undefined;
    default:
      return undefined;
  }
}

import { isTraefikRouted } from '../compose/traefik-labels.js';
import { ROLE_LABEL } from '../role.js';
import type { Evidence } from './evidence.js';
import type { Service } from '../compose/stack.js';

export const WHERE_ROUTED = `: where it takes requests, set ${ROLE_LABEL}: routed`;

/**
 * What may make a service a routed one after all, and is not enough: for a person, at the end of a reason. Empty:
 * nothing.
 *
 * @param isNamed a running proxy names it, and the commit does not
 */
export function doubtsOf(service: Service, isNamed: boolean, { sockets }: Evidence): string {
  const socket = sockets.possible.get(service.name);
  const doubts = [
    isNamed ? 'only a running proxy names it' : [],
    !isNamed && isTraefikRouted(service) ? 'of Traefik it says `traefik.enable` alone' : [],
    socket === undefined ? [] : `it is one of several that may listen at the socket ${socket}`,
  ].flat();
  return doubts.length === 0 ? '' : `; ${doubts.join(', and ')}${WHERE_ROUTED}`;
}

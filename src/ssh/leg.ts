import type { ConnectionInputs, LoginInputs } from '../inputs.js';
import { knownHostsName } from './known-hosts.js';

/** One SSH login on the way: to a jump host, or, the last, to the host. */
export interface Leg {
  readonly login: LoginInputs;
  readonly connectTimeoutMs: number;
  /** How errors call the machine. */
  readonly called: 'host' | 'jump host';
  /** Before the names of the inputs that say how to log in there. */
  readonly inputPrefix: '' | 'jump-';
  /** `user@host` of each jump host before it. */
  readonly via: readonly string[];
}

/** The logins in their order: the jump hosts, then the host. */
export function legsOf(inputs: ConnectionInputs): readonly [...Leg[], Leg] {
  const { jumpHosts, connectTimeoutMs } = inputs;
  const via = jumpHosts.map(addressOf);
  const hops = jumpHosts.map((login, index): Leg => ({
    login,
    connectTimeoutMs,
    called: 'jump host',
    inputPrefix: 'jump-',
    via: via.slice(0, index),
  }));
  return [...hops, { login: inputs, connectTimeoutMs, called: 'host', inputPrefix: '', via }];
}

/** `user@host`, with its port where that is not 22. */
export function addressOf({ username, host, port }: LoginInputs): string {
  return `${username}@${knownHostsName(host, port)}`;
}

/** Where a leg leads, and through which jump hosts. */
export function whereOf({ login, via }: Leg): string {
  return via.length === 0 ? addressOf(login) : `${addressOf(login)} through ${via.join(', ')}`;
}

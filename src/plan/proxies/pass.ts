import type { Upstream } from './upstream.js';

/** A request as it comes to a proxy's container. */
export interface ProxyRequest {
  readonly port: number;
  /** The Host header. */
  readonly host: string;
  readonly path: string;
}

/** Where a proxy sends a request as it is, over plain HTTP and with the same path. */
export interface Pass {
  /** One of these gets it. */
  readonly upstreams: readonly Upstream[];
  /** The Host header that they get. */
  readonly host: string;
}

/** The name in a Host header, without its port. */
export function hostnameOf(host: string): string {
  return host.replace(/:\d+$/, '').toLowerCase();
}

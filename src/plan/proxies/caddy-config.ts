import { isObject, listOf, objectOf, textOf } from '../json.js';
import { parseAddress, type Upstream } from './upstream.js';

/** What the loaded configuration of a Caddy (its JSON) says about where requests go. */
export interface CaddyConfig {
  readonly upstreams: readonly Upstream[];
  /** True where upstreams are looked up while it runs, by a resolver of their own. */
  readonly looksUp: boolean;
  /** True where it keeps idle connections to its upstreams, and sends later requests on them. */
  readonly keepsConnections: boolean;
  /** True where `admin off` leaves no way to tell it anything. */
  readonly adminOff: boolean;
}

/** Reads Caddy's JSON, as its admin API and `caddy adapt` give it; of anything else: nothing. */
export function parseCaddyConfig(text: string): CaddyConfig {
  const config = parsed(text);
  const upstreams: Upstream[] = [];
  let looksUp = false;
  let keepsConnections = false;
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    if (!isObject(value)) return;
    if (value['upstreams'] !== undefined) {
      const keepAlive = objectOf(objectOf(value['transport'])['keep_alive']);
      keepsConnections ||= keepAlive['enabled'] !== false;
    }
    for (const upstream of listOf(value['upstreams'])) {
      const dial = isObject(upstream) ? textOf(upstream['dial']) : undefined;
      const address = dial === undefined ? undefined : parseAddress(dial);
      if (address !== undefined) upstreams.push(address);
    }
    if (value['dynamic_upstreams'] !== undefined) looksUp = true;
    Object.values(value).forEach(visit);
  };
  visit(config);
  const admin = isObject(config) && isObject(config['admin']) ? config['admin'] : {};
  return { upstreams, looksUp, keepsConnections, adminOff: admin['disabled'] === true };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

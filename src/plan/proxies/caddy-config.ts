import { isObject, listOf, objectOf, textOf, type JsonObject } from '../compose/json.js';
import { parseAddress, type Upstream } from './upstream.js';

/** What the loaded configuration of a Caddy (its JSON) says about where requests go. */
export interface CaddyConfig {
  readonly upstreams: readonly Upstream[];
  /** True where upstreams are looked up while it runs, by a resolver of their own. */
  readonly looksUp: boolean;
  /** True where it keeps idle connections to its upstreams, and sends later requests on them. */
  readonly keepsConnections: boolean;
  /** Upstreams with a placeholder for the host, which Caddy fills in while it runs, and other sources of them. */
  readonly unreadable: readonly string[];
  /** True where `admin off` leaves no way to tell it anything. */
  readonly adminOff: boolean;
}

/** Reads Caddy's JSON, as its admin API and `caddy adapt` give it; of anything else: nothing. */
export function parseCaddyConfig(text: string): CaddyConfig {
  const config = parsed(text);
  const upstreams: Upstream[] = [];
  const unreadable = new Set<string>();
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
      // A port may be a placeholder.
      const address =
        dial === undefined ? undefined : parseAddress(dial.replace(/:\{[^}]*\}$/, ''));
      if (address !== undefined) upstreams.push(address);
      else if (dial?.includes('{') === true) unreadable.add(dial);
    }
    if (value['dynamic_upstreams'] !== undefined) {
      looksUp = true;
      const sources = sourcesIn(objectOf(value['dynamic_upstreams']));
      for (const source of sources) {
        const address = source.kind === 'a' ? parseAddress(source.host) : undefined;
        if (address === undefined) unreadable.add(`dynamic ${source.kind} ${source.host}`);
        else upstreams.push(address);
      }
    }
    Object.values(value).forEach(visit);
  };
  visit(config);
  const admin = isObject(config) && isObject(config['admin']) ? config['admin'] : {};
  return {
    upstreams,
    looksUp,
    unreadable: [...unreadable],
    keepsConnections,
    adminOff: admin['disabled'] === true,
  };
}

interface Source {
  readonly kind: string;
  /** With its port, where one is written. */
  readonly host: string;
}

/** The sources of `dynamic_upstreams`, those of `multi` each by itself. */
function sourcesIn(json: JsonObject): readonly Source[] {
  const kind = textOf(json['source']);
  if (kind === 'multi') return listOf(json['sources']).map(objectOf).flatMap(sourcesIn);
  const [name, port] = [textOf(json['name']) ?? '', textOf(json['port'])];
  // Without any nothing is looked up.
  if (kind === undefined) return [];
  return [{ kind, host: port === undefined ? name : `${name}:${port}` }];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

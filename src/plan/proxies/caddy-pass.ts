import { listOf, objectOf, textOf, type JsonObject } from '../compose/json.js';
import { hostnameOf, type Pass, type ProxyRequest } from './pass.js';
import { caddyServers, portOf } from './sites.js';
import { parseAddress } from './upstream.js';

/** `unknown`: it ends here, and where the request goes is not known. */
type Outcome = Pass | 'unknown' | undefined;

/**
 * Where a Caddy (its JSON) sends a request. Undefined where it answers by itself, changes the path, speaks
 * something else than plain HTTP to its upstream, or where that cannot be told.
 */
export function caddyPass(text: string, request: ProxyRequest): Pass | undefined {
  const server = caddyServers(text).find((each) =>
    listOf(each['listen']).some((address) => portOf(textOf(address)).includes(request.port)),
  );
  const outcome = alongRoutes(listOf(server?.['routes']), request);
  return outcome === 'unknown' ? undefined : outcome;
}

function alongRoutes(routes: readonly unknown[], request: ProxyRequest): Outcome {
  for (const route of routes.map(objectOf)) {
    const matched = matchesRoute(route, request);
    if (matched === undefined) return 'unknown';
    if (!matched) continue;
    for (const handler of listOf(route['handle']).map(objectOf)) {
      const outcome = alongHandler(handler, request);
      if (outcome !== undefined) return outcome;
    }
    if (route['terminal'] === true) return 'unknown';
  }
  return undefined;
}

/** What lets a request go on as it is. */
const HARMLESS = new Set(['headers', 'encode', 'vars', 'request_body', 'log_append', 'tracing']);

function alongHandler(handler: JsonObject, request: ProxyRequest): Outcome {
  const kind = textOf(handler['handler']) ?? '';
  if (kind === 'subroute') return alongRoutes(listOf(handler['routes']), request);
  if (kind === 'reverse_proxy') return passOf(handler, request);
  return HARMLESS.has(kind) ? undefined : 'unknown';
}

function passOf(handler: JsonObject, { host }: ProxyRequest): Outcome {
  const transport = objectOf(handler['transport']);
  const isPlain = (textOf(transport['protocol']) ?? 'http') === 'http' && !('tls' in transport);
  if (!isPlain || 'rewrite' in handler || 'dynamic_upstreams' in handler) return 'unknown';
  const dials = listOf(handler['upstreams']).flatMap(
    (each) => textOf(objectOf(each)['dial']) ?? [],
  );
  const set = objectOf(objectOf(objectOf(handler['headers'])['request'])['set']);
  const [written] = listOf(set['Host']).flatMap((value) => textOf(value) ?? []);
  return {
    upstreams: dials.flatMap((dial) => parseAddress(dial) ?? []),
    host: headerOf(written, host, dials[0] ?? host),
  };
}

function headerOf(written: string | undefined, host: string, dial: string): string {
  if (written === '{http.reverse_proxy.upstream.hostport}') return dial;
  return written === undefined || written.includes('{') ? host : written;
}

/** Undefined where a matcher asks for something else than host and path. */
function matchesRoute(route: JsonObject, { host, path }: ProxyRequest): boolean | undefined {
  const sets = listOf(route['match']).map(objectOf);
  if (sets.length === 0) return true;
  const outcomes = sets.map((set) => {
    const hosts = textsOf(set['host']);
    const paths = textsOf(set['path']);
    const isElse =
      (hosts.length > 0 && !hosts.some((pattern) => fits(pattern, hostnameOf(host)))) ||
      (paths.length > 0 && !paths.some((pattern) => fits(pattern, path)));
    if (isElse) return false;
    const isKnown = Object.keys(set).every((key) => key === 'host' || key === 'path');
    return (isKnown && ![...hosts, ...paths].some((pattern) => pattern.includes('{'))) || undefined;
  });
  if (outcomes.includes(true)) return true;
  return outcomes.includes(undefined) ? undefined : false;
}

function textsOf(value: unknown): readonly string[] {
  return listOf(value).flatMap((each) => textOf(each) ?? []);
}

/** `*` stands for anything; a placeholder may be anything. */
function fits(pattern: string, text: string): boolean {
  if (pattern.includes('{')) return true;
  const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 'i').test(text);
}

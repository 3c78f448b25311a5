import { isObject, listOf, objectOf, textOf, type JsonObject } from '../compose/json.js';
import type { Service } from '../compose/stack.js';
import { directivesIn, named, type Directive } from './nginx-directives.js';
import { parseAddress } from './upstream.js';

/** What a proxy serves under some names of the site. */
export interface Site {
  /** The names, as written; empty: whatever was not matched by another. */
  readonly names: readonly string[];
  /** Ports that the proxy's container listens on for it; empty: any. */
  readonly ports: readonly number[];
  /** Names of the hosts that it passes requests on to; `*` for one that cannot be told. */
  readonly upstreams: readonly string[];
  /** True where it answers from files of its own as well. */
  readonly hasFiles: boolean;
}

/** The sites of a Caddy, of its JSON. It answers an empty 200 to all other names. */
export function caddySites(text: string): readonly Site[] {
  return caddyServers(text).flatMap((server) => {
    const ports = listOf(server['listen']).flatMap((address) => portOf(textOf(address)));
    return listOf(server['routes']).map((route) => {
      const names = hostsOf(objectOf(route));
      const found = handlersIn(route);
      // A wildcard's own routes name the single ones.
      const single = names.some(isPattern) ? found.hosts.filter((name) => !isPattern(name)) : [];
      return {
        names: [...names, ...single],
        ports,
        upstreams: found.upstreams,
        hasFiles: found.hasFiles,
      };
    });
  });
}

/** The HTTP servers of a Caddy, of its JSON. */
export function caddyServers(text: string): readonly JsonObject[] {
  const { http } = objectOf(jsonOf(text)['apps']);
  return Object.values(objectOf(objectOf(http)['servers'])).map(objectOf);
}

function jsonOf(text: string): JsonObject {
  try {
    return objectOf(JSON.parse(text));
  } catch {
    return {};
  }
}

/** Empty where one of its matchers is for any host. */
function hostsOf(route: JsonObject): readonly string[] {
  const matchers = listOf(route['match']).map((matcher) =>
    listOf(objectOf(matcher)['host']).flatMap((host) => textOf(host) ?? []),
  );
  return matchers.some((hosts) => hosts.length === 0) ? [] : matchers.flat();
}

interface Handlers {
  readonly hosts: string[];
  readonly upstreams: string[];
  hasFiles: boolean;
}

function handlersIn(route: unknown): Handlers {
  const found: Handlers = { hosts: [], upstreams: [], hasFiles: false };
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    if (!isObject(value)) return;
    if (value['handler'] === 'file_server') found.hasFiles = true;
    if (value['dynamic_upstreams'] !== undefined) found.upstreams.push('*');
    for (const upstream of listOf(value['upstreams'])) {
      const dial = textOf(objectOf(upstream)['dial']);
      if (dial !== undefined) found.upstreams.push(parseAddress(dial)?.name ?? '*');
    }
    found.hosts.push(...listOf(value['match']).flatMap((matcher) => hostsIn(matcher)));
    Object.values(value).forEach(visit);
  };
  visit(route);
  return found;
}

function hostsIn(matcher: unknown): readonly string[] {
  return listOf(objectOf(matcher)['host']).flatMap((host) => textOf(host) ?? []);
}

/** The sites of an nginx, of `nginx -T`. The first of those on a port is for all other names. */
export function nginxSites(text: string): readonly Site[] {
  const directives = directivesIn(text);
  const upstreams = new Map(
    named('upstream', directives).map(({ words: [name = ''], block }) => [
      name,
      named('server', block).map(({ words: [server = ''] }) => nameIn(server)),
    ]),
  );
  const taken = new Set<number>();
  const servers = named('server', directives).filter(({ isBlock }) => isBlock);
  const isDefault = ({ block }: Directive): boolean =>
    named('listen', block).some(({ words }) => words.includes('default_server'));
  // Those that say so come before those that are only the first.
  return [...servers.filter(isDefault), ...servers.filter((server) => !isDefault(server))].map(
    ({ block }) => {
      const ports = portsOfServer(block);
      const first = ports.some((port) => !taken.has(port));
      for (const port of ports) taken.add(port);
      return {
        names: first ? [] : named('server_name', block).flatMap(({ words }) => words),
        ports,
        upstreams: passesIn(block).flatMap((name) => upstreams.get(name) ?? [name]),
        hasFiles: named('root', block).length > 0 || named('alias', block).length > 0,
      };
    },
  );
}

/** Ports that a server of an nginx listens on. */
export function portsOfServer(block: readonly Directive[]): readonly number[] {
  const ports = named('listen', block).flatMap(({ words: [address] }) => portOf(address));
  return ports.length === 0 ? [80] : ports;
}

const PARAMETERS = /(?:^|\/)(?:mime\.types|[a-z]+_params|.*\.types)$/;

function passesIn(block: readonly Directive[]): readonly string[] {
  const passes = ['proxy_pass', 'fastcgi_pass', 'uwsgi_pass', 'grpc_pass', 'scgi_pass'].flatMap(
    (name) => named(name, block).map(({ words: [target = ''] }) => nameIn(target)),
  );
  return includesMore(block) ? [...passes, '*'] : passes;
}

/** What it includes stands elsewhere in the text. */
export function includesMore(block: readonly Directive[]): boolean {
  return named('include', block).some(({ words: [path = ''] }) => !PARAMETERS.test(path));
}

function nameIn(target: string): string {
  return parseAddress(target.replace(/^\w+:\/\//, '').replace(/\/.*$/s, ''))?.name ?? '*';
}

/** The sites that a service has behind Traefik: the rules of its labels. It answers 404 to all other names. */
export function traefikSites({ name, labels }: Service): readonly Site[] {
  return Object.entries(labels)
    .filter(([label]) => /^traefik\.http\.routers\.[^.]+\.rule$/i.test(label))
    .map(([, rule]) => ({
      names: /\bHostRegexp\(/.test(rule)
        ? []
        : [...rule.matchAll(/\bHost\(([^)]*)\)/g)].flatMap(([, hosts = '']) =>
            [...hosts.matchAll(/[`"']([^`"']+)[`"']/g)].map(([, host = '']) => host),
          ),
      ports: [],
      upstreams: [name],
      hasFiles: false,
    }));
}

/** Of `:443`, `0.0.0.0:80`, `[::]:80`, `80`, `tcp/:80`; none for a socket. */
export function portOf(address: string | undefined): readonly number[] {
  const port = /(?:^|:)(\d+)$/.exec(address ?? '')?.[1];
  if (port !== undefined) return [Number(port)];
  return address !== undefined && /^[\w.[\]:*-]+$/.test(address) ? [80] : [];
}

/** True for a name that stands for many. */
export function isPattern(name: string): boolean {
  return /[*~{}$^\\]/.test(name) || name.startsWith('.');
}

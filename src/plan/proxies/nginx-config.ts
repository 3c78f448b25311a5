import { parseAddress, type Upstream } from './upstream.js';

/** What the effective configuration of an nginx (`nginx -T`) says about where requests go. */
export interface NginxConfig {
  /** Names of hosts that requests are passed to, with the port where one is written. */
  readonly upstreams: readonly Upstream[];
  /** So long idle keep-alive connections survive a reload (nginx ≥ 1.27.4); 0: they are closed. */
  readonly keepaliveMinMs: number;
  /** So long after a reload streams are cut; undefined: never. */
  readonly shutdownTimeoutMs: number | undefined;
  /** Names that nginx resolves while it runs: a pin in /etc/hosts does not reach them. */
  readonly dynamicNames: readonly string[];
  /** Names that it resolves once, when it loads its configuration; it may do both. */
  readonly staticNames: readonly string[];
  /** Targets with variables of which nobody knows what they hold, and that may be the name of any container. */
  readonly unreadable: readonly string[];
}

const PASS = /\b(?:proxy_pass|fastcgi_pass|uwsgi_pass|grpc_pass|scgi_pass)\s+([^;]+);/g;
const SERVER = /\bserver\s+([^\s;{]+)([^;{}]*);/g;
const UPSTREAM_BLOCK = /\bupstream\s+\S+\s*\{([^}]*)\}/g;
const VARIABLE = /\bset\s+\$(\w+)\s+([^;]+);/g;
/** `map $host $target { default one; … }`, and what is written like it. */
const MAP = /\b(?:map|geo|split_clients)\s[^;{}]*\$(\w+)\s*\{([^}]*)\}/g;
/** More values of a variable, or variables within variables, are written by nobody. */
const MOST_VALUES = 5_000;

/** Reads nginx configuration text. Includes must be in it already, as `nginx -T` prints them. */
export function parseNginxConfig(text: string): NginxConfig {
  const config = text.replace(/(^|[\s;{}])#[^\n]*/g, '$1');
  const upstreamNames = new Set(
    [...config.matchAll(/\bupstream\s+(\S+)\s*\{/g)].map((match) => unquoted(match[1] ?? '')),
  );
  const values = valuesIn(config);
  const upstreams: Upstream[] = [];
  const dynamicNames = new Set<string>();
  const staticNames = new Set<string>();
  for (const block of config.matchAll(UPSTREAM_BLOCK)) {
    for (const server of (block[1] ?? '').matchAll(SERVER)) {
      const upstream = parseAddress(unquoted(server[1] ?? ''));
      if (upstream === undefined) continue;
      upstreams.push(upstream);
      (/\bresolve\b/.test(server[2] ?? '') ? dynamicNames : staticNames).add(upstream.name);
    }
  }
  const unreadable = new Set<string>();
  for (const pass of config.matchAll(PASS)) {
    const target = unquoted((pass[1] ?? '').trim());
    for (const written of expanded(target, values)) {
      const host = hostIn(written);
      if (host.includes(UNKNOWN)) unreadable.add(target);
      const upstream = parseAddress(host);
      if (upstream === undefined || upstreamNames.has(upstream.name)) continue;
      upstreams.push(upstream);
      (target.includes('$') ? dynamicNames : staticNames).add(upstream.name);
    }
  }
  return {
    upstreams,
    keepaliveMinMs: Math.max(0, ...timesOf('keepalive_min_timeout', config)),
    shutdownTimeoutMs: timesOf('worker_shutdown_timeout', config)[0],
    dynamicNames: [...dynamicNames],
    staticNames: [...staticNames],
    // Without a resolver a variable stands for an upstream of the configuration only.
    unreadable: looksUpContainers(config) ? [...unreadable] : [],
  };
}

const RESOLVER = /(?:^|[\s;{}])resolver\s+([^;]+);/g;
/** Resolvers of the internet, which know no container. */
const PUBLIC_RESOLVER =
  /^(?:8\.8\.(?:8\.8|4\.4)|1\.(?:1\.1|0\.0)\.[123]|9\.9\.9\.\d+|149\.112\.112\.\d+|208\.67\.22[02]\.\d+|\[2\S*\])(?::53)?$/;

function looksUpContainers(config: string): boolean {
  return [...config.matchAll(RESOLVER)].some(([, words = '']) =>
    words
      .trim()
      .split(/\s+/)
      .some((word) => !/^(?:valid|ipv[46]|status_zone)=/.test(word) && !PUBLIC_RESOLVER.test(word)),
  );
}

/** Of a target with all that is known of its variables: what stands for the host, and its port. */
function hostIn(target: string): string {
  const address = target.replace(new RegExp(`^(?:\\w|${UNKNOWN})*://`), '');
  // What follows a whole address is the path: `http://api:3000$1`.
  const [host = ''] = /^[^/?]*/.exec(address) ?? [];
  return host.replace(new RegExp(`(?<=:\\d+)${UNKNOWN}+$|:${UNKNOWN}+$`), '');
}

/** What each variable may hold, by `set` and `map`. */
function valuesIn(config: string): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>();
  const add = (name: string, value: string) => {
    values.set(name, [...(values.get(name) ?? []), unquoted(value)]);
  };
  for (const [, name = '', value = ''] of config.matchAll(VARIABLE)) add(name, value.trim());
  for (const [, name = '', body = ''] of config.matchAll(MAP)) {
    for (const entry of body.split(';')) {
      const value = /\s(["'].*["']|\S+)\s*$/s.exec(entry)?.[1] ?? '';
      add(name, /^\s*include\s/.test(entry) ? UNKNOWN : value);
    }
  }
  return values;
}

/** Stands for what is not known of a variable. */
const UNKNOWN = '\uFFFD';
/** Variables that begin with a slash, or stand behind what does. */
const PATH = /^(?:request_uri|uri|document_uri|is_args|args|query_string)$/;

/** The text with every value of its variables. */
function expanded(text: string, values: ReadonlyMap<string, readonly string[]>): readonly string[] {
  let texts: readonly string[] = [text];
  for (let depth = 0; depth < 5 && texts.some((each) => each.includes('$')); depth += 1) {
    texts = texts
      .flatMap((each) => {
        const found = /\$\{?(\w+)\}?/.exec(each);
        const [reference, name = ''] = found ?? [];
        if (reference === undefined) return [each];
        // So does a capture behind a name: `http://api$1`.
        const isPath = /^\d+$/.test(name) && /[\w\]]$/.test(each.slice(0, found?.index));
        const unknown = isPath || PATH.test(name) ? '/' : UNKNOWN;
        return (values.get(name) ?? [unknown]).map((value) => each.replace(reference, () => value));
      })
      .slice(0, MOST_VALUES);
  }
  // What goes round in circles is not known.
  return [...new Set(texts.map((each) => each.replaceAll('$', UNKNOWN)))];
}

function unquoted(text: string): string {
  return /^(["'])(.*)\1$/s.exec(text)?.[2] ?? text;
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** What a directive says in nginx's notation of time: `10`, `10s`, `1m30s`, `500ms`. */
function timesOf(directive: string, config: string): readonly number[] {
  return [...config.matchAll(new RegExp(`\\b${directive}\\s+([\\w ]+);`, 'g'))].map((match) =>
    [...(match[1] ?? '').matchAll(/(\d+)(ms|s|m|h)?/g)].reduce(
      (sum, [, number, unit = 's']) => sum + Number(number) * (UNITS[unit] ?? 0),
      0,
    ),
  );
}

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
}

const PASS = /\b(?:proxy_pass|fastcgi_pass|uwsgi_pass|grpc_pass|scgi_pass)\s+([^;]+);/g;
const SERVER = /\bserver\s+([^\s;{]+)([^;{}]*);/g;
const UPSTREAM_BLOCK = /\bupstream\s+\S+\s*\{([^}]*)\}/g;
const VARIABLE = /\bset\s+\$(\w+)\s+([^;]+);/g;
/** `map $host $target { default one; … }`, and what is written like it. */
const MAP = /\b(?:map|geo|split_clients)\s[^;{}]*\$(\w+)\s*\{([^}]*)\}/g;
/** More values of a variable, or variables within variables, are written by nobody. */
const MOST_VALUES = 100;

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
  for (const pass of config.matchAll(PASS)) {
    const target = unquoted((pass[1] ?? '').trim());
    for (const written of expanded(target, values)) {
      const upstream = parseAddress(written.replace(/^\w+:\/\//, '').replace(/\/.*$/s, ''));
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
  };
}

/** What each variable may hold, by `set` and `map`. */
function valuesIn(config: string): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>();
  const add = (name: string, value: string) => {
    values.set(name, [...(values.get(name) ?? []), unquoted(value)]);
  };
  for (const [, name = '', value = ''] of config.matchAll(VARIABLE)) add(name, value.trim());
  for (const [, name = '', body = ''] of config.matchAll(MAP)) {
    for (const entry of body.split(';'))
      add(name, /\s(["'].*["']|\S+)\s*$/s.exec(entry)?.[1] ?? '');
  }
  return values;
}

/** The text with every value of its variables; what is not known of one is empty. */
function expanded(text: string, values: ReadonlyMap<string, readonly string[]>): readonly string[] {
  let texts: readonly string[] = [text];
  for (let depth = 0; depth < 5 && texts.some((each) => each.includes('$')); depth += 1) {
    texts = texts
      .flatMap((each) => {
        const [reference, name = ''] = /\$\{?(\w+)\}?/.exec(each) ?? [];
        if (reference === undefined) return [each];
        return (values.get(name) ?? ['']).map((value) => each.replace(reference, () => value));
      })
      .slice(0, MOST_VALUES);
  }
  return [...new Set(texts)];
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

import { statementsIn, wordsAfter, type Statement } from './nginx-statements.js';
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

const PASS = new Set(['proxy_pass', 'fastcgi_pass', 'uwsgi_pass', 'grpc_pass', 'scgi_pass']);
/** `map $host $target { default one; … }`, and what is written like it. */
const MAP = new Set(['map', 'geo', 'split_clients']);
/** More values of a variable, or variables within variables, are written by nobody. */
const MOST_VALUES = 5_000;
/** Nor so many of all targets together: what is beyond is not known. */
const MOST_TARGETS = 100_000;

/** Reads nginx configuration text. Includes must be in it already, as `nginx -T` prints them. */
export function parseNginxConfig(text: string): NginxConfig {
  const config = statementsIn(text);
  const groups = config.filter(({ words, end }) => end === '{' && words.at(-2) === 'upstream');
  const upstreamNames = new Set(groups.map(({ words }) => unquoted(words.at(-1) ?? '')));
  const upstreams: Upstream[] = [];
  const dynamicNames = new Set<string>();
  const staticNames = new Set<string>();
  const note = (upstream: Upstream, isDynamic: boolean): void => {
    upstreams.push(upstream);
    (isDynamic ? dynamicNames : staticNames).add(upstream.name);
  };
  for (const [address = '', ...words] of groups.flatMap(({ block }) =>
    wordsAfter(new Set(['server']), ';', block),
  )) {
    const upstream = parseAddress(unquoted(address));
    if (upstream !== undefined) note(upstream, words.includes('resolve'));
  }
  const unreadable = new Set<string>();
  const targets = wordsAfter(PASS, ';', config).map((words) => unquoted(words.join(' ')));
  for (const [target, written] of expandedAll(targets, valuesIn(config))) {
    const host = hostIn(written);
    if (host.includes(UNKNOWN)) unreadable.add(target);
    const upstream = parseAddress(host);
    if (upstream !== undefined && !upstreamNames.has(upstream.name))
      note(upstream, target.includes('$'));
  }
  return {
    upstreams,
    keepaliveMinMs: Math.max(0, ...timesOf('keepalive_min_timeout', config).slice(0, MOST_VALUES)),
    shutdownTimeoutMs: timesOf('worker_shutdown_timeout', config)[0],
    dynamicNames: [...dynamicNames],
    staticNames: [...staticNames],
    // Without a resolver a variable stands for an upstream of the configuration only.
    unreadable: looksUpContainers(config) ? [...unreadable] : [],
  };
}

/** Resolvers of the internet, which know no container. */
const PUBLIC_RESOLVER =
  /^(?:8\.8\.(?:8\.8|4\.4)|1\.(?:1\.1|0\.0)\.[123]|9\.9\.9\.\d+|149\.112\.112\.\d+|208\.67\.22[02]\.\d+|\[2\S*\])(?::53)?$/;

function looksUpContainers(config: readonly Statement[]): boolean {
  return wordsAfter(new Set(['resolver']), ';', config)
    .flat()
    .some((word) => !/^(?:valid|ipv[46]|status_zone)=/.test(word) && !PUBLIC_RESOLVER.test(word));
}

/** Of a target with all that is known of its variables: what stands for the host, and its port. */
function hostIn(target: string): string {
  const address = target.replace(new RegExp(`^(?:\\w|${UNKNOWN})*://`), '');
  // What follows a whole address is the path: `http://api:3000$1`.
  const [host = ''] = /^[^/?]*/.exec(address) ?? [];
  return host.replace(new RegExp(`(?<=:\\d+)${UNKNOWN}+$|:${UNKNOWN}+$`), '');
}

/** What each variable may hold, by `set` and `map`. */
function valuesIn(config: readonly Statement[]): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>();
  const add = (name: string, value: string): void => {
    const known = values.get(name) ?? [];
    if (known.length < MOST_VALUES) known.push(unquoted(value));
    values.set(name, known);
  };
  for (const [name = '', ...words] of wordsAfter(new Set(['set']), ';', config)) {
    if (name.startsWith('$') && words.length > 0) add(name.slice(1), words.join(' '));
  }
  for (const { words, end, block } of config) {
    const name = words.at(-1) ?? '';
    if (end !== '{' || !name.startsWith('$') || !words.some((word) => MAP.has(word))) continue;
    for (const entry of block) {
      const value = lastWord(entry.words);
      if (value !== undefined) add(name.slice(1), entry.words[0] === 'include' ? UNKNOWN : value);
    }
  }
  return values;
}

/** Of `default "a b"` what stands in quotes; undefined where nothing has a value. */
function lastWord(words: readonly string[]): string | undefined {
  if (words.length < 2) return undefined;
  const last = words.at(-1) ?? '';
  const quote = last.at(-1);
  if (quote !== '"' && quote !== "'") return last;
  const from = words.findLastIndex((word, at) => at > 0 && word.startsWith(quote));
  return from === -1 ? last : words.slice(from).join(' ');
}

/** Stands for what is not known of a variable. */
const UNKNOWN = '\uFFFD';
/** Variables that begin with a slash, or stand behind what does. */
const PATH = /^(?:request_uri|uri|document_uri|is_args|args|query_string)$/;

/** Each target with every text that it may stand for. */
function* expandedAll(
  targets: readonly string[],
  values: ReadonlyMap<string, readonly string[]>,
): Generator<readonly [target: string, written: string]> {
  let left = MOST_TARGETS;
  for (const target of targets) {
    const texts = left > 0 ? expanded(target, values) : [target.replaceAll('$', UNKNOWN)];
    left -= texts.length;
    for (const text of texts) yield [target, text];
  }
}

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
function timesOf(directive: string, config: readonly Statement[]): readonly number[] {
  return wordsAfter(new Set([directive]), ';', config).map((words) =>
    [...words.join(' ').matchAll(/(\d+)(ms|s|m|h)?/g)].reduce(
      (sum, [, number, unit = 's']) => sum + Number(number) * (UNITS[unit] ?? 0),
      0,
    ),
  );
}

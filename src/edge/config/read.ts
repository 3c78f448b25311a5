import { isIP } from 'node:net';
import { isNode, LineCounter, parseDocument, type Document } from 'yaml';
import { listOf, numberOf, objectOf, textOf, type JsonObject } from '../../plan/compose/json.js';
import { CONFIG_SCHEMA } from './schema.js';
import { problemsOf, type ConfigProblem } from './validate.js';

/** How the edge should be. What is undefined is not looked at. */
export interface EdgeConfig {
  readonly dns: readonly DnsRecord[];
  /** By Cloudflare's own names of settings and values: `ssl` → `strict`. */
  readonly settings: Readonly<Record<string, string>>;
  readonly cacheRules: readonly CacheRule[] | undefined;
  readonly rateLimit: RateLimit | undefined;
}

export interface DnsRecord {
  readonly type: 'A' | 'AAAA';
  readonly name: string;
  readonly content: string;
  readonly proxied: boolean;
}

export interface CacheRule {
  readonly name: string;
  readonly path: string;
  readonly cache: boolean;
  /** Undefined: as the site says. */
  readonly edgeTtlSeconds: number | undefined;
}

export interface RateLimit {
  readonly path: string;
  /** Of one address in 10 s. */
  readonly requests: number;
}

const SHORTEST_EDGE_TTL_SECONDS = 2 * 3600;

/**
 * Reads the file.
 *
 * @param file its name, for the problems
 * @returns the configuration, or every problem with its line and column: `edge.yml:3:7: …`
 */
export function readConfig(
  text: string,
  file: string,
): { readonly config: EdgeConfig } | { readonly problems: readonly string[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const syntax = document.errors.map(({ pos: [offset], message }) => ({ offset, text: message }));
  const shape = syntax.length > 0 ? syntax : problemsOf(document, CONFIG_SCHEMA);
  const found = shape.length > 0 ? shape : contradictions(document);
  if (found.length === 0)
    return { config: configOf(objectOf(document.toJS({ maxAliasCount: -1 }))) };
  return {
    problems: [...found]
      .sort((one, other) => one.offset - other.offset)
      .map(({ offset, text: what }) => {
        const { line, col } = lines.linePos(offset);
        return `${file}:${line}:${col}: ${what}`;
      }),
  };
}

function configOf(root: JsonObject): EdgeConfig {
  const https = root['always-use-https'];
  const settings: Record<string, string> = {};
  const set = (id: string, value: string | undefined): void => {
    if (value !== undefined) settings[id] = value;
  };
  set('ssl', textOf(root['ssl']));
  set('min_tls_version', textOf(root['min-tls-version']));
  set('always_use_https', https === undefined ? undefined : https === true ? 'on' : 'off');
  const limit = objectOf(root['rate-limit']);
  return {
    dns: recordsIn(root),
    settings,
    cacheRules: root['cache-rules'] === undefined ? undefined : rulesIn(root),
    rateLimit:
      root['rate-limit'] === undefined
        ? undefined
        : { path: textOf(limit['path']) ?? '', requests: numberOf(limit['requests']) ?? 0 },
  };
}

function recordsIn(root: JsonObject): readonly DnsRecord[] {
  return listOf(root['dns']).map((value) => {
    const { type, name, content, proxied } = objectOf(value);
    return {
      type: type === 'AAAA' ? 'AAAA' : 'A',
      name: (textOf(name) ?? '').toLowerCase(),
      content: textOf(content) ?? '',
      proxied: proxied !== false,
    };
  });
}

function rulesIn(root: JsonObject): readonly CacheRule[] {
  return listOf(root['cache-rules']).map((value) => {
    const rule = objectOf(value);
    const ttl = textOf(rule['edge-ttl']);
    return {
      name: textOf(rule['name']) ?? '',
      path: textOf(rule['path']) ?? '',
      cache: rule['cache'] === true,
      edgeTtlSeconds: ttl === undefined ? undefined : secondsOf(ttl),
    };
  });
}

function secondsOf(ttl: string): number {
  return Number.parseInt(ttl, 10) * (ttl.endsWith('d') ? 86_400 : 3_600);
}

/** What fits the schema, and cannot be all the same. */
function contradictions(document: Document): readonly ConfigProblem[] {
  const root = objectOf(document.toJS({ maxAliasCount: -1 }));
  const at = (...path: (string | number)[]): number => {
    const node = document.getIn(path, true);
    return isNode(node) ? (node.range?.[0] ?? 0) : 0;
  };
  const found: ConfigProblem[] = [];
  const names = new Set<string>();
  for (const [index, { type, name, content }] of recordsIn(root).entries()) {
    if (isIP(content) !== (type === 'A' ? 4 : 6)) {
      const kind = type === 'A' ? 'an IPv4' : 'an IPv6';
      found.push({
        offset: at('dns', index, 'content'),
        text: `\`dns[${index}].content\`: \`${content}\`: ${type} takes ${kind} address`,
      });
    }
    if (names.has(`${type} ${name}`)) {
      found.push({
        offset: at('dns', index, 'name'),
        text: `\`dns[${index}].name\`: \`${name}\` has a record ${type} already: a second one would send half of the visitors there`,
      });
    }
    names.add(`${type} ${name}`);
  }
  return [...found, ...contradictingRules(rulesIn(root), at)];
}

function contradictingRules(
  rules: readonly CacheRule[],
  at: (...path: (string | number)[]) => number,
): readonly ConfigProblem[] {
  const found: ConfigProblem[] = [];
  for (const [index, rule] of rules.entries()) {
    const where = (field: string): string => `\`cache-rules[${index}].${field}\``;
    const before = rules.slice(0, index);
    if (before.some(({ name }) => name === rule.name)) {
      const text = `${where('name')}: \`${rule.name}\` is the name of another rule`;
      found.push({ offset: at('cache-rules', index, 'name'), text });
    }
    const same = before.find(({ path }) => path === rule.path);
    if (same !== undefined) {
      const text = `${where('path')}: \`${rule.path}\` is the path of the rule \`${same.name}\` already: one path has one rule`;
      found.push({ offset: at('cache-rules', index, 'path'), text });
    }
    const ttl = rule.edgeTtlSeconds;
    if (ttl === undefined) continue;
    const offset = at('cache-rules', index, 'edge-ttl');
    if (!rule.cache) {
      found.push({ offset, text: `${where('edge-ttl')}: with \`cache: false\` nothing is kept` });
    } else if (ttl < SHORTEST_EDGE_TTL_SECONDS) {
      found.push({
        offset,
        text: `${where('edge-ttl')}: the Free plan keeps for \`2h\` or longer`,
      });
    }
  }
  return found;
}

import { isTunnelFile } from './tunnel.js';
import { parseAddress, type Upstream } from './upstream.js';

/** The kind of proxy that a file of the commit is for, by what stands in it. */
export type FileKind = 'nginx' | 'caddy' | 'haproxy' | 'apache' | 'declared' | 'tunnel';

const HAPROXY_SECTION = /^(?:frontend|backend|listen)[^\S\n]+\S+[^\S\n]*(?:#.*)?$/m;
const HAPROXY_SERVER = /^[^\S\n]+server(?:-template)?[^\S\n]+\S+[^\S\n]+\S+/m;
const APACHE = /^[^\S\n]*(?:ProxyPass(?:Match)?|BalancerMember)[^\S\n]+\S/im;
/** Traefik's file provider, Kong's declarative configuration, Envoy's clusters: YAML, TOML or JSON. */
const DECLARED = /\bloadBalancer\b|\b_format_version\b|\bload_assignment\b/;

export function kindOfFile(path: string, text: string): FileKind {
  if (/caddyfile/i.test(path)) return 'caddy';
  if (/haproxy/i.test(path)) return 'haproxy';
  if (HAPROXY_SECTION.test(text) && HAPROXY_SERVER.test(text)) return 'haproxy';
  if (/\b(?:proxy|fastcgi|grpc|uwsgi|scgi)_pass\s/.test(text)) return 'nginx';
  if (DECLARED.test(text)) return 'declared';
  if (isTunnelFile(text)) return 'tunnel';
  return APACHE.test(text) ? 'apache' : 'nginx';
}

/** Of YAML and TOML: a line of its own, or what follows a blank and is not within quotes. JSON has none. */
const COMMENT = /^((?:[^"'#\n]|"[^"\n]*"|'[^'\n]*'|(?<=\S)#)*)(?:(?<=\s)|(?<=^))#[^\n]*/gm;
const ADDRESS =
  /(?<![\w.-])["']?(?:url|address|host|target)["']?\s*[:=]\s*["']?(?:[a-z][\w+.-]*:\/\/)?([^\s"',{}/#]+)/gi;

/** Where a declarative configuration sends requests: every address in it that may be the name of a host. */
export function parseDeclared(commented: string): readonly Upstream[] {
  const text = commented.replace(COMMENT, '$1');
  return [...text.matchAll(ADDRESS)].flatMap((match) => {
    const upstream = parseAddress(match[1] ?? '');
    if (upstream === undefined) return [];
    const after = text.slice(match.index + match[0].length);
    const port = /^["']?\s*,?\s*["']?port(?:_value)?["']?\s*[:=]\s*(\d+)/.exec(after)?.[1];
    return [port === undefined ? upstream : { ...upstream, port: Number(port) }];
  });
}

/** Where an Apache sends requests. */
export function parseApacheConfig(text: string): readonly Upstream[] {
  const lines = text.matchAll(/^[^\S\n]*(?:ProxyPass(?:Match)?|BalancerMember)[^\S\n]+(.+)$/gim);
  return [...lines].flatMap(([, words = '']) =>
    [...words.matchAll(/\w+:\/\/([^\s"'/]+)/g)].flatMap(
      ([, host = '']) => parseAddress(host) ?? [],
    ),
  );
}

import type { ProxyFacts } from '../observation.js';
import { parseCaddyConfig } from './caddy-config.js';
import { parseCaddyfile } from './caddyfile.js';
import { kindOfFile, parseApacheConfig, parseDeclared, type FileKind } from './declared.js';
import { parseHaproxyConfig } from './haproxy-config.js';
import { parseNginxConfig } from './nginx-config.js';
import { parseTunnelFile } from './tunnel.js';
import type { Upstream } from './upstream.js';

/** What a plan must know of a running proxy: the one place where kinds of proxies differ. */
export interface ProxyReading {
  /** Where its loaded configuration sends requests. */
  readonly upstreams: readonly Upstream[];
  /** What stands there for hosts that nobody can tell: any container may be one. */
  readonly unreadable: readonly string[];
  /**
   * True where names are resolved at each connection, not once: then a candidate would get requests
   * from the moment it exists, so the incumbents are pinned before.
   */
  readonly resolvesAtEachConnection: boolean;
  /** True where it goes on sending requests on the connections that it has, as long as they stand. */
  readonly staysConnected: boolean;
  /** Whether a reload holds the idle connections of visitors open; `never`: nothing makes it. */
  readonly keepsIdleConnections: boolean | 'never';
  /** So long after a reload requests of visitors who stayed connected go where they went before. */
  readonly lingersMs: number;
  /** So long after a reload it cuts streams without a word; undefined: never. */
  readonly cutsStreamsAfterMs: number | undefined;
  /** True where it looks this name up when it loads its configuration, and then no more. */
  resolvesOnce(name: string): boolean;
  /** Why a pin in /etc/hosts does not move requests for this name; undefined: it does. */
  obstacle(name: string): Obstacle | undefined;
}

export interface Obstacle {
  readonly what: string;
  readonly next: string;
}

/** Reads what was observed of a proxy. */
export function readProxy({ kind, config }: ProxyFacts): ProxyReading {
  switch (kind) {
    case 'nginx':
      return readNginx(config);
    case 'caddy':
      return readCaddy(config);
  }
}

function readNginx(text: string): ProxyReading {
  const config = parseNginxConfig(text);
  return {
    upstreams: config.upstreams,
    unreadable: config.unreadable,
    resolvesAtEachConnection: false,
    staysConnected: false,
    keepsIdleConnections: config.keepaliveMinMs > 0,
    lingersMs: config.keepaliveMinMs,
    cutsStreamsAfterMs: config.shutdownTimeoutMs,
    resolvesOnce: (name) => config.staticNames.includes(name),
    obstacle: (name) =>
      config.dynamicNames.includes(name)
        ? {
            what: `nginx resolves ${name} while it runs (resolver)`,
            next: `Name it statically, without a variable and without \`resolve\`: proxy_pass http://${name}; a deploy then moves it by itself.`,
          }
        : undefined,
  };
}

function readCaddy(text: string): ProxyReading {
  const { upstreams, unreadable, looksUp, keepsConnections, adminOff } = parseCaddyConfig(text);
  return {
    upstreams,
    unreadable,
    resolvesAtEachConnection: true,
    staysConnected: keepsConnections,
    keepsIdleConnections: 'never',
    lingersMs: 0,
    cutsStreamsAfterMs: undefined,
    resolvesOnce: () => false,
    obstacle: () => {
      if (adminOff) {
        return {
          what: 'Caddy runs with `admin off`, and cannot be told to reload',
          next: 'Remove `admin off` from the Caddyfile: its default listens inside the container only.',
        };
      }
      return looksUp
        ? {
            what: 'Caddy looks its upstreams up by a resolver of its own (`dynamic`)',
            next: 'Name the upstream statically: reverse_proxy NAME:PORT; a deploy then moves it by itself.',
          }
        : undefined;
    },
  };
}

/**
 * Where the files of a commit say that requests go.
 *
 * @param kind of the proxy that they must be for; undefined: whatever proxy that is
 */
export function upstreamsInFiles(
  files: Readonly<Record<string, string>>,
  kind?: FileKind,
): readonly Upstream[] {
  return Object.entries(files).flatMap(([path, text]) => {
    const own = kindOfFile(path, text);
    return kind === undefined || kind === own ? PARSERS[own](text) : [];
  });
}

const PARSERS: Readonly<Record<FileKind, (text: string) => readonly Upstream[]>> = {
  nginx: (text) => parseNginxConfig(text).upstreams,
  caddy: parseCaddyfile,
  haproxy: parseHaproxyConfig,
  apache: parseApacheConfig,
  declared: parseDeclared,
  tunnel: parseTunnelFile,
};

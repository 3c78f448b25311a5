import type { IncomingHttpHeaders } from 'node:http';

/** An answer as the origin gave it. */
export interface StoredAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

interface Entry extends StoredAnswer {
  /** On the clock of `performance.now()`. */
  readonly freshUntilMs: number;
}

/**
 * What Cloudflare keeps by default: answers to GET for static file names, for as long as the origin says, and where
 * it says nothing for two hours (200), three minutes (404, 410).
 * Source: Cloudflare's documentation, "Default cache behavior" and "Origin Cache Control".
 */
const STATIC = /\.(?:css|js|mjs|map|ico|svg|png|jpe?g|gif|webp|avif|woff2?|ttf|pdf)$/;
const DEFAULT_SECONDS: Readonly<Record<number, number>> = { 200: 7200, 404: 180, 410: 180 };

export interface EdgeCache {
  find(key: string): StoredAnswer | undefined;
  /** Keeps it where, and as long as, its headers let a cache keep it. */
  keep(key: string, answer: StoredAnswer): void;
  entries(): readonly (readonly [key: string, answer: StoredAnswer])[];
  readonly counts: { readonly hits: number; readonly misses: number };
}

export function createEdgeCache(): EdgeCache {
  const entries = new Map<string, Entry>();
  const counts = { hits: 0, misses: 0 };
  return {
    counts,
    entries: () => [...entries],
    find: (key) => {
      const entry = entries.get(key);
      const fresh = entry !== undefined && entry.freshUntilMs > performance.now();
      counts[fresh ? 'hits' : 'misses'] += 1;
      return fresh ? entry : undefined;
    },
    keep: (key, answer) => {
      const seconds = secondsToKeep(answer);
      if (seconds <= 0) return;
      entries.set(key, { ...answer, freshUntilMs: performance.now() + seconds * 1000 });
    },
  };
}

export function isCacheable(method: string | undefined, path: string): boolean {
  return method === 'GET' && STATIC.test(path.replace(/\?.*$/, ''));
}

function secondsToKeep({ status, headers }: Omit<StoredAnswer, 'body'>): number {
  const directives = new Map(
    (headers['cache-control'] ?? '').split(',').map((each) => {
      const [name = '', value = ''] = each.trim().toLowerCase().split('=');
      return [name, value] as const;
    }),
  );
  if (['no-store', 'no-cache', 'private'].some((name) => directives.has(name))) return 0;
  if (headers['set-cookie'] !== undefined) return 0;
  const said = directives.get('s-maxage') ?? directives.get('max-age');
  return said === undefined ? (DEFAULT_SECONDS[status] ?? 0) : Number(said);
}

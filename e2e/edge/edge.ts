import {
  createServer,
  type IncomingMessage,
  type IncomingHttpHeaders,
  type ServerResponse,
} from 'node:http';
import { Agent, request } from 'node:https';
import { createEdgeCache, isCacheable, type EdgeCache } from './cache.js';

export interface EdgeOptions {
  /** The origin's address; it is asked on port 443. */
  readonly origin: string;
  /** The name in the origin's certificate. */
  readonly servername: string;
  /** PEM: who vouches for the origin. Anybody else's certificate is refused, as with `ssl: strict`. */
  readonly authority: string;
  /** What the edge shows the origin, as with authenticated origin pulls. */
  readonly client: { readonly key: string; readonly certificate: string };
  /** The address of the next request's visitor, which is told to the origin. */
  readonly visitor: () => string;
}

/** Between visitors and an origin, on loopback: what Cloudflare does, as far as a deploy can be hurt by it. */
export interface Edge {
  /** `http://127.0.0.1:PORT`, for visitors. */
  readonly base: string;
  readonly cache: EdgeCache;
  close(): Promise<void>;
}

/** Connections of the edge to the origin stay open this long when idle. */
const KEEP_ALIVE_MS = 30_000;

/** Passes requests on over connections that stay open, and retries none: a request that the origin loses has failed. */
export async function startEdge(options: EdgeOptions): Promise<Edge> {
  const cache = createEdgeCache();
  const agent = new Agent({
    keepAlive: true,
    keepAliveMsecs: KEEP_ALIVE_MS,
    timeout: KEEP_ALIVE_MS,
    ca: options.authority,
    key: options.client.key,
    cert: options.client.certificate,
    servername: options.servername,
  });
  const server = createServer({ keepAliveTimeout: 120_000 }, (asked, answer) => {
    const path = asked.url ?? '/';
    const cacheable = isCacheable(asked.method, path);
    const kept = cacheable ? cache.find(path) : undefined;
    if (kept === undefined) {
      passOn(asked, answer, { ...options, agent, cache: cacheable ? cache : undefined });
      return;
    }
    asked.resume();
    answer.writeHead(kept.status, { ...kept.headers, 'cf-cache-status': 'HIT' }).end(kept.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the edge has no port');
  return {
    base: `http://127.0.0.1:${address.port}`,
    cache,
    close: async () => {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Way extends EdgeOptions {
  readonly agent: Agent;
  /** Undefined where the answer is not to be kept. */
  readonly cache: EdgeCache | undefined;
}

function passOn(asked: IncomingMessage, answer: ServerResponse, way: Way): void {
  const { origin, agent, visitor, cache } = way;
  const path = asked.url ?? '/';
  const upstream = request({
    host: origin,
    port: 443,
    method: asked.method,
    path,
    agent,
    headers: {
      ...endToEnd(asked.headers),
      'cf-connecting-ip': visitor(),
      'x-forwarded-proto': 'https',
    },
  });
  // Cloudflare's 502 and 520: the visitor sees that the origin failed.
  upstream.on('error', (error) => {
    if (answer.headersSent) answer.destroy(error);
    else answer.writeHead(520).end(String(error));
  });
  answer.on('close', () => {
    if (!answer.writableFinished) upstream.destroy();
  });
  upstream.on('response', (got) => {
    answer.writeHead(got.statusCode ?? 502, endToEnd(got.headers));
    const chunks: Buffer[] = [];
    got.on('data', (chunk: Buffer) => {
      if (cache !== undefined) chunks.push(chunk);
    });
    got.on('end', () => {
      const { statusCode: status = 502, headers: said } = got;
      cache?.keep(path, { status, headers: endToEnd(said), body: Buffer.concat(chunks) });
    });
    got.on('error', (error) => answer.destroy(error));
    got.pipe(answer);
  });
  asked.pipe(upstream);
}

const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade']);

/** Without what belongs to one connection alone. */
function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name)));
}

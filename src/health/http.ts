import { request } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';

import { unlessAborted } from '../ssh/abort.js';
import { failureOf } from './failure.js';
import type { HttpFailure } from './failure.js';

/** Opens a TCP stream to host:port; in a deploy, as seen from the deploy host. */
export type Dial = (host: string, port: number) => Promise<Duplex>;

export interface HttpResponse {
  readonly kind: 'response';
  readonly status: number;
  /** From the dial to the last byte of the body. */
  readonly durationMs: number;
  readonly headers: IncomingHttpHeaders;
  /** The first 64 kB. */
  readonly body: string;
}

export type HttpAnswer = HttpResponse | HttpFailure;

export interface HttpGetOptions {
  /** Host header, and the name that TLS asks for; the URL's own when undefined. */
  readonly host?: string | undefined;
  /** For all of it: dial, TLS, headers, body. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

const bodyLimitBytes = 64 * 1024;
/** A timer that is later than this was held up by our own process. */
const lateMs = 100;
const longestGraceMs = 1_000;

/**
 * One GET on a fresh connection. Never throws: what went wrong is the answer. Redirects are answers
 * too. A certificate is not verified when the URL names the loopback: none is issued for it.
 */
export async function httpGet(dial: Dial, url: URL, options: HttpGetOptions): Promise<HttpAnswer> {
  const startedAt = performance.now();
  const stop = new AbortController();
  const timer = startTimeout(options.timeoutMs, () => {
    stop.abort(new HttpTimeout(options.timeoutMs));
  });
  const onAbort = (): void => {
    stop.abort(options.signal?.reason);
  };
  if (options.signal?.aborted === true) onAbort();
  options.signal?.addEventListener('abort', onAbort, { once: true });
  const durationMs = (): number => performance.now() - startedAt;
  try {
    const stream = await dialUntil(dial, url, stop.signal);
    try {
      const response = await get(
        secured(stream, url, options.host),
        url,
        options.host,
        stop.signal,
      );
      return { kind: 'response', ...response, durationMs: durationMs() };
    } finally {
      stream.destroy();
    }
  } catch (error) {
    if (options.signal?.aborted === true) {
      return { kind: 'aborted', message: 'the request was given up', durationMs: durationMs() };
    }
    return failureOf(stop.signal.aborted ? stop.signal.reason : error, durationMs());
  } finally {
    timer.clear();
    options.signal?.removeEventListener('abort', onAbort);
  }
}

/**
 * Calls `onTimeout` after `timeoutMs`. Where the process itself stood still meanwhile, the answer may
 * have come and wait to be read: then there is a moment more for that.
 */
function startTimeout(timeoutMs: number, onTimeout: () => void): { clear(): void } {
  const startedAt = performance.now();
  let timer = setTimeout(() => {
    const late = performance.now() - startedAt - timeoutMs;
    if (late > lateMs) timer = setTimeout(onTimeout, Math.min(late, longestGraceMs));
    else onTimeout();
  }, timeoutMs);
  return {
    clear: () => {
      clearTimeout(timer);
    },
  };
}

/** The answer did not come in time; Node's own word for it, so that it is sorted like one. */
class HttpTimeout extends Error {
  readonly code = 'ETIMEDOUT';

  constructor(timeoutMs: number) {
    super(`no complete answer within ${timeoutMs} ms`);
  }
}

function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}

/** `[::1]` is how a URL writes an IPv6 address; a dial takes it without brackets. */
function nameOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}

function dialUntil(dial: Dial, url: URL, signal: AbortSignal): Promise<Duplex> {
  const dialled = dial(nameOf(url), portOf(url)).then((stream) => {
    // Errors after the answer, or of a stream that came too late, concern nobody.
    stream.on('error', ignore);
    if (signal.aborted) stream.destroy();
    return stream;
  });
  return unlessAborted(dialled, signal);
}

function ignore(): void {
  // See where it is used.
}

function secured(stream: Duplex, url: URL, host: string | undefined): Duplex {
  if (url.protocol !== 'https:') return stream;
  const name = host === undefined ? nameOf(url) : new URL(`https://${host}`).hostname;
  const tls = connectTls({
    socket: stream,
    ...(isIP(name) === 0 ? { servername: name } : {}),
    rejectUnauthorized: !isLoopback(nameOf(url)),
  });
  stream.on('error', (error) => tls.destroy(error));
  return tls;
}

export function isLoopback(name: string): boolean {
  return name === 'localhost' || name === '::1' || name.startsWith('127.');
}

function get(
  stream: Duplex,
  url: URL,
  host: string | undefined,
  signal: AbortSignal,
): Promise<Omit<HttpResponse, 'kind' | 'durationMs'>> {
  return new Promise((resolve, reject) => {
    const req = request({
      createConnection: () => stream,
      method: 'GET',
      path: `${url.pathname}${url.search}`,
      headers: {
        host: host ?? url.host,
        accept: '*/*',
        'user-agent': 'resee-deploy-action',
        connection: 'close',
      },
      signal,
    });
    req.on('error', reject);
    req.on('response', (response) => {
      readBody(response).then((body) => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      }, reject);
    });
    req.end();
  });
}

/** Reads the body to its end, or to the limit: a health check may be pointed at a large page. */
function readBody(response: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const done = (): void => {
      resolve(Buffer.concat(chunks).subarray(0, bodyLimitBytes).toString('utf8'));
    };
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length < bodyLimitBytes) return;
      done();
      response.destroy();
    });
    response.on('end', done);
    response.on('error', reject);
  });
}

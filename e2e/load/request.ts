import { type Agent, type IncomingMessage, request as httpRequest } from 'node:http';
import { performance } from 'node:perf_hooks';
import type { LoadSpec, ReleaseSource, RequestSpec } from './spec.js';
import type { AttemptEnd } from './tally.js';

/** Milliseconds since this process began; monotonic. */
export const now = (): number => performance.now();

/** Sends one request, once, and says how it ended. Never rejects. */
export function send(
  spec: LoadSpec,
  request: RequestSpec,
  agent: Agent | false,
  number: number,
): Promise<AttemptEnd> {
  return new Promise((resolve) => {
    const body = request.body?.replaceAll('{n}', String(number));
    const timer = setTimeout(() => {
      finish({ kind: 'failed', reason: 'timeout' });
      message.destroy();
    }, spec.timeoutMs);
    const finish = (end: AttemptEnd): void => {
      clearTimeout(timer);
      resolve(end);
    };
    const message = httpRequest(
      new URL(request.path, spec.base),
      { agent, method: request.method, headers: headersOf(request, body) },
      (answer) => {
        judge(answer, request, spec.release, finish);
      },
    );
    message.on('error', (error) => {
      finish({ kind: 'failed', reason: reasonOf(error) });
    });
    message.end(body);
  });
}

/** `ECONNRESET`, `ECONNREFUSED`, `EPIPE`, … or the error's own words. */
export function reasonOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}

export function headersOf(request: RequestSpec, body?: string): Record<string, string> {
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  return { ...request.headers, ...length };
}

function judge(
  answer: IncomingMessage,
  request: RequestSpec,
  release: ReleaseSource,
  finish: (end: AttemptEnd) => void,
): void {
  const chunks: Buffer[] = [];
  answer.on('data', (chunk: Buffer) => chunks.push(chunk));
  answer.on('error', () => {
    finish({ kind: 'failed', reason: 'truncated' });
  });
  answer.on('end', () => {
    const text = Buffer.concat(chunks).toString();
    if (answer.statusCode !== (request.status ?? 200)) {
      finish({ kind: 'failed', reason: `status ${String(answer.statusCode)}` });
    } else if (request.contains !== undefined && !text.includes(request.contains)) {
      finish({
        kind: 'failed',
        reason: `answer without "${request.contains}"`,
      });
    } else {
      finish({ kind: 'ok', release: releaseIn(answer, text, release) });
    }
  });
}

export function releaseIn(
  answer: IncomingMessage,
  text: string,
  source: ReleaseSource,
): string | undefined {
  switch (source.kind) {
    case 'none':
      return undefined;
    case 'header': {
      const value = answer.headers[source.name.toLowerCase()];
      return typeof value === 'string' ? value : undefined;
    }
    case 'json':
      return fieldOf(text, source.field);
  }
}

function fieldOf(text: string, field: string): string | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null) return undefined;
    const value: unknown = new Map(Object.entries(parsed)).get(field);
    return typeof value === 'string' ? value : undefined;
  } catch {
    // Text that only looks like JSON names no release; the request itself was answered.
    return undefined;
  }
}

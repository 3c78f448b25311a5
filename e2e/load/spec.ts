/** What to send, how often, and for how long at most. Plain data: it crosses a process boundary. */
export interface LoadSpec {
  /** `http://198.18.0.2` */
  readonly base: string;
  readonly streams: readonly StreamSpec[];
  readonly release: ReleaseSource;
  /** A request without a complete answer after this has failed. */
  readonly timeoutMs: number;
  /** The load ends by itself after this, whatever its owner does. */
  readonly maxMs: number;
  /** … and after this many requests. */
  readonly maxRequests: number;
}

/** Where an answer says which release gave it. */
export type ReleaseSource =
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'json'; readonly field: string }
  | { readonly kind: 'none' };

export interface RequestSpec {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** `{n}` becomes the number of the request. */
  readonly body?: string;
  /** 200 unless told. */
  readonly status?: number;
  /** The answer must hold this text. */
  readonly contains?: string;
}

export type StreamSpec = {
  readonly name: string;
  readonly request: RequestSpec;
} & (
  | {
      /** Connections that stay open; each sends one request after the other, none is ever retried. */
      readonly kind: 'keep-alive';
      readonly connections: number;
      /** Over all connections. */
      readonly perSecond: number;
      /**
       * A connection that the server has ended by the time of the next request is not used again, as
       * with the clients of HTTP that people use. Without it such a request fails.
       */
      readonly staleCheck?: boolean;
    }
  | {
      /** A new connection for each request, sent on time whether or not the last was answered. */
      readonly kind: 'fresh';
      readonly perSecond: number;
    }
  | {
      /** So many slow requests are always in flight; an answered one is followed by the next. */
      readonly kind: 'in-flight';
      readonly concurrency: number;
    }
  | {
      /** Server-sent events: must keep talking; a clean end is followed by a new connection. */
      readonly kind: 'events';
      readonly connections: number;
      /** Longer without an event is a failure. */
      readonly silenceMs: number;
      /** An end sooner than this, even in good order, is a failure. */
      readonly heldMs: number;
    }
  | {
      /** A WebSocket that echoes: must answer; a clean close is followed by a new connection. */
      readonly kind: 'websocket';
      readonly connections: number;
      readonly perSecond: number;
      readonly silenceMs: number;
      readonly heldMs: number;
    }
);

export const LIMITS = {
  maxMs: 90 * 60_000,
  maxRequests: 1_000_000,
  perSecond: 2_000,
} as const;

/** The paths of a stack that the usual mix of load needs. */
export interface UsualPaths {
  readonly get: RequestSpec;
  readonly post: RequestSpec;
  readonly slow: RequestSpec;
  readonly page?: RequestSpec;
  /** Answers with the release, where `get` does not. */
  readonly release?: RequestSpec;
  readonly events?: RequestSpec;
  readonly websocket?: RequestSpec;
  /** The `drain-timeout` of the stack's deploys: how long events and WebSockets are held at least. */
  readonly heldMs?: number;
}

/** A visitor who reads before the next click; shorter than any drain. */
const PAUSE_MS = 3_000;

/** The same load, by clients that look before they use a connection again. */
export function withStaleCheck(spec: LoadSpec): LoadSpec {
  const streams = spec.streams.map((stream) =>
    stream.kind === 'keep-alive' ? { ...stream, staleCheck: true } : stream,
  );
  return { ...spec, streams };
}

/**
 * Browsers wait longer than this. A request of 2 s takes 4 at the median, and up to 10, on two cores that run
 * two hosts beside a build: that is queueing, and no request is lost. The latencies are in the log.
 */
const ANSWER_WITHIN_MS = 30_000;

/** About 120 requests a second of every sort a site gets; `scale` 0.5 halves the paced ones. */
export function usualLoad(
  base: string,
  paths: UsualPaths,
  release: ReleaseSource,
  scale = 1,
): LoadSpec {
  const streams: StreamSpec[] = [
    {
      kind: 'keep-alive',
      name: 'GET keep-alive',
      request: paths.get,
      connections: 8,
      perSecond: 42 * scale,
    },
    {
      kind: 'keep-alive',
      name: 'POST keep-alive',
      request: paths.post,
      connections: 5,
      perSecond: 26 * scale,
    },
    {
      kind: 'keep-alive',
      name: 'GET after a pause',
      request: paths.get,
      connections: 6,
      perSecond: 6_000 / PAUSE_MS,
    },
    {
      kind: 'fresh',
      name: 'GET fresh',
      request: paths.get,
      perSecond: 26 * scale,
    },
    {
      kind: 'in-flight',
      name: '2 s in flight',
      request: paths.slow,
      concurrency: Math.max(1, Math.round(6 * scale)),
    },
  ];
  const { page, release: telling, events, websocket, heldMs = 0 } = paths;
  if (page !== undefined) {
    streams.push({
      kind: 'keep-alive',
      name: 'page',
      request: page,
      connections: 4,
      perSecond: 14 * scale,
    });
  }
  if (telling !== undefined) {
    streams.push({ kind: 'fresh', name: 'release', request: telling, perSecond: 7 * scale });
  }
  if (events !== undefined) {
    streams.push({
      kind: 'events',
      name: 'SSE',
      request: events,
      connections: 1,
      silenceMs: 3_000,
      heldMs,
    });
  }
  if (websocket !== undefined) {
    streams.push({
      kind: 'websocket',
      name: 'WebSocket',
      request: websocket,
      connections: 1,
      perSecond: 5,
      silenceMs: 3_000,
      heldMs,
    });
  }
  return {
    base,
    streams,
    release,
    timeoutMs: ANSWER_WITHIN_MS,
    maxMs: 10 * 60_000,
    maxRequests: 200_000,
  };
}

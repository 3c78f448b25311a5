import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { WebSocketServer } from 'ws';
import { startLoad } from '../../e2e/load/load.js';
import { runLoad } from '../../e2e/load/run-load.js';
import { type LoadSpec, type StreamSpec, withStaleCheck } from '../../e2e/load/spec.js';
import { loadTable } from '../../e2e/load/table.js';
import { tally } from '../../e2e/load/tally.js';
import { assertBenchTarget } from '../../e2e/load/target.js';

type Handler = (request: IncomingMessage, response: ServerResponse, number: number) => void;

let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** Serves with `handler`, which is told the number of the request, and answers the base URL. */
async function serve(handler: Handler): Promise<string> {
  let number = 0;
  const serving = createServer((request, response) => {
    request.resume();
    number += 1;
    handler(request, response, number);
  });
  server = serving;
  await new Promise<void>((resolve) => serving.listen(0, '127.0.0.1', resolve));
  const address = serving.address();
  if (address === null || typeof address === 'string') throw new Error('not listening');
  return `http://127.0.0.1:${String(address.port)}`;
}

const GET = { method: 'GET', path: '/' } as const;
const KEEP_ALIVE: StreamSpec = {
  kind: 'keep-alive',
  name: 'get',
  request: GET,
  connections: 1,
  perSecond: 400,
};

function spec(base: string, stream: StreamSpec, maxRequests: number): LoadSpec {
  return {
    base,
    streams: [stream],
    release: { kind: 'header', name: 'x-release' },
    timeoutMs: 5_000,
    maxMs: 10_000,
    maxRequests,
  };
}

const run = (load: LoadSpec): ReturnType<typeof runLoad> =>
  runLoad(load, new AbortController().signal, () => undefined);

describe('a load', () => {
  it('counts exactly the requests that failed, by kind', async () => {
    const base = await serve((request, response, number) => {
      if (number % 10 === 3) response.writeHead(502).end('bad gateway');
      else if (number % 10 === 5) request.socket.resetAndDestroy();
      else if (number % 25 === 7) return;
      else response.setHeader('x-release', 'r1').end('ok');
    });
    const result = await run({ ...spec(base, KEEP_ALIVE, 50), timeoutMs: 1_000 });
    expect(result).toMatchObject({
      sent: 50,
      ok: 38,
      failed: 12,
      closed: 0,
      failures: { 'status 502': 5, ECONNRESET: 5, timeout: 2 },
    });
    expect(result.timeline).toHaveLength(12);
    expect(result.releases).toMatchObject([{ release: 'r1', answers: 38 }]);
  });

  it('never retries a POST whose connection was reset', async () => {
    const seen: string[] = [];
    const base = await serve((request, response, number) => {
      seen.push(String(request.method));
      if (number === 2) request.socket.resetAndDestroy();
      else response.end('ok');
    });
    const post: StreamSpec = {
      ...KEEP_ALIVE,
      request: { method: 'POST', path: '/', body: '{"n":{n}}' },
    };
    const result = await run(spec(base, post, 5));
    expect(seen).toEqual(['POST', 'POST', 'POST', 'POST', 'POST']);
    expect(result).toMatchObject({ sent: 5, ok: 4, failed: 1 });
  });

  it('keeps a connection open between requests, and opens a fresh one for each where told', async () => {
    const ports = new Set<number>();
    const base = await serve((request, response) => {
      ports.add(request.socket.remotePort ?? 0);
      response.end('ok');
    });
    await run(spec(base, KEEP_ALIVE, 10));
    expect(ports.size).toBe(1);
    await run(spec(base, { kind: 'fresh', name: 'fresh', request: GET, perSecond: 400 }, 10));
    expect(ports.size).toBe(11);
  });

  it('uses no connection again that was ended before, where it looks first', async () => {
    const base = await serve((request, response) => {
      response.end('ok');
      response.once('finish', () => {
        // The client is in this process: its next request is due before it can hear of the end.
        setImmediate(() => {
          request.socket.destroy();
          const until = performance.now() + 20;
          while (performance.now() < until);
        });
      });
    });
    const stream = { ...KEEP_ALIVE, perSecond: 100 };
    expect((await run(spec(base, stream, 10))).failed).toBeGreaterThan(0);
    const looking = withStaleCheck(spec(base, stream, 10));
    expect(await run(looking)).toMatchObject({ sent: 10, ok: 10, failed: 0 });
  });

  it('calls an answer that broke off in its middle a failure', async () => {
    const base = await serve((request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => request.socket.destroy());
    });
    expect((await run(spec(base, KEEP_ALIVE, 3))).failures).toEqual({
      truncated: 3,
    });
  });

  it('keeps slow requests in flight, and waits for them when it is stopped', async () => {
    let open = 0;
    let most = 0;
    const base = await serve((_request, response) => {
      open += 1;
      most = Math.max(most, open);
      setTimeout(() => {
        open -= 1;
        response.end('slow');
      }, 100);
    });
    const slow: StreamSpec = {
      kind: 'in-flight',
      name: 'slow',
      request: GET,
      concurrency: 3,
    };
    const load = { ...spec(base, slow, 1_000), maxMs: 2_400 };
    const result = await run(load);
    expect(most).toBe(3);
    expect(result.failed).toBe(0);
    expect(result.sent).toBeGreaterThan(10);
  });

  it('counts an event stream that ends in good order as closed, one that breaks or is silent as failed', async () => {
    const base = await serve((request, response, number) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: 1\n\n', () => {
        if (number === 1) response.end();
        else if (number === 2) request.socket.resetAndDestroy();
      });
    });
    const events: StreamSpec = {
      kind: 'events',
      name: 'sse',
      request: GET,
      connections: 1,
      silenceMs: 300,
      heldMs: 0,
    };
    const result = await run(spec(base, events, 3));
    expect(result).toMatchObject({ ok: 3, closed: 1, failed: 2 });
    expect(result.failures).toEqual({ truncated: 1, silence: 1 });
  });

  it('counts a stream that was ended before a drain could be over as failed, however politely', async () => {
    const base = await serve((_request, response, number) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: 1\n\n');
      setTimeout(() => response.end('event: end\n\n'), number === 1 ? 0 : 2_100);
    });
    const events: StreamSpec = {
      kind: 'events',
      name: 'sse',
      request: GET,
      connections: 1,
      silenceMs: 5_000,
      heldMs: 2_000,
    };
    const result = await run(spec(base, events, 2));
    expect(result).toMatchObject({ closed: 1, failures: { 'ended before 2000 ms': 1 } });
  });

  it('tells a WebSocket that was closed from one that was cut', async () => {
    const base = await serve(() => undefined);
    if (server === undefined) throw new Error('no server');
    let number = 0;
    new WebSocketServer({ server }).on('connection', (socket) => {
      number += 1;
      const ends = [
        () => {
          socket.close(1001);
        },
        () => {
          socket.close(1011);
        },
        () => {
          socket.terminate();
        },
      ];
      const end = ends[number - 1];
      socket.on('message', () => {
        socket.send('echo', end);
      });
    });
    const webSocket: StreamSpec = {
      kind: 'websocket',
      name: 'ws',
      request: GET,
      connections: 1,
      perSecond: 50,
      silenceMs: 1_000,
      heldMs: 0,
    };
    const result = await run(spec(base, webSocket, 3));
    expect(result).toMatchObject({
      closed: 1,
      failures: { 'closed with 1011': 1, 'closed without a close frame': 1 },
    });
  });

  it('is refused before a byte is sent to any other address', async () => {
    await expect(run(spec('http://10.0.0.1', KEEP_ALIVE, 1))).rejects.toThrow('10.0.0.1');
    for (const url of ['http://198.20.0.1/', 'http://example.org/', 'https://127.0.0.1/']) {
      expect(() => {
        assertBenchTarget(new URL(url));
      }).toThrow();
    }
    for (const url of ['http://198.19.255.1/', 'http://127.0.0.1:8080/', 'http://[::1]/']) {
      expect(() => {
        assertBenchTarget(new URL(url));
      }).not.toThrow();
    }
  });

  it('runs in a process of its own until it is stopped', async () => {
    const base = await serve((_request, response) => response.end('ok'));
    const load = startLoad(spec(base, KEEP_ALIVE, 100_000));
    await load.answered(1, 60_000);
    const result = await load.stop();
    expect(result.failed).toBe(0);
    expect(result.sent).toBeGreaterThan(0);
    expect(loadTable(result)).toContain('get');
  });

  it('that may not run is told to its owner', async () => {
    const load = startLoad(spec('http://192.0.2.1', KEEP_ALIVE, 1));
    await expect(load.stop()).rejects.toThrow('192.0.2.1');
  });
});

describe('the longest gap', () => {
  it('is the longest time without a good answer, also at the end', () => {
    const at = (endMs: number) =>
      ({
        stream: 's',
        startMs: endMs - 1,
        endMs,
        end: { kind: 'ok', release: undefined },
      }) as const;
    expect(tally([at(100), at(200), at(900)], 1000).longestGapMs).toBe(700);
    expect(tally([at(100), at(200)], 1000).longestGapMs).toBe(800);
    expect(tally([], 1000).longestGapMs).toBe(1000);
  });
});

import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { connect, createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

import type { Clock } from '../../src/clock.js';
import { unlessAborted } from '../../src/ssh/abort.js';
import type { Dial, HttpAnswer } from '../../src/health/http.js';

/** Servers that are closed together, with all their connections. */
export interface Servers {
  http(listener: RequestListener): Promise<URL>;
  tcp(onConnection: (socket: Socket) => void): Promise<URL>;
  add(server: Server, protocol: string): Promise<URL>;
  close(): Promise<void>;
}

export function servers(): Servers {
  const open: Server[] = [];
  const sockets = new Set<Socket>();
  const add = async (server: Server, protocol: string): Promise<URL> => {
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    open.push(server);
    return new URL(`${protocol}://127.0.0.1:${portOf(server.address())}/api/health/?deep=1`);
  };
  return {
    add,
    http: (listener) => add(createServer(listener), 'http'),
    tcp: (onConnection) =>
      add(
        createTcpServer((socket) => {
          socket.on('error', () => socket.destroy());
          onConnection(socket);
        }),
        'http',
      ),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await Promise.all(
        open.splice(0).map((server) => new Promise((resolve) => server.close(resolve))),
      );
    },
  };
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('not listening on TCP');
  return address.port;
}

/** What a host would do: connect, and reject if that fails. */
export const directDial: Dial = (host, port) =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: host === 'localhost' ? '127.0.0.1' : host, port });
    socket.once('error', reject);
    socket.once('connect', () => {
      resolve(socket);
    });
  });

/** Time that moves only when a test says so. */
export interface FakeClock extends Clock {
  /** Lets `ms` pass, waking sleepers in their order, and lets their work go on. */
  advance(ms: number): Promise<void>;
}

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

export function fakeClock(): FakeClock {
  let now = 0;
  let sleepers: Sleeper[] = [];
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 20; i += 1) await Promise.resolve();
  };
  return {
    now: () => now,
    sleep: (ms, signal = new AbortController().signal) => {
      const slept = new Promise<void>((wake) => sleepers.push({ at: now + ms, wake }));
      return unlessAborted(slept, signal);
    },
    advance: async (ms) => {
      const until = now + ms;
      await settle();
      for (;;) {
        const next = sleepers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        sleepers = sleepers.filter((other) => other !== next);
        now = Math.max(now, next.at);
        next.wake();
        await settle();
      }
      now = until;
    },
  };
}

export function response(
  status: number,
  details: Partial<Extract<HttpAnswer, { kind: 'response' }>> = {},
): HttpAnswer {
  return { kind: 'response', status, durationMs: 5, headers: {}, body: '', ...details };
}

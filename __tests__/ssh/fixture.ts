import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';

import type { Clock } from '../../src/clock.js';
import { DeployError } from '../../src/errors.js';
import type { ConnectionInputs } from '../../src/inputs.js';
import { connect } from '../../src/ssh/connect.js';
import type { Connection, ConnectDeps } from '../../src/ssh/connect.js';
import { newKey, realClock, recordedLog, startServer } from './server.js';
import type { TestServer, TestServerOptions } from './server.js';

/** Who may log in. */
export const user = newKey();
const cleanups: (() => Promise<unknown>)[] = [];

/** Closes what a test opened, the last first. */
export async function cleanUp(): Promise<void> {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
}

export async function serve(options: Partial<TestServerOptions> = {}): Promise<TestServer> {
  const server = await startServer({ authorizedKeys: [user.public], ...options });
  cleanups.push(() => server.close());
  return server;
}

export async function listen(onConnection: (socket: Socket) => void): Promise<Server> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => sockets.delete(socket));
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(
    () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(resolve);
      }),
  );
  return server;
}

/** Backoff passes at once and is written down; the timeout of an attempt is left to real time. */
export function hastyClock(attemptMs = 5_000): Clock & { readonly slept: number[] } {
  const slept: number[] = [];
  let skippedMs = 0;
  return {
    slept,
    now: () => performance.now() + skippedMs,
    sleep: (ms, signal) => {
      if (ms === attemptMs) return realClock.sleep(ms, signal);
      slept.push(ms);
      skippedMs += ms;
      return Promise.resolve();
    },
  };
}

export async function opened(
  inputs: ConnectionInputs,
  deps: Partial<ConnectDeps> = {},
): Promise<Connection> {
  const connection = await connect(inputs, { log: recordedLog(), clock: realClock, ...deps });
  cleanups.push(() => connection.close());
  return connection;
}

/** The error that connecting ends with. */
export async function errorOf(
  inputs: ConnectionInputs,
  deps: Partial<ConnectDeps> = {},
): Promise<DeployError> {
  const error: unknown = await opened(inputs, deps).then(
    () => new Error('it connected'),
    (reason: unknown) => reason,
  );
  if (error instanceof DeployError) return error;
  throw error;
}

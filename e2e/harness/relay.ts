import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP relay that makes a host as far away as it is told, and counts what that costs. */
export interface Relay {
  readonly address: string;
  readonly port: number;
  /** When each round trip began, by `performance.now()`. */
  readonly roundTripsAt: readonly number[];
  /** Cuts what is open, and listens no more. */
  close(): Promise<void>;
}

export interface RelayOptions {
  readonly host: string;
  readonly port: number;
  /** Half of it is added to each direction. 0 adds nothing but the relay itself. */
  readonly roundTripMs: number;
}

/** Timers are not exact. */
const SURELY_LESS = 0.95;

/**
 * Listens on a free port of the loopback. Order is kept, the bandwidth is not limited, and a connection
 * costs its round trip as well, as TCP's own handshake does.
 *
 * A round trip is counted where the caller sends something after it has been told something: only then
 * can it have waited for an answer. What it sends less than a round trip after the last one counted
 * cannot have waited for that one's answer: it is beside it. So no chain of waits is longer than the
 * count; what nobody waits for, a heartbeat or a probe, counts as well.
 */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const open = new Set<Socket>();
  const roundTripsAt: number[] = [];
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (caller) => {
    roundTripsAt.push(performance.now());
    relay(caller, options, roundTripsAt, (socket) => {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { address, port } = listening(server.address());
  return {
    address,
    port,
    roundTripsAt,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        for (const socket of open) socket.destroy();
      }),
  };
}

function relay(
  caller: Socket,
  { host, port, roundTripMs }: RelayOptions,
  roundTripsAt: number[],
  opened: (socket: Socket) => void,
): void {
  opened(caller);
  const toHost = delayLine(roundTripMs / 2);
  const toCaller = delayLine(roundTripMs / 2);
  let called: Socket | undefined;
  // What the caller says first waits until TCP's handshake would be over on both sides.
  toHost.notBefore(performance.now() + roundTripMs * 1.5);
  toHost.later(() => {
    called = connect({ host, port, noDelay: true, allowHalfOpen: true });
    opened(called);
    forward(
      called,
      toCaller,
      () => caller,
      () => {
        answered = true;
        if (sentAt !== undefined) roundTripsAt.push(sentAt);
        sentAt = undefined;
      },
    );
  });
  // The caller waits for the host when it sends, and again only when it has been answered. What is
  // never answered, as a farewell, nobody waits for.
  let answered = true;
  let sentAt: number | undefined;
  let countedAt = -Infinity;
  caller.on('data', () => {
    const now = performance.now();
    const beside = now - countedAt < roundTripMs * SURELY_LESS;
    if (answered && !beside) {
      sentAt = now;
      countedAt = now;
    }
    answered = false;
  });
  forward(
    caller,
    toHost,
    () => called,
    () => undefined,
  );
}

/** Passes on what `from` says, its end included; a break at once. */
function forward(
  from: Socket,
  line: DelayLine,
  to: () => Socket | undefined,
  arrived: () => void,
): void {
  from.on('data', (chunk: Buffer) => {
    line.later(() => {
      arrived();
      to()?.write(chunk);
    });
  });
  from.on('end', () => {
    line.later(() => to()?.end());
  });
  from.on('error', () => to()?.destroy());
  from.on('close', (hadError) => {
    if (hadError) to()?.destroy();
  });
}

interface DelayLine {
  /** Acts when the way is over, after all that was given before. */
  later(act: () => void): void;
  /** Nothing arrives before this moment. */
  notBefore(atMs: number): void;
}

function delayLine(delayMs: number): DelayLine {
  const waiting: { readonly dueAt: number; readonly act: () => void }[] = [];
  let earliest = 0;
  let timer: NodeJS.Timeout | undefined;
  const arrive = (): void => {
    timer = undefined;
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      const leftMs = next.dueAt - performance.now();
      if (leftMs > 0) {
        timer = setTimeout(arrive, Math.ceil(leftMs));
        return;
      }
      waiting.shift();
      next.act();
    }
  };
  return {
    later: (act) => {
      waiting.push({ dueAt: Math.max(performance.now() + delayMs, earliest), act });
      if (timer === undefined) arrive();
    },
    notBefore: (atMs) => {
      earliest = atMs;
    },
  };
}

function listening(address: AddressInfo | string | null): AddressInfo {
  if (address === null || typeof address === 'string') throw new Error('The relay has no port');
  return address;
}

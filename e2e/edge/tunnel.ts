import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Where visitors come to a site whose host has no open port: what its connectors have dialled waits for them. */
export interface TunnelEdge {
  /** `198.18.0.1:PORT`, for connectors. */
  readonly dialled: string;
  /** `http://127.0.0.1:PORT`, for visitors. */
  readonly base: string;
  close(): Promise<void>;
}

/** @param address of this machine, as the host reaches it */
export async function startTunnelEdge(address: string): Promise<TunnelEdge> {
  const connectors: Socket[] = [];
  const visitors: Socket[] = [];
  const open = new Set<Socket>();
  const join = (visitor: Socket, connector: Socket): void => {
    visitor.on('close', () => {
      connector.destroySoon();
    });
    connector.on('close', () => {
      visitor.destroySoon();
    });
    visitor.pipe(connector);
    connector.pipe(visitor);
  };
  /** Of one sort waits while there is none of the other. */
  const take = (from: Socket[], into: Socket[], socket: Socket, pair: (other: Socket) => void) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    // What ends before its time is seen by the visitor: the request fails.
    socket.on('error', () => socket.destroy());
    const other = from.find(({ destroyed }) => !destroyed);
    if (other === undefined) {
      into.push(socket);
      return;
    }
    from.splice(0, from.indexOf(other) + 1);
    pair(other);
  };
  const inward = createServer((visitor) => {
    take(connectors, visitors, visitor, (connector) => {
      join(visitor, connector);
    });
  });
  const outward = createServer((connector) => {
    take(visitors, connectors, connector, (visitor) => {
      join(visitor, connector);
    });
  });
  const [visited, dialled] = [await listen(inward, '127.0.0.1'), await listen(outward, address)];
  return {
    dialled: `${address}:${String(dialled.port)}`,
    base: `http://127.0.0.1:${String(visited.port)}`,
    close: async () => {
      const closed = [inward, outward].map((server) => new Promise((done) => server.close(done)));
      for (const socket of open) socket.destroy();
      await Promise.all(closed);
    },
  };
}

async function listen(server: Server, address: string): Promise<AddressInfo> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, address, resolve);
  });
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the edge has no port');
  return bound;
}

import { afterEach, describe, expect, it } from '@jest/globals';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { startRelay, type Relay } from '../../e2e/harness/relay.js';

const ROUND_TRIP_MS = 60;

let server: Server;
let relay: Relay;
afterEach(async () => {
  await relay.close();
  await new Promise((resolve) => server.close(resolve));
});

/** A connection through the relay to a server that says back what it is told. */
async function toEcho(): Promise<Socket> {
  server = createServer((socket) => socket.pipe(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const { port } = address;
  relay = await startRelay({ host: '127.0.0.1', port, roundTripMs: ROUND_TRIP_MS });
  return connect({ host: relay.address, port: relay.port });
}

async function answerTo(socket: Socket, text: string): Promise<string> {
  let heard = '';
  socket.write(text);
  await new Promise<void>((resolve) => {
    socket.on('data', function hear(chunk: Buffer) {
      heard += chunk.toString();
      if (heard.length < text.length) return;
      socket.removeListener('data', hear);
      resolve();
    });
  });
  return heard;
}

describe('the relay', () => {
  it('makes each answer take its round trip, the first one that of the connection too', async () => {
    const from = performance.now();
    const socket = await toEcho();
    expect(await answerTo(socket, 'one')).toBe('one');
    expect(performance.now() - from).toBeGreaterThanOrEqual(ROUND_TRIP_MS * 2 - 1);
    const again = performance.now();
    expect(await answerTo(socket, 'two')).toBe('two');
    expect(performance.now() - again).toBeGreaterThanOrEqual(ROUND_TRIP_MS - 1);
    socket.destroy();
  });

  it('keeps what is sent in its order', async () => {
    const socket = await toEcho();
    const words = Array.from({ length: 50 }, (_, n) => `${String(n)} `);
    for (const word of words.slice(0, -1)) socket.write(word);
    const last = words.at(-1) ?? '';
    let heard = '';
    const all = new Promise<void>((resolve) => {
      socket.on('data', (chunk: Buffer) => {
        heard += chunk.toString();
        if (heard.endsWith(last)) resolve();
      });
    });
    socket.write(last);
    await all;
    expect(heard).toBe(words.join(''));
    socket.destroy();
  });

  it('counts what may have waited for an answer, and the connection', async () => {
    const socket = await toEcho();
    for (const word of ['one', 'two', 'three']) await answerTo(socket, word);
    expect(relay.roundTripsAt).toHaveLength(1 + 3);
    socket.write('a');
    socket.write('b');
    await answerTo(socket, 'c');
    expect(relay.roundTripsAt).toHaveLength(1 + 4);
    socket.destroy();
  });
});

// Server-sent events and WebSockets, and nothing but Node's own modules.
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import process from 'node:process';
import { clearInterval, setInterval } from 'node:timers';

const release = readFileSync(new URL('RELEASE', import.meta.url), 'utf8').trim();
const ends = new Set();

const server = createServer((request, response) => {
  if (request.url.endsWith('/health')) return response.end('OK');
  response.writeHead(200, { 'content-type': 'text/event-stream', connection: 'close' });
  const timer = setInterval(() => response.write(`data: ${release}\n\n`), 500);
  const end = () => response.end();
  ends.add(end);
  response.on('close', () => {
    clearInterval(timer);
    ends.delete(end);
  });
});

const frame = (opcode, payload) =>
  Buffer.concat([Buffer.from([0x80 | opcode, payload.length]), payload]);

server.on('upgrade', (request, socket) => {
  const key = request.headers['sec-websocket-key'];
  const accept = createHash('sha1')
    .update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  let data = Buffer.alloc(0);
  const end = () => socket.end(frame(8, Buffer.from([0x03, 0xe9])));
  ends.add(end);
  socket.on('close', () => ends.delete(end));
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    data = Buffer.concat([data, chunk]);
    while (data.length >= 6 && data.length >= 6 + (data[1] & 127)) {
      const length = data[1] & 127;
      const payload = Buffer.from(
        data.subarray(6, 6 + length).map((byte, n) => byte ^ data[2 + (n % 4)]),
      );
      const opcode = data[0] & 15;
      data = data.subarray(6 + length);
      if (opcode === 8) return socket.end(frame(8, payload));
      socket.write(frame(opcode === 9 ? 10 : opcode, payload));
    }
  });
});

process.on('SIGTERM', () => {
  for (const end of ends) end();
  server.close(() => process.exit(0));
});
server.listen(4000);

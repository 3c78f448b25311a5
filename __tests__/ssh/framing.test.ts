import { describe, expect, it } from '@jest/globals';

import { createFrames } from '../../src/ssh/framing.js';
import { createTextCollector } from '../../src/ssh/lines.js';

const nonce = 'rd-0123456789abcdef';

/** Reads a stream that comes in pieces of `size` bytes. */
function read(stream: Buffer, size: number): string[] {
  const seen: string[] = [];
  let data = '';
  const frames = createFrames(nonce, {
    data: (bytes) => (data += bytes.toString('latin1')),
    mark: (word, value) => {
      seen.push(data, `${word}=${value}`);
      data = '';
    },
  });
  for (let at = 0; at < stream.length; at += size) frames.push(stream.subarray(at, at + size));
  seen.push(data);
  return seen;
}

describe('frames', () => {
  const stream = Buffer.from(
    [
      `garbage\n${nonce} hello 12\n`,
      `one\n${nonce} 1 0\n`,
      `${nonce} 2 137\n`,
      `no newline${nonce} 3 1\n`,
      `rd-01 ${nonce}; ${nonce} x\n${nonce} 4 y\n${nonce}${nonce} 4 2\n`,
      'rest',
    ].join(''),
  );
  const expected = [
    'garbage\n',
    'hello=12',
    'one\n',
    '1=0',
    '',
    '2=137',
    'no newline',
    '3=1',
    `rd-01 ${nonce}; ${nonce} x\n${nonce} 4 y\n${nonce}`,
    '4=2',
    'rest',
  ];

  it('are the same however the stream is cut', () => {
    for (let size = 1; size <= stream.length; size += 1) {
      expect(read(stream, size)).toEqual(expected);
    }
  });

  it('are never held back for longer than a mark could be', () => {
    let seen = 0;
    const frames = createFrames(nonce, { data: (bytes) => (seen += bytes.length), mark: () => 0 });
    frames.push(Buffer.from('a line\n'));
    expect(seen).toBe(7);
    frames.push(Buffer.from('progress rd-01'));
    frames.push(Buffer.from(' done'));
    expect(seen).toBe(26);
  });

  it('take 50 MB of tiny pieces that look like marks in linear time', () => {
    const piece = Buffer.from(`${nonce.slice(0, -1)}\n`.repeat(200));
    let seen = 0;
    const frames = createFrames(nonce, { data: (bytes) => (seen += bytes.length), mark: () => 0 });
    const rounds = Math.ceil(50_000_000 / piece.length);
    for (let i = 0; i < rounds; i += 1) frames.push(piece);
    expect(seen).toBe(rounds * piece.length);
  });
});

describe('lines', () => {
  it('are told as they are completed, characters whole', () => {
    const lines: string[] = [];
    const collector = createTextCollector((line) => lines.push(line));
    const bytes = Buffer.from('첫 줄\n\n둘째 🚀');
    for (const byte of bytes) collector.push(Buffer.from([byte]));
    expect(lines).toEqual(['첫 줄', '']);
    expect(collector.finish()).toBe('첫 줄\n\n둘째 🚀');
    expect(lines).toEqual(['첫 줄', '', '둘째 🚀']);
  });

  it('keep bytes that are no text from spoiling the rest', () => {
    const collector = createTextCollector(() => undefined);
    collector.push(Buffer.from([0x61, 0xff, 0x62, 0xe2, 0x82]));
    expect(collector.finish()).toBe('a\uFFFDb\uFFFD');
  });
});

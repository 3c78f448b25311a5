import { describe, expect, it } from '@jest/globals';

import fc from 'fast-check';
import { createFrames, createGreeting } from '../../src/ssh/framing.js';
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

  it('give what was printed, whatever it is and however it is cut', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      fc.nat({ max: nonce.length }).map((length) => Buffer.from(nonce.slice(0, length))),
      fc
        .constantFrom(` 1 0`, ' hello 7', ' ', '\n', `${nonce} `, `${nonce} x\n`, `${nonce} 1 a\n`)
        .map(Buffer.from),
    );
    const isMark = new RegExp(`${nonce} [a-z0-9]{1,16} \\d{1,10}\n`);
    const printed = fc
      .array(piece, { maxLength: 8 })
      .map((pieces) => Buffer.concat(pieces).toString('latin1'))
      .filter((text) => !isMark.test(text));
    const answers = fc.array(fc.tuple(printed, fc.nat({ max: 255 })), { maxLength: 6 });
    fc.assert(
      fc.property(answers, fc.integer({ min: 1, max: 70 }), (all, size) => {
        const stream = all.map(
          ([text, code], at) => `${text}${nonce} ${String(at)} ${String(code)}\n`,
        );
        const seen = read(Buffer.from(stream.join(''), 'latin1'), size);
        expect(seen).toEqual([
          ...all.flatMap(([text, code], at) => [text, `${String(at)}=${String(code)}`]),
          '',
        ]);
      }),
      { numRuns: 1_000 },
    );
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

describe('the greeting', () => {
  it('ends with the hello, however it is cut', () => {
    const before = 'Last login: today\nresee-deploy hello $$\n';
    const stream = Buffer.from(`${before}resee-deploy hello 4711\nwhat follows`);
    for (let size = 1; size <= stream.length; size += 1) {
      let pid = 0;
      let rest = '';
      let stray = '';
      const greet = createGreeting({
        stray: (bytes) => (stray += bytes.toString()),
        hello: (told) => (pid = told),
      });
      for (let at = 0; at < stream.length; at += size) {
        const piece = stream.subarray(at, at + size);
        rest += (pid === 0 ? greet(piece) : piece)?.toString() ?? '';
      }
      expect([pid, rest]).toEqual([4711, 'what follows']);
      expect(stray.startsWith(before)).toBe(true);
    }
  });

  it('is all told where no hello comes', () => {
    let stray = '';
    const greet = createGreeting({ stray: (bytes) => (stray += bytes.toString()), hello: () => 0 });
    for (const letter of 'This account is currently not available.\n') greet(Buffer.from(letter));
    expect(stray).toBe('This account is currently not available.\n');
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

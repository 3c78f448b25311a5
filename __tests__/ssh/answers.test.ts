import { describe, expect, it } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { createAnswers } from '../../src/ssh/answers.js';
import { startSession, type ExecChannel } from '../../src/ssh/session.js';

const NONCE = 'rd-0123456789abcdef';

/** What the host's end of a session has been sent, and what it says. */
function channelTo(sent: string[]): ExecChannel {
  const stderr = new PassThrough();
  const channel = new PassThrough({
    // What is written goes to the host, and does not come back.
    transform: (chunk: Buffer, _encoding, done) => {
      sent.push(chunk.toString());
      done();
    },
  });
  return Object.assign(channel, { stderr });
}

describe('the answers of a session', () => {
  it('belong to the commands in their order, however the two streams arrive', async () => {
    const lines: string[] = [];
    const answers = createAnswers(NONCE, { hello: () => undefined, stray: () => undefined });
    const feed = (stream: 'stdout' | 'stderr', text: string): void => {
      answers.feed(stream, Buffer.from(text));
    };
    feed('stdout', 'resee-deploy hello 7\n');
    feed('stderr', 'resee-deploy hello 7\n');
    const first = answers.expect(1, (line, stream) => lines.push(`1 ${stream} ${line}`));
    const second = answers.expect(2, (line, stream) => lines.push(`2 ${stream} ${line}`));
    feed('stdout', `one\n${NONCE} 1 3\ntwo\n${NONCE} 2 0\n`);
    feed('stderr', `ONE\n${NONCE} 1 3\nTWO\n`);
    expect(await first).toEqual({ code: 3, stdout: 'one\n', stderr: 'ONE\n' });
    feed('stderr', `${NONCE} 2 0\n`);
    expect(await second).toEqual({ code: 0, stdout: 'two\n', stderr: 'TWO\n' });
    expect(lines).toEqual(['1 stdout one', '2 stdout two', '1 stderr ONE', '2 stderr TWO']);
  });

  it('take no greeting for an answer', async () => {
    const strays: string[] = [];
    const answers = createAnswers(NONCE, {
      hello: () => undefined,
      stray: (bytes) => strays.push(bytes.toString()),
    });
    const answer = answers.expect(1, () => undefined);
    for (const stream of ['stdout', 'stderr'] as const) {
      answers.feed(stream, Buffer.from(`welcome\nresee-deploy hello 7\nout\n${NONCE} 1 0\n`));
    }
    expect((await answer).stdout).toBe('out\n');
    expect(strays).toEqual(['welcome\n', 'welcome\n']);
  });

  it.each(['stdout', 'stderr'] as const)(
    'that are too long on %s for a text end in an error, and the next one is whole',
    async (stream) => {
      const lines: number[] = [];
      const answers = createAnswers(NONCE, { hello: () => undefined, stray: () => undefined });
      for (const each of ['stdout', 'stderr'] as const) {
        answers.feed(each, Buffer.from('resee-deploy hello 7\n'));
      }
      const first = answers.expect(1, (line) => lines.push(line.length));
      const second = answers.expect(2, () => undefined);
      // The reason is looked at below.
      first.catch(() => undefined);
      const piece = Buffer.alloc(8 * 1024 * 1024, 'x');
      for (let size = 0; size < 600 * 1024 * 1024; size += piece.length)
        answers.feed(stream, piece);
      for (const each of ['stdout', 'stderr'] as const) {
        answers.feed(each, Buffer.from(`\n${NONCE} 1 0\ntwo\n${NONCE} 2 0\n`));
      }
      await expect(first).rejects.toThrow(/printed more than 256 MiB/);
      expect(await second).toEqual({ code: 0, stdout: 'two\n', stderr: 'two\n' });
      expect(Math.max(0, ...lines)).toBeLessThanOrEqual(1_000_001);
    },
  );

  it('keep the end of what a person is told, and all of the data', async () => {
    const answers = createAnswers(NONCE, { hello: () => undefined, stray: () => undefined });
    const text = `${'line\n'.repeat(1_000_000)}the end\n`;
    const answer = answers.expect(1, () => undefined);
    for (const each of ['stdout', 'stderr'] as const) {
      answers.feed(each, Buffer.from(`resee-deploy hello 7\n${text}${NONCE} 1 0\n`));
    }
    const { stdout, stderr } = await answer;
    expect(stdout).toBe(text);
    expect(stderr.length).toBeGreaterThanOrEqual(1024 * 1024);
    expect(stderr.length).toBeLessThanOrEqual(2 * 1024 * 1024);
    expect(text.endsWith(stderr)).toBe(true);
  });

  it('are all rejected when no more can come', async () => {
    const answers = createAnswers(NONCE, { hello: () => undefined, stray: () => undefined });
    const both = [1, 2].map((id) => answers.expect(id, () => undefined));
    answers.fail(new Error('gone'));
    for (const answer of both) await expect(answer).rejects.toThrow('gone');
  });
});

describe('a session far away', () => {
  it('sends a script without waiting for the answer to the one before', async () => {
    const sent: string[] = [];
    const channel = channelTo(sent);
    const opening = startSession(channel, NONCE, 'host');
    channel.push('resee-deploy hello 7\n');
    const session = await opening;
    const ended = [session.run('first'), session.run('second')].map((run) => run.catch(String));
    expect(sent.join('')).toMatch(/^rd-0123456789abcdef\n1 \d+\nfirst#.*2 \d+\nsecond#/s);
    channel.destroy();
    expect(await Promise.all(ended)).toEqual([
      expect.stringContaining('the SSH session on host ended'),
      expect.stringContaining('the SSH session on host ended'),
    ]);
  });
});

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
    feed('stdout', `${NONCE} hello 7\n`);
    feed('stderr', `${NONCE} hello 7\n`);
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
      answers.feed(stream, Buffer.from(`welcome\n${NONCE} hello 7\nout\n${NONCE} 1 0\n`));
    }
    expect((await answer).stdout).toBe('out\n');
    expect(strays).toEqual(['welcome\n', 'welcome\n']);
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
    channel.push(`${NONCE} hello 7\n`);
    const session = await opening;
    const ended = [session.run('first'), session.run('second')].map((run) => run.catch(String));
    expect(sent.join('')).toMatch(/^1 \d+\nfirst#.*2 \d+\nsecond#/s);
    channel.destroy();
    expect(await Promise.all(ended)).toEqual([
      expect.stringContaining('the SSH session on host ended'),
      expect.stringContaining('the SSH session on host ended'),
    ]);
  });
});

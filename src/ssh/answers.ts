import { createFrames } from './framing.js';
import { createTextCollector } from './lines.js';
import type { TextCollector } from './lines.js';

export type StreamName = 'stdout' | 'stderr';

export interface RunResult {
  /** Exit code; 128 + n after signal n. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Puts the two streams of a session together into answers, which come in the order of the commands. */
export interface Answers {
  feed(stream: StreamName, chunk: Buffer): void;
  /** The answer to command `id`, which is the next one to be sent. */
  expect(id: number, onLine: (line: string, stream: StreamName) => void): Promise<RunResult>;
  /** No more will come: all answers that are still expected are rejected. */
  fail(error: Error): void;
}

interface Pending {
  readonly word: string;
  readonly stdout: TextCollector;
  readonly stderr: TextCollector;
  readonly ended: Set<StreamName>;
  readonly resolve: (result: RunResult) => void;
  readonly reject: (error: Error) => void;
}

export interface AnswerEvents {
  /** The loop has started; `pid` is its shell's. */
  hello(pid: number): void;
  /** Bytes outside of an answer: a greeting, or late output of a background process. */
  stray(bytes: Buffer): void;
}

export function createAnswers(nonce: string, events: AnswerEvents): Answers {
  const expected: Pending[] = [];
  const greeted = new Set<StreamName>();
  /** One stream may be at the next answer already while the other still brings the one before. */
  const current = (stream: StreamName): Pending | undefined =>
    greeted.has(stream) ? expected.find(({ ended }) => !ended.has(stream)) : undefined;

  const mark = (stream: StreamName, word: string, value: number): void => {
    if (word === 'hello') {
      greeted.add(stream);
      if (stream === 'stdout') events.hello(value);
      return;
    }
    const done = current(stream);
    if (done?.word !== word) return;
    done.ended.add(stream);
    if (done.ended.size < 2) return;
    expected.shift();
    done.resolve({ code: value, stdout: done.stdout.finish(), stderr: done.stderr.finish() });
  };
  const frames = (stream: StreamName) =>
    createFrames(nonce, {
      data: (bytes) => {
        const answer = current(stream);
        if (answer === undefined) events.stray(bytes);
        else answer[stream].push(bytes);
      },
      mark: (word, value) => {
        mark(stream, word, value);
      },
    });
  const streams = { stdout: frames('stdout'), stderr: frames('stderr') };

  return {
    feed: (stream, chunk) => {
      streams[stream].push(chunk);
    },
    expect: (id, onLine) =>
      new Promise((resolve, reject) => {
        expected.push({
          word: String(id),
          stdout: createTextCollector((line) => {
            onLine(line, 'stdout');
          }),
          stderr: createTextCollector((line) => {
            onLine(line, 'stderr');
          }),
          ended: new Set(),
          resolve,
          reject,
        });
      }),
    fail: (error) => {
      for (const { reject } of expected.splice(0)) reject(error);
    },
  };
}

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

/** Puts the two streams of a session together into the answer to one command at a time. */
export interface Answers {
  feed(stream: StreamName, chunk: Buffer): void;
  /** The answer to command `id`, which is the next one to be sent. */
  expect(id: number, onLine: (line: string, stream: StreamName) => void): Promise<RunResult>;
  /** No more will come: the answer under way is rejected. */
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
  let pending: Pending | undefined;

  const mark = (stream: StreamName, word: string, value: number): void => {
    if (word === 'hello') {
      if (stream === 'stdout') events.hello(value);
      return;
    }
    if (pending?.word !== word) return;
    const done = pending;
    done.ended.add(stream);
    if (done.ended.size < 2) return;
    pending = undefined;
    done.resolve({ code: value, stdout: done.stdout.finish(), stderr: done.stderr.finish() });
  };
  const frames = (stream: StreamName) =>
    createFrames(nonce, {
      data: (bytes) => {
        if (pending === undefined || pending.ended.has(stream)) events.stray(bytes);
        else pending[stream].push(bytes);
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
        pending = {
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
        };
      }),
    fail: (error) => {
      pending?.reject(error);
      pending = undefined;
    },
  };
}

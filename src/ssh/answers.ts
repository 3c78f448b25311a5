import { DeployError } from '../errors.js';
import { createFrames, createGreeting, type FrameEvents, type GreetingEvents } from './framing.js';
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
  /** Bytes of both streams. */
  bytes: number;
  readonly ended: Set<StreamName>;
  readonly resolve: (result: RunResult) => void;
  readonly reject: (error: Error) => void;
}

/** What one command may print: a text of more than 512 MiB is none that Node can hold. */
const MOST_BYTES = 256 * 1024 * 1024;
/** What is kept of what a person is told. */
const LAST_OF_STDERR = 1024 * 1024;

export interface AnswerEvents {
  /** The loop has started; `pid` is its shell's. */
  hello(pid: number): void;
  /** Bytes outside of an answer: a greeting, or late output of a background process. */
  stray(bytes: Buffer): void;
}

export function createAnswers(nonce: string, events: AnswerEvents): Answers {
  const expected: Pending[] = [];
  const streams = {
    stdout: openStream(nonce, eventsOf('stdout', expected, events)),
    stderr: openStream(nonce, eventsOf('stderr', expected, events)),
  };
  return {
    feed: (stream, chunk) => {
      streams[stream](chunk);
    },
    expect: (id, onLine) =>
      new Promise((resolve, reject) => {
        const collect = (stream: StreamName, lastUnits = Infinity): TextCollector =>
          createTextCollector(
            (line) => {
              onLine(line, stream);
            },
            { lastUnits },
          );
        expected.push({
          word: String(id),
          stdout: collect('stdout'),
          stderr: collect('stderr', LAST_OF_STDERR),
          bytes: 0,
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

type StreamEvents = GreetingEvents & FrameEvents;

function eventsOf(stream: StreamName, expected: Pending[], events: AnswerEvents): StreamEvents {
  /** One stream may be at the next answer already while the other still brings the one before. */
  const current = (): Pending | undefined => expected.find(({ ended }) => !ended.has(stream));
  return {
    stray: events.stray,
    hello: (pid) => {
      if (stream === 'stdout') events.hello(pid);
    },
    data: (bytes) => {
      const answer = current();
      if (answer === undefined) events.stray(bytes);
      else take(answer, stream, bytes);
    },
    mark: (word, value) => {
      const done = current();
      if (done?.word !== word) return;
      done.ended.add(stream);
      if (done.ended.size < 2) return;
      expected.shift();
      if (done.bytes > MOST_BYTES) return;
      done.resolve({ code: value, stdout: done.stdout.finish(), stderr: done.stderr.finish() });
    },
  };
}

/** One that prints too much is given up; what it goes on to print is dropped. */
function take(answer: Pending, stream: StreamName, bytes: Buffer): void {
  answer.bytes += bytes.length;
  if (answer.bytes <= MOST_BYTES) answer[stream].push(bytes);
  else answer.reject(tooMuch());
}

function tooMuch(): DeployError {
  return new DeployError({
    what: `a command on the host printed more than ${String(MOST_BYTES / 1024 / 1024)} MiB`,
    next: 'See the lines above for what printed it: a build, a command of pre-deploy, or a container.',
  });
}

/** The greeting of a stream, and what follows it. */
function openStream(nonce: string, events: StreamEvents): (chunk: Buffer) => void {
  const frames = createFrames(nonce, events);
  let greeted = false;
  const greet = createGreeting({
    stray: events.stray,
    hello: (pid) => {
      greeted = true;
      events.hello(pid);
    },
  });
  return (chunk) => {
    const bytes = greeted ? chunk : greet(chunk);
    if (bytes !== undefined) frames.push(bytes);
  };
}

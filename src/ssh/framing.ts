/**
 * Cuts one stream of a session into the answers of its commands.
 *
 * The loop on the host ends each answer with `<nonce> <word> <number>\n`, on stdout and on stderr.
 * The nonce is random per session, and what follows it must have exactly this form: a listing of
 * processes or variables that happens to show the nonce is data.
 */
export interface Frames {
  /** Takes the next bytes of the stream, cut anywhere. */
  push(chunk: Buffer): void;
}

export interface FrameEvents {
  /** Bytes of the answer that is under way; never a part of a mark. */
  data(bytes: Buffer): void;
  mark(word: string, value: number): void;
}

/** What a session's loop says first, followed by its pid. */
export const HELLO = 'resee-deploy hello';
const greeting = new RegExp(`${HELLO} (\\d{1,10})\\n`);
const longestGreetingBytes = HELLO.length + 12;

export interface GreetingEvents {
  /** Bytes before the hello. Where it does not come with them in one piece, its first bytes may be among them. */
  stray(bytes: Buffer): void;
  hello(pid: number): void;
}

/** Waits for the hello of a stream; gives what comes behind it, undefined until then. */
export function createGreeting(events: GreetingEvents): (chunk: Buffer) => Buffer | undefined {
  let held = Buffer.alloc(0);
  return (chunk) => {
    const bytes = Buffer.concat([held, chunk]);
    const match = greeting.exec(bytes.toString('latin1'));
    if (match === null) {
      events.stray(chunk);
      held = Buffer.from(bytes.subarray(Math.max(0, bytes.length - longestGreetingBytes)));
      return undefined;
    }
    events.stray(bytes.subarray(held.length, Math.max(held.length, match.index)));
    events.hello(Number(match[1]));
    return bytes.subarray(match.index + match[0].length);
  };
}

/** Longest text after a nonce that can still be a mark: two spaces, two numbers, a newline. */
const longestTailBytes = 40;
const completeTail = /^ ([a-z0-9]{1,16}) (\d{1,10})\n/;
const startOfTail = /^( ([a-z0-9]{0,16}( \d{0,10})?)?)?$/;

/** Reads frames in time linear in the stream: held-back bytes never exceed one mark. */
export function createFrames(nonce: string, events: FrameEvents): Frames {
  const needle = Buffer.from(nonce, 'latin1');
  let held = Buffer.alloc(0);

  const emit = (bytes: Buffer): void => {
    if (bytes.length > 0) events.data(bytes);
  };

  const push = (chunk: Buffer): void => {
    const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    held = Buffer.alloc(0);
    let start = 0;
    let searchFrom = 0;
    for (;;) {
      const at = bytes.indexOf(needle, searchFrom);
      if (at === -1) {
        const keepFrom = startOfNeedle(bytes, needle, Math.max(start, searchFrom));
        emit(bytes.subarray(start, keepFrom));
        held = Buffer.from(bytes.subarray(keepFrom));
        return;
      }
      const afterNonce = at + needle.length;
      const tail = bytes.toString('latin1', afterNonce, afterNonce + longestTailBytes);
      const match = completeTail.exec(tail);
      if (match !== null) {
        emit(bytes.subarray(start, at));
        start = searchFrom = afterNonce + match[0].length;
        events.mark(match[1] ?? '', Number(match[2]));
      } else if (startOfTail.test(tail)) {
        emit(bytes.subarray(start, at));
        held = Buffer.from(bytes.subarray(at));
        return;
      } else {
        searchFrom = afterNonce;
      }
    }
  };
  return { push };
}

/** Index from which the last bytes could be the beginning of the needle; the length if none could. */
function startOfNeedle(bytes: Buffer, needle: Buffer, from: number): number {
  const first = Math.max(from, bytes.length - needle.length + 1);
  for (let at = first; at < bytes.length; at += 1) {
    if (bytes.subarray(at).equals(needle.subarray(0, bytes.length - at))) return at;
  }
  return bytes.length;
}

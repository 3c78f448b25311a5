import type { FailureKind } from './failure.js';
import type { HttpAnswer } from './http.js';

/** An answer that was asked for on the host: a line of remote/ask.sh. */
export interface HostAnswer {
  /** On the host's clock: milliseconds of its uptime. */
  readonly sentAt: number;
  readonly answer: HttpAnswer;
}

/** @returns undefined for a line that is none of ask.sh */
export function parseHostAnswer(line: string): HostAnswer | undefined {
  const match = /^(\d+) (\d+) (\d+) (.*)$/.exec(line);
  if (match === null) return undefined;
  const [, sent = '', duration = '', code = '', text = ''] = match;
  const durationMs = Number(duration) * 10;
  return { sentAt: Number(sent) * 10, answer: answerOf(Number(code), text, durationMs) };
}

function answerOf(code: number, text: string, durationMs: number): HttpAnswer {
  const message = text.replaceAll('\t', ' ').trim();
  if (code !== 0)
    return { kind: kindOf(code, message), message: orElse(message, code), durationMs };
  if (message === '') {
    return { kind: 'reset', message: 'the connection was closed without an answer', durationMs };
  }
  return (
    parseResponse(text, durationMs) ?? { kind: 'not-http', message: 'no HTTP came', durationMs }
  );
}

function orElse(message: string, code: number): string {
  return message === '' ? `exit code ${code}` : message;
}

/** Head and body, with tabs for line ends. An interim answer (1xx) may come before the real one. */
function parseResponse(text: string, durationMs: number): HttpAnswer | undefined {
  const [head = '', ...rest] = text.split('\t\t');
  const [first = '', ...lines] = head.split('\t');
  const status = Number(/^HTTP\/\d(?:\.\d)? (\d{3})(?: |$)/.exec(first)?.[1] ?? Number.NaN);
  if (Number.isNaN(status)) return undefined;
  const body = rest.join('\t\t');
  if (status < 200 && status !== 101) return parseResponse(body, durationMs);
  const headers = Object.fromEntries(
    lines.flatMap((line) => {
      const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name.toLowerCase(), value.trim()]];
    }),
  );
  return { kind: 'response', status, durationMs, headers, body };
}

/** curl's and `timeout`'s own codes; all else is told in words, which are alike from tool to tool. */
const curlNotConnected = 7;
const curlTimedOut = 28;
const killedByTimeout = 124;

function kindOf(code: number, message: string): FailureKind {
  if (code === curlTimedOut || code === killedByTimeout || /timed out/i.test(message)) {
    return 'timeout';
  }
  if (/refused/i.test(message)) return 'refused';
  if (/no route|unreachable/i.test(message)) return 'unreachable';
  if (/resolve|not known|resolution|bad address/i.test(message)) return 'unknown-name';
  if (/\b(ssl|tls|certificate)/i.test(message)) return 'tls';
  if (message.includes('HTTP/0.9')) return 'not-http';
  return code === curlNotConnected ? 'refused' : 'reset';
}

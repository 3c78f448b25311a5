import { describe, expect, it } from '@jest/globals';

import { parseHostAnswer } from '../../src/health/host-answer.js';

describe('an answer that was asked for on the host', () => {
  it('is a response with status, headers and body', () => {
    const line =
      '12345 7 0 HTTP/1.1 200 OK\tServer: nginx\tX-Release: r2\tSet-Cookie: a=b\t\t{"release":"r2",\t\t"a":1}\t';
    expect(parseHostAnswer(line)).toEqual({
      sentAt: 123_450,
      answer: {
        kind: 'response',
        status: 200,
        durationMs: 70,
        headers: { server: 'nginx', 'x-release': 'r2', 'set-cookie': 'a=b' },
        body: '{"release":"r2",\t\t"a":1}\t',
      },
    });
  });

  it.each([
    ['HTTP/1.0 503 Service Unavailable\t\t', 503],
    ['HTTP/1.1 204 No Content', 204],
    ['HTTP/1.1 200', 200],
    ['HTTP/2 301 \tlocation: /x\t\t', 301],
    ['HTTP/1.1 103 Early Hints\tLink: </x>\t\tHTTP/1.1 200 OK\t\tbody', 200],
  ])('has the status of %j', (text, status) => {
    expect(parseHostAnswer(`1 1 0 ${text}`)?.answer).toMatchObject({ kind: 'response', status });
  });

  it.each([
    [
      7,
      'curl: (7) Failed to connect to localhost port 80 after 0 ms: Could not connect',
      'refused',
    ],
    [7, 'bash: line 1: /dev/tcp/localhost/80: Connection refused', 'refused'],
    [4, 'Connecting to localhost:80... failed: Connection refused.', 'refused'],
    [28, 'curl: (28) Operation timed out after 5001 milliseconds', 'timeout'],
    [124, '', 'timeout'],
    [1, 'wget: download timed out', 'timeout'],
    [6, 'curl: (6) Could not resolve host: nowhere', 'unknown-name'],
    [1, "wget: bad address 'nowhere'", 'unknown-name'],
    [7, 'bash: nowhere: Name or service not known', 'unknown-name'],
    [7, 'curl: (7) No route to host', 'unreachable'],
    [35, 'curl: (35) TLS connect error: error:0A00010B:SSL routines::wrong version number', 'tls'],
    [1, 'curl: (1) Received HTTP/0.9 when not allowed', 'not-http'],
    [52, 'curl: (52) Empty reply from server', 'reset'],
    [56, 'curl: (56) Recv failure: Connection reset by peer', 'reset'],
    [0, '', 'reset'],
    [0, 'SSH-2.0-OpenSSH_9.6', 'not-http'],
  ])('with exit code %d and %j is %s', (code, text, kind) => {
    expect(parseHostAnswer(`1 1 ${String(code)} ${text}`)?.answer.kind).toBe(kind);
  });

  it('says what the tool said', () => {
    expect(parseHostAnswer('1 1 6 curl: (6)\tno such host\t')?.answer).toMatchObject({
      message: 'curl: (6) no such host',
    });
    expect(parseHostAnswer('1 1 3 ')?.answer).toMatchObject({ message: 'exit code 3' });
  });

  it('is no other line', () => {
    expect(parseHostAnswer('')).toBeUndefined();
    expect(parseHostAnswer('mktemp: no space left')).toBeUndefined();
  });
});

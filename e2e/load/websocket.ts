import { WebSocket } from 'ws';
import { now, reasonOf } from './request.js';
import type { StreamSpec } from './spec.js';
import { endedInGoodOrder, type LoadRun, type RecordLife } from './shared.js';
import type { AttemptEnd } from './tally.js';

type WebSocketStream = Extract<StreamSpec, { kind: 'websocket' }>;

/** What `ws` calls an end without a close frame (RFC 6455, 7.1.5). */
const ABNORMAL = 1006;

/** Done, going away, and restarting (RFC 6455, 7.4.1, and its registry): a client connects again. */
const IN_GOOD_ORDER: readonly number[] = [1000, 1001, 1012];

/**
 * One life of a WebSocket against an echo: each echo is a good answer; a close frame that says so is
 * `closed`; silence, an end without a close frame, with another code, or before a drain could be
 * over, is a failure.
 */
export function webSocketLife(
  run: LoadRun,
  stream: WebSocketStream,
  record: RecordLife,
): Promise<void> {
  return new Promise((resolve) => {
    const openedAt = now();
    let heardAt = openedAt;
    let over = false;
    const finish = (end: AttemptEnd | undefined): void => {
      if (over) return;
      over = true;
      clearInterval(watch);
      clearInterval(talk);
      run.stopped.removeEventListener('abort', leave);
      if (end !== undefined) record(heardAt, end);
      socket.terminate();
      resolve();
    };
    const fail = (reason: string): void => {
      finish({ kind: 'failed', reason });
    };
    const leave = (): void => {
      finish(undefined);
    };
    const watch = setInterval(() => {
      if (now() - heardAt > stream.silenceMs) fail('silence');
    }, 100);
    run.stopped.addEventListener('abort', leave);

    const url = new URL(stream.request.path, run.spec.base);
    url.protocol = 'ws:';
    const socket = new WebSocket(url, {
      headers: { ...stream.request.headers },
    });
    const talk = setInterval(() => {
      if (socket.readyState === WebSocket.OPEN) socket.send('ping');
    }, 1000 / stream.perSecond);
    socket.on('message', () => {
      record(heardAt, { kind: 'ok', release: undefined });
      heardAt = now();
    });
    socket.on('unexpected-response', (_request, answer) => {
      fail(`status ${String(answer.statusCode)}`);
    });
    socket.on('error', (error) => {
      fail(reasonOf(error));
    });
    socket.on('close', (code) => {
      if (code === ABNORMAL) fail('closed without a close frame');
      else if (!IN_GOOD_ORDER.includes(code)) fail(`closed with ${String(code)}`);
      else finish(endedInGoodOrder(now() - openedAt, stream.heldMs));
    });
  });
}

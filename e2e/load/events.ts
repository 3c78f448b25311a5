import { request as httpRequest } from 'node:http';
import { headersOf, now, reasonOf } from './request.js';
import type { StreamSpec } from './spec.js';
import { endedInGoodOrder, type LoadRun, type RecordLife } from './shared.js';

type EventStream = Extract<StreamSpec, { kind: 'events' }>;

/**
 * One life of a stream of server-sent events: each event is a good answer, silence and a broken
 * connection are failures, and so is an end that comes before a drain could be over. A later end in
 * good order is `closed` (a browser connects again).
 */
export function eventLife(
  run: LoadRun,
  { request, silenceMs, heldMs }: EventStream,
  record: RecordLife,
): Promise<void> {
  return new Promise((resolve) => {
    const openedAt = now();
    let heardAt = openedAt;
    let over = false;
    const finish = (end: Parameters<RecordLife>[1] | undefined): void => {
      if (over) return;
      over = true;
      clearInterval(watch);
      run.stopped.removeEventListener('abort', leave);
      if (end !== undefined) record(heardAt, end);
      message.destroy();
      resolve();
    };
    const leave = (): void => {
      finish(undefined);
    };
    const watch = setInterval(() => {
      if (now() - heardAt > silenceMs) finish({ kind: 'failed', reason: 'silence' });
    }, 100);
    run.stopped.addEventListener('abort', leave);

    const message = httpRequest(new URL(request.path, run.spec.base), {
      agent: false,
      headers: { accept: 'text/event-stream', ...headersOf(request) },
    });
    message.on('error', (error) => {
      finish({ kind: 'failed', reason: reasonOf(error) });
    });
    message.on('response', (answer) => {
      if (answer.statusCode !== 200) {
        finish({
          kind: 'failed',
          reason: `status ${String(answer.statusCode)}`,
        });
      }
      answer.on('data', () => {
        record(heardAt, { kind: 'ok', release: undefined });
        heardAt = now();
      });
      answer.on('error', () => {
        finish({ kind: 'failed', reason: 'truncated' });
      });
      answer.on('end', () => {
        finish(endedInGoodOrder(now() - openedAt, heldMs));
      });
    });
    message.end();
  });
}

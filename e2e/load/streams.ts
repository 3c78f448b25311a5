import { Agent } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { eventLife } from './events.js';
import { now, send } from './request.js';
import type { LoadRun, RecordLife } from './shared.js';
import type { StreamSpec } from './spec.js';
import type { AttemptEnd } from './tally.js';
import { webSocketLife } from './websocket.js';

/** Runs one stream until the load is stopped, and then until its last request has ended. */
export async function runStream(run: LoadRun, stream: StreamSpec): Promise<void> {
  switch (stream.kind) {
    case 'keep-alive': {
      const agents = times(stream.connections, () => new Agent({ keepAlive: true, maxSockets: 1 }));
      const intervalMs = (1000 * stream.connections) / stream.perSecond;
      await Promise.all(
        agents.map((agent, lane) =>
          paced(run, intervalMs, (lane * intervalMs) / agents.length, async (n) => {
            if (stream.staleCheck === true) await hearOfEnds();
            await attempt(run, stream.name, () => send(run.spec, stream.request, agent, n));
          }),
        ),
      );
      for (const agent of agents) agent.destroy();
      return;
    }
    case 'fresh': {
      const open = new Set<Promise<void>>();
      await paced(run, 1000 / stream.perSecond, 0, (n) => {
        const one = attempt(run, stream.name, () => send(run.spec, stream.request, false, n));
        open.add(one);
        void one.finally(() => open.delete(one));
        return Promise.resolve();
      });
      await Promise.all(open);
      return;
    }
    case 'in-flight':
      // Staggered over two seconds, so that some request is always near its beginning.
      await Promise.all(
        times(stream.concurrency, (lane) =>
          paced(run, 0, (2000 * lane) / stream.concurrency, (n) =>
            attempt(run, stream.name, () => send(run.spec, stream.request, false, n)),
          ),
        ),
      );
      return;
    case 'events':
      await lives(run, stream.name, stream.connections, (record) => eventLife(run, stream, record));
      return;
    case 'websocket':
      await lives(run, stream.name, stream.connections, (record) =>
        webSocketLife(run, stream, record),
      );
      return;
  }
}

/**
 * The ends of connections that have come by now have been read when this resolves: Node polls before
 * immediates, and reads an answer in one poll, the end behind it in the next.
 */
async function hearOfEnds(): Promise<void> {
  await setImmediate();
  await setImmediate();
}

/** Long connections, each opened again when it has ended, with a breath after a failure. */
async function lives(
  run: LoadRun,
  stream: string,
  connections: number,
  life: (record: RecordLife) => Promise<void>,
): Promise<void> {
  const record: RecordLife = (startMs, end) => {
    run.record({
      stream,
      startMs: startMs - run.startedAt,
      endMs: now() - run.startedAt,
      end,
    });
  };
  await Promise.all(times(connections, () => paced(run, 100, 0, () => life(record))));
}

async function attempt(
  run: LoadRun,
  stream: string,
  work: () => Promise<AttemptEnd>,
): Promise<void> {
  const startMs = now() - run.startedAt;
  const end = await work();
  run.record({ stream, startMs, endMs: now() - run.startedAt, end });
}

/** Calls `work` each `intervalMs`; a late one is sent at once, and missed ones are not made up for. */
async function paced(
  run: LoadRun,
  intervalMs: number,
  offsetMs: number,
  work: (number: number) => Promise<void>,
): Promise<void> {
  let dueAt = now() + offsetMs;
  for (let number = 1; await due(run, dueAt); number += 1) {
    if (!run.take()) return;
    await work(number);
    dueAt = Math.max(dueAt + intervalMs, now() - intervalMs);
  }
}

async function due(run: LoadRun, dueAt: number): Promise<boolean> {
  const waitMs = dueAt - now();
  if (waitMs > 0 && !run.stopped.aborted) {
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        run.stopped.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, waitMs);
      run.stopped.addEventListener('abort', wake);
    });
  }
  return !run.stopped.aborted;
}

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

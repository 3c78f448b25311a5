import type { Clock } from '../clock.js';
import type { Session } from '../ssh/session.js';
import { parseHostAnswer } from './host-answer.js';
import { createRecord } from './probe.js';
import type { Probe } from './probe.js';
import type { Judge } from './sample.js';

export interface HostProbeOptions {
  /** Asks until it is killed, and prints a line of remote/ask.sh for each answer. */
  readonly script: string;
  /** Ends the script's whole session. */
  readonly kill: () => Promise<unknown>;
  readonly judge: Judge;
}

/**
 * A probe that runs as one loop on the host, one request after the other. Times are the host's own:
 * neither the way to it nor a busy runner is in them.
 */
export function startHostProbe(
  session: Session,
  { script, kill, judge }: HostProbeOptions,
  clock: Clock,
): Probe {
  const record = createRecord(clock);
  let waiting: (() => void)[] = [];
  let running = true;
  let stopping = false;
  /** Our clock minus the host's: a line that was quick to come knows it best. */
  let offsetMs = Infinity;
  const wake = (): void => {
    for (const resolve of waiting) resolve();
    waiting = [];
  };
  const hear = (line: string): void => {
    const heard = parseHostAnswer(line);
    if (heard === undefined) return;
    const { sentAt, answer } = heard;
    offsetMs = Math.min(offsetMs, clock.now() - sentAt - answer.durationMs);
    record.add({
      sentAt: sentAt + offsetMs,
      durationMs: answer.durationMs,
      result: judge(answer),
    });
    wake();
  };
  const ended = session
    .run(script, {
      onLine: (line, stream) => {
        if (stream === 'stdout') hear(line);
      },
    })
    .then(
      () => 'the probe on the host ended by itself',
      () => 'the SSH connection was lost',
    )
    .then((why) => {
      running = false;
      if (!stopping) {
        record.add({ sentAt: clock.now(), durationMs: 0, result: { kind: 'uncounted', why } });
      }
      wake();
    });
  return {
    snapshot: record.snapshot,
    mark: record.mark,
    since: record.since,
    begin: record.begin,
    before: record.before,
    // The one that was under way is the next to be told.
    settle: () => (running ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve()),
    stop: async () => {
      stopping = true;
      const summary = record.snapshot();
      await kill();
      await Promise.all([ended, session.close()]);
      return summary;
    },
  };
}

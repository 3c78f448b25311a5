import { performance } from 'node:perf_hooks';
import type { Bed } from '../scenarios/bed.js';
import type { ActionRun } from './action.js';
import { phasesIn, startOf } from './report.js';
import { startRelay } from './relay.js';

/** What a deploy cannot be faster than, whoever makes it: the site's own build, start and stop. */
const FLOOR =
  /^(build|run in the new image|start|let the old|tell the old|wait until the old|stop)/;
/** Sent one behind the other, so that only the first of a row waits for a way to the host. */
const SENT_AHEAD =
  /^(lease|build|bring|hold|run in the new image|start|let the old|tell the old|wait until the old|stop)/;
/** While it watches, the health check's own requests go on beside it. */
const WATCH = /^(check the health|soak)/;

export interface Overhead {
  readonly roundTripMs: number;
  /** What the deploy took beyond the site's own build, commands, start and stop, and the soak. */
  readonly overheadMs: number;
  readonly totalMs: number;
  /**
   * Those that the deploy waited for, one after the other, TCP and SSH included. Requests during the
   * soak, which lasts as long without them, are one.
   */
  readonly roundTrips: number;
  /** A line for people: each phase, and when the round trips began. */
  readonly shown: string;
  readonly run: ActionRun;
}

export interface OverheadOptions {
  readonly roundTripMs: number;
  /** The soak that is asked for. */
  readonly soakMs: number;
  /** Without the availability probe, whose requests would be counted as round trips. */
  readonly quiet?: boolean;
}

/** Deploys `sha` to a host that is so far away. */
export async function measureOverhead(
  bed: Bed,
  sha: string,
  { roundTripMs, soakMs, quiet = false }: OverheadOptions,
): Promise<Overhead> {
  const relay = await startRelay({ host: bed.host.address, port: bed.host.port, roundTripMs });
  try {
    const run = await bed.deploy(sha, {
      inputs: {
        host: relay.address,
        port: String(relay.port),
        soak: `${String(soakMs)}ms`,
        ...(quiet ? { 'probe-interval': '0' } : {}),
      },
    });
    if (run.outputs['result'] !== 'deployed') throw new Error(run.log.slice(-3_000));
    const began = relay.roundTripsAt.map((at) => performance.timeOrigin + at);
    return { ...judge(run, began, { roundTripMs, soakMs }), run };
  } finally {
    await relay.close();
  }
}

function judge(
  run: ActionRun,
  roundTripsAt: readonly number[],
  { roundTripMs, soakMs }: OverheadOptions,
): Omit<Overhead, 'run'> {
  const from = startOf(run.report);
  const phases = phasesIn(run.report).map(({ name, startMs, durationMs }) => ({
    name,
    durationMs,
    endMs: startMs + durationMs,
    trips: roundTripsAt.filter((at) => at >= from + startMs && at < from + startMs + durationMs)
      .length,
  }));
  if (!phases.some(({ name }) => FLOOR.test(name)))
    throw new Error('No phase of the report is a build or a start');
  // The last phase says itself how long the old release took to finish what it had begun.
  const stopMs = /^stopped within (\d+) ms$/m.exec(run.log)?.[1];
  if (stopMs === undefined) throw new Error('The log does not tell how long the stop took');
  const floorMs = phases.reduce((sum, { name, durationMs }, index) => {
    if (!FLOOR.test(name)) return sum;
    // What was spent on the way to the host is not the site's.
    const waited = !SENT_AHEAD.test(name) || !SENT_AHEAD.test(phases[index - 1]?.name ?? '');
    return sum + durationMs - (waited ? roundTripMs : 0);
  }, Number(stopMs));
  const watched = phases
    .filter(({ name }) => WATCH.test(name))
    .reduce((sum, { trips }) => sum + trips, 0);
  const overheadMs = Math.round(run.durationMs - floorMs - soakMs);
  const endedAt = from + Math.max(...phases.map(({ endMs }) => endMs));
  // Nobody waits for the answer to a farewell.
  const waitedFor = roundTripsAt.filter((at) => at < endedAt).length;
  const roundTrips = waitedFor - Math.max(0, watched - 1);
  const parts = phases.map(
    ({ name, durationMs, trips }) =>
      `${name} ${Math.round(durationMs)}${trips === 0 ? '' : ` (${String(trips)})`}`,
  );
  return {
    roundTripMs,
    overheadMs,
    totalMs: run.durationMs,
    roundTrips,
    shown: `${overheadMs} ms at ${roundTripMs} ms, ${roundTrips} round trips (${parts.join(', ')})`,
  };
}

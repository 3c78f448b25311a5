import type { Clock } from '../clock.js';
import { describeAnswer } from '../health/check.js';
import type { Entrance } from '../health/entrance.js';
import type { Availability, Measurement } from '../health/measurement.js';
import type { Probe } from '../health/probe.js';
import { measurePublic, publicProblem, publicWay } from '../health/public.js';
import { byStatus } from '../health/sample.js';
import { acceptedStatuses } from '../health/verdict.js';
import type { Inputs } from '../inputs.js';
import type { Log } from '../log.js';

/** Measures the site's availability until it is stopped. */
export interface Measuring {
  /** Of the host's own entrance; undefined where that is not measured. */
  readonly probe: Probe | undefined;
  /** Ends the measuring, and the entrance with it. Never rejects. */
  stop(): Promise<Availability>;
}

interface MeasureDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/**
 * Measures from now on: the host's own entrance, and, apart from it, `url` from this machine. Each is
 * measured only where it answers now: the failures of a site that doesn't are not the deploy's.
 */
export async function startMeasuring(
  entrance: Entrance,
  { probeIntervalMs, health, url }: Inputs,
  { clock, log, signal }: MeasureDeps,
): Promise<Measuring> {
  const address = health.url.href;
  const statuses = acceptedStatuses(entrance.first, health.status);
  const why =
    probeIntervalMs === 0 ? '`probe-interval` is 0' : reasonNotToMeasure(entrance, statuses);
  if (why !== undefined) log.info(`availability is not measured at ${address}: ${why}`);
  const elsewhere =
    probeIntervalMs === 0 || url === undefined
      ? undefined
      : measurePublic({ address: url, intervalMs: probeIntervalMs }, publicWay(url), clock);
  const probe =
    why === undefined ? await entrance.startProbe(probeIntervalMs, statuses) : undefined;
  const here = async (): Promise<Measurement> =>
    probe === undefined
      ? { kind: 'unmeasured', address, why: why ?? '' }
      : { kind: 'measured', address, summary: await probe.stop(signal) };
  return {
    probe,
    stop: async () => {
      const [atEntrance, atUrl] = await Promise.all([here(), elsewhere?.stop(signal)]);
      // Its end needs no waiting for.
      void entrance.close();
      return { entrance: atEntrance, public: atUrl };
    },
  };
}

function reasonNotToMeasure({ first }: Entrance, statuses: readonly number[]): string | undefined {
  return byStatus(...statuses)(first).kind === 'ok'
    ? undefined
    : `it did not answer ${String(statuses[0])} before the deploy (${describeAnswer(first)})`;
}

/** The health check decides; what stands before the host is not this release's to answer for. */
export async function checkPublicUrl({ url }: Inputs, deps: MeasureDeps): Promise<void> {
  if (url === undefined) return;
  try {
    const problem = await publicProblem(publicWay(url), deps.clock, deps.signal);
    if (problem === undefined) deps.log.info(`${url} answers`);
    else deps.log.warn(`the release serves, but ${url} does not answer from here: ${problem}`);
  } catch (error) {
    // A cancel comes too late for this release, which serves.
    if (!deps.signal.aborted) throw error;
  }
}

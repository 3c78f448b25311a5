import type { Clock } from '../clock.js';
import { RefusedError } from '../errors.js';
import type { HealthInputs } from '../inputs.js';
import type { Log } from '../log.js';
import type { Connection } from '../ssh/connect.js';
import type { Session } from '../ssh/session.js';
import { absentPath } from './doubt.js';
import { askOnHost, findTool, probeOnHost } from './host-requests.js';
import { httpGet } from './http.js';
import type { HttpAnswer } from './http.js';
import { startProbe } from './probe.js';
import type { Probe } from './probe.js';
import { byStatus } from './sample.js';
import { atPath } from './site-path.js';

/** The host's own entrance, as `health-url` names it: the way that the verdict is about. */
export interface Entrance {
  /** Asks once. Never rejects: what went wrong is the answer. */
  check(): Promise<HttpAnswer>;
  /** Asks the same site for a path that it does not have. */
  checkAbsent(): Promise<HttpAnswer>;
  /** Asks the same site for this path. Never rejects. */
  askPath(path: string): Promise<HttpAnswer>;
  /** What it answered when it was opened. */
  readonly first: HttpAnswer;
  /** @param statuses what a good answer has */
  startProbe(intervalMs: number, statuses: readonly number[]): Promise<Probe>;
  close(): Promise<void>;
}

type Way = Pick<Connection, 'dial' | 'openSession'>;

const REQUEST_TIMEOUT_MS = 5_000;
/** Each request starts processes on the host. */
const SHORTEST_INTERVAL_ON_HOST_MS = 200;

/**
 * Finds the way to the host's entrance: through the SSH connection, or, where sshd forwards nothing, by
 * asking on the host itself.
 *
 * @throws RefusedError where neither is possible
 */
export async function openEntrance(
  connection: Way,
  health: HealthInputs,
  deps: { readonly clock: Clock; readonly log: Log },
): Promise<Entrance> {
  const tunnel = throughTunnel(connection, health, deps.clock);
  const first = await tunnel.check();
  return first.kind === 'forbidden'
    ? onHost(connection, health, deps, first.message)
    : { ...tunnel, first };
}

function throughTunnel(
  connection: Way,
  { url, host }: HealthInputs,
  clock: Clock,
): Omit<Entrance, 'first'> {
  const ask = (at: URL): Promise<HttpAnswer> =>
    httpGet(connection.dial, at, {
      ...(host === undefined ? {} : { host }),
      timeoutMs: REQUEST_TIMEOUT_MS,
    });
  const check = (): Promise<HttpAnswer> => ask(url);
  let pulsing: Promise<Session> | undefined;
  const pulse = async (): Promise<void> => {
    pulsing ??= connection.openSession();
    await (await pulsing).run(':');
  };
  return {
    check,
    checkAbsent: () => ask(atPath(absentPath(url), url)),
    askPath: (path) => ask(atPath(path, url)),
    startProbe: (intervalMs, statuses) =>
      Promise.resolve(
        startProbe(check, { intervalMs, judge: byStatus(...statuses), pulse }, clock),
      ),
    close: async () => {
      // A session that never opened needs no end.
      const session = await pulsing?.catch(() => undefined);
      await session?.close();
    },
  };
}

async function onHost(
  connection: Way,
  health: HealthInputs,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  forbidden: string,
): Promise<Entrance> {
  const session = await connection.openSession();
  const tool = await findTool(session, health);
  if (tool === undefined) {
    throw new RefusedError({
      what: 'the site cannot be asked: sshd forwards no connection, and the host has no curl, bash or wget',
      where: health.url.href,
      next: `Install curl on the host. Or let sshd forward: ${forbidden}`,
    });
  }
  log.info(`sshd forwards no connections: ${health.url.href} is asked on the host, with ${tool}`);
  const target = { ...health, tool, timeoutMs: REQUEST_TIMEOUT_MS };
  const check = (): Promise<HttpAnswer> => askOnHost(session, target);
  return {
    check,
    checkAbsent: () =>
      askOnHost(session, { ...target, url: atPath(absentPath(health.url), health.url) }),
    askPath: (path) => askOnHost(session, { ...target, url: atPath(path, health.url) }),
    first: await check(),
    startProbe: async (intervalMs, statuses) =>
      probeOnHost(
        { asking: session, probing: await connection.openSession() },
        { ...target, statuses, pauseMs: Math.max(intervalMs, SHORTEST_INTERVAL_ON_HOST_MS) },
        clock,
      ),
    close: () => session.close(),
  };
}

import type { Clock } from '../clock.js';
import { assignments } from '../host/quote.js';
import type { HealthInputs } from '../inputs.js';
import { askScript, remoteScript } from '../remote/load.js';
import { SessionLostError } from '../ssh/lost.js';
import type { Session } from '../ssh/session.js';
import { parseHostAnswer } from './host-answer.js';
import { startHostProbe } from './host-probe.js';
import { isLoopback } from './http.js';
import type { HttpAnswer } from './http.js';
import type { Probe } from './probe.js';
import { byStatus } from './sample.js';

const TOOLS = ['curl', 'bash', 'wget'] as const;
type Tool = (typeof TOOLS)[number];

export interface HostTarget extends Pick<HealthInputs, 'url' | 'host'> {
  readonly tool: Tool;
  readonly timeoutMs: number;
}

/** What the host has to ask with; undefined where it has nothing. */
export async function findTool(
  session: Session,
  { url }: Pick<HealthInputs, 'url'>,
): Promise<Tool | undefined> {
  const script = assignments({ SCHEME: schemeOf(url) }) + remoteScript('http-tool');
  const { stdout } = await session.run(script);
  return TOOLS.find((tool) => tool === stdout.trim());
}

/** One request from the host itself. Never rejects: what went wrong is the answer. */
export async function askOnHost(session: Session, target: HostTarget): Promise<HttpAnswer> {
  try {
    const { stdout, stderr } = await session.run(`${askingScript(target)}\nask`);
    const heard = stdout
      .split('\n')
      .map(parseHostAnswer)
      .find((line) => line !== undefined);
    const message = `the host could not ask: ${stderr.trim()}`;
    return heard?.answer ?? { kind: 'lost', message, durationMs: 0 };
  } catch (error) {
    if (!(error instanceof SessionLostError)) throw error;
    return { kind: 'lost', message: error.message, durationMs: 0 };
  }
}

/** A probe on the host, in a session of its own; the other one ends it. */
export function probeOnHost(
  { asking, probing }: { readonly asking: Session; readonly probing: Session },
  target: HostTarget & { readonly pauseMs: number; readonly statuses: readonly number[] },
  clock: Clock,
): Probe {
  const script =
    assignments({ PAUSE: String(target.pauseMs / 1000) }) +
    askingScript(target) +
    remoteScript('probe');
  const kill = (): Promise<unknown> =>
    // On a connection that is lost, the loop ends by itself: nobody reads what it prints.
    asking.run(`kill -TERM "-${probing.pid}"`).catch(() => undefined);
  return startHostProbe(probing, { script, kill, judge: byStatus(...target.statuses) }, clock);
}

function askingScript({ url, host, tool, timeoutMs }: HostTarget): string {
  const bare = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return (
    assignments({
      TOOL: tool,
      SCHEME: schemeOf(url),
      ADDRESS: tool === 'bash' ? bare : url.hostname,
      PORT: url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port,
      HOST: host ?? url.host,
      TARGET: `${url.pathname}${url.search}`,
      INSECURE: isLoopback(bare) ? 'yes' : '',
      SECONDS_TO_ANSWER: String(Math.ceil(timeoutMs / 1000)),
    }) + askScript()
  );
}

function schemeOf({ protocol }: URL): string {
  return protocol.replace(':', '');
}

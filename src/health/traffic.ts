import type { Comparison } from './rise.js';

/** What a proxy answered as long before the cutover as since then. */
export interface Traffic extends Comparison {
  readonly proxy: string;
}

const LINE = /^traffic (\w+) (\d+) (\d+) (\d+) (\d+)$/gm;

/** What the host counted: lines of remote/soak.sh. */
export function parseTraffic(output: string): readonly Traffic[] {
  return [...output.matchAll(LINE)].map(([, proxy = '', ...numbers]) => {
    const [requests = 0, failed = 0, requestsAfter = 0, failedAfter = 0] = numbers.map(Number);
    return {
      proxy,
      before: { requests, failed },
      after: { requests: requestsAfter, failed: failedAfter },
    };
  });
}

/** A proxy whose access log was not read: of what visitors got there nothing is known. */
export interface UnreadLog {
  readonly proxy: string;
  readonly reason: string;
}

/** The same output, for those that were not read. */
export function parseUnreadLogs(output: string): readonly UnreadLog[] {
  return [...output.matchAll(/^unread-log (\w+) (.+)$/gm)].map(([, proxy = '', reason = '']) => ({
    proxy,
    reason,
  }));
}

/** `the access log of the proxy abc was not read (docker logs failed)` */
export function describeUnread({ proxy, reason }: UnreadLog): string {
  return `the access log of the proxy ${proxy.slice(0, 12)} was not read (${reason}): what visitors got there is not judged`;
}

/** The proxy that most visitors come through; a request that passes several is counted by each. */
export function entranceTraffic(traffic: readonly Traffic[]): Traffic | undefined {
  const [first] = [...traffic].sort(
    (one, other) =>
      other.after.requests + other.before.requests - (one.after.requests + one.before.requests),
  );
  return first !== undefined && first.after.requests + first.before.requests > 0
    ? first
    : undefined;
}

/** `3 of 200 requests failed (5xx); 0 of 190 before the cutover`. */
export function describeTraffic({ before, after }: Comparison): string {
  return `${String(after.failed)} of ${String(after.requests)} real requests failed (5xx) since the cutover, ${String(before.failed)} of ${String(before.requests)} in the same time before it`;
}

import { DeployError } from '../errors.js';
import { hasRisen } from '../health/rise.js';
import {
  describeTraffic,
  describeUnread,
  entranceTraffic,
  parseTraffic,
  parseUnreadLogs,
} from '../health/traffic.js';
import type { RolloutContext } from './context.js';

export const SEE_THE_LOGS =
  'Its last answers are under "Last output"; the last log lines of the new containers under "roll back".';

/**
 * What visitors got, as the proxies' own access logs tell. What was not read decides nothing.
 *
 * @throws DeployError where 5xx answers have clearly risen since the cutover
 */
export function judgeTraffic({ results, inputs, log }: RolloutContext, output: string): void {
  const traffic = parseTraffic(output);
  results.traffic = entranceTraffic(traffic);
  results.unreadLogs = parseUnreadLogs(output);
  for (const unread of results.unreadLogs) log.info(describeUnread(unread));
  if (results.traffic === undefined) {
    if (results.unreadLogs.length > 0) return;
    log.info('the access logs of the proxies tell of no request: real traffic is not judged');
    return;
  }
  const risen = traffic.find(hasRisen);
  if (risen === undefined) {
    log.info(describeTraffic(results.traffic));
    return;
  }
  results.traffic = risen;
  throw new DeployError({
    what: `visitors were failed, though the health endpoint answered ${String(inputs.health.status)}: ${describeTraffic(risen)}`,
    where: `access log of the proxy, container ${risen.proxy.slice(0, 12)}`,
    next: `Look for the requests that fail in that log (docker logs ${risen.proxy.slice(0, 12)}). Let \`health-url\` name a path that depends on what they need. ${SEE_THE_LOGS}`,
  });
}

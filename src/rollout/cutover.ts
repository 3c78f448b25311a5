import { DeployError } from '../errors.js';
import { quote } from '../host/quote.js';
import type { CutoverOperation, Route } from '../plan/plan.js';
import { remoteScript } from '../remote/load.js';
import type { RolloutContext } from './context.js';

/** New requests go to the candidates of all routed services at once; the incumbents stay up. */
export async function cutOver(context: RolloutContext, operation: CutoverOperation): Promise<void> {
  for (const proxy of proxiesOf(context, operation)) await cutOverProxy(context, operation, proxy);
}

/** Ids of the containers that a cutover is for. */
export function proxiesOf(
  { made }: RolloutContext,
  { proxy, proxyService }: CutoverOperation,
): readonly string[] {
  return proxy === undefined
    ? (made.candidates.get(proxyService) ?? []).map(({ id }) => id)
    : [proxy];
}

async function cutOverProxy(
  context: RolloutContext,
  operation: CutoverOperation,
  proxy: string,
): Promise<void> {
  const kept = `proxy-${operation.proxyService}`;
  const mounted = operation.mounted.map(({ path, inside }) => `${path}\t${inside}\n`).join('');
  const back = pins(operation.routes, (route) => route.incumbentAddresses);
  const drainSeconds = String(Math.ceil(context.inputs.drainTimeoutMs / 1000));
  await context.transaction.step({
    name: `cutover-${operation.proxyService}`,
    undo: [
      `restore_files ${kept} ${quote(context.observation.live.path)}`,
      `proxy_files_show ${proxy} "$STATE/journal/${kept}/seen" ${quote(mounted)}`,
      `cutover_back ${proxy} ${quote(back)} ${drainSeconds}`,
    ].join('\n'),
    script: remoteScript('cutover'),
    variables: {
      DIR: context.observation.live.path,
      STAGE: context.observation.stage,
      PROXY: proxy,
      KEPT: kept,
      PINS: pins(operation.routes, (route) => candidateAddresses(context, route)),
      PATHS: lines(operation.paths),
      INPLACE: lines(operation.inPlace),
      MOUNTED: mounted,
    },
  });
}

/** Lines for /etc/hosts: every address of a service, with every name that the proxy uses for it. */
export function pins(
  routes: readonly Route[],
  addressesOf: (route: Route) => readonly string[],
): string {
  return routes
    .flatMap((route) =>
      addressesOf(route).map((address) => `${address} ${route.names.join(' ')} # resee-deploy`),
    )
    .join('\n');
}

function candidateAddresses(context: RolloutContext, route: Route): readonly string[] {
  const candidates = context.made.candidates.get(route.service) ?? [];
  const addresses = candidates.flatMap(({ networks }) => {
    const address = networks[route.network]?.address ?? '';
    return address === '' ? [] : [address];
  });
  if (addresses.length === 0) {
    throw new DeployError({
      what: `no candidate of ${route.service} has an address on ${route.network}`,
      next: 'The proxy reaches it over this network: keep the service on it in the Compose file.',
    });
  }
  return addresses;
}

export function lines(paths: readonly string[]): string {
  return paths.map((path) => `${path}\n`).join('');
}

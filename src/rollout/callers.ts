import { quote } from '../host/quote.js';
import type { CallerRoute, PointCallersOperation } from '../plan/plan.js';
import type { RolloutContext } from './context.js';
import { lines } from './cutover.js';

/**
 * Where callers find a service, by their `/etc/hosts`: the incumbents until the candidates are ready, then the
 * candidates. The host looks for these itself, as the script is sent before they exist.
 */
export async function pointCallers(
  { transaction, observation }: RolloutContext,
  { to, routes }: PointCallersOperation,
): Promise<void> {
  const pin = `pin_callers ${quote(observation.wanted.project)}`;
  const toIncumbents = `${pin} ${routeLines(routes, ({ incumbents }) => incumbents)}`;
  const known = quote(observation.containers.map(({ id }) => id).join(' '));
  await transaction.step(
    to === 'incumbents'
      ? { name: 'hold-callers', undo: 'unpin_callers', script: toIncumbents, variables: {} }
      : {
          name: 'callers',
          undo: toIncumbents,
          script: `${pin} ${routeLines(routes, ({ staying }) => staying)} ${known}`,
          variables: {},
        },
  );
}

/** Lines of remote/lib/callers.sh, quoted. */
function routeLines(
  routes: readonly CallerRoute[],
  containersOf: (route: CallerRoute) => readonly string[],
): string {
  return quote(
    lines(
      routes.map((route) =>
        [
          route.caller,
          route.service,
          route.network,
          containersOf(route).join(',') || '-',
          route.names.join(','),
        ].join(' '),
      ),
    ),
  );
}

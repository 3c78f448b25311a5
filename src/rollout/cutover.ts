import { DeployError } from '../errors.js';
import { quote } from '../host/quote.js';
import type {
  CutoverOperation,
  DrainedProxy,
  HoldOperation,
  WithdrawOperation,
} from '../plan/plan.js';
import { remoteScript } from '../remote/load.js';
import type { RolloutContext } from './context.js';
import { noteLeft } from './lingering-connections.js';
import { candidatesOn, incumbentsOf, pins, pinsOfCandidates } from './pins.js';
import { tellUnread, textOf } from './loaded-text.js';

/** Until the cutover requests go to the incumbents only, also by a proxy that resolves names each time. */
export async function hold(context: RolloutContext, operation: HoldOperation): Promise<void> {
  const { proxy, proxyKind, proxyService, routes } = operation;
  await context.transaction.step({
    name: `hold-${proxyService}`,
    undo: `unpin ${proxy}`,
    script: `proxy_pin ${proxyKind} ${proxy} "$PINS"`,
    variables: { PINS: pins(routes, incumbentsOf) },
  });
}

/**
 * New requests go to the candidates of all routed services at once; the incumbents stay up. All proxies
 * change side by side, those that are themselves new before the ones that send requests to them.
 */
export async function cutOver(
  context: RolloutContext,
  operations: readonly CutoverOperation[],
): Promise<void> {
  const moves = operations.flatMap((operation) => {
    const proxies = proxiesOf(context, operation);
    if (proxies.length === 0) throw nothingToMove(operation);
    return proxies.map((proxy) => moveOf(context, operation, proxy));
  });
  const waves = [moves.filter((move) => move.isNew), moves.filter((move) => !move.isNew)];
  const routes = operations.flatMap((operation) => operation.routes);
  const leaving = routes.flatMap(({ incumbents, staying }) =>
    incumbents.filter((id) => !staying.includes(id)),
  );
  const moved = operations
    .filter((operation) => operation.routes.length > 0)
    .flatMap((operation) =>
      proxiesOf(context, operation).map((id) => `${operation.proxyKind} ${id}`),
    );
  const over = context.transaction.step({
    name: 'cutover',
    undo: moves.flatMap(({ undo }) => undo ?? []),
    script: remoteScript('cutover'),
    variables: {
      KEEPS: lines(moves.flatMap(({ keeps }) => keeps)),
      CUTOVERS: waves
        .filter((wave) => wave.length > 0)
        .map((wave) => together(wave.map(({ commands }) => commands)))
        .join('\n'),
      COMPARES: lines(moves.flatMap(({ compare }) => compare ?? [])),
    },
  });
  noteLeft(context, leaving, moved);
  tellUnread(context.log, await over);
}

function nothingToMove({ proxyService }: CutoverOperation): DeployError {
  return new DeployError({
    what: `${proxyService} has no container that could send requests to the candidates`,
    next: 'A new container of it was to take over, and there is none: see what it said above.',
  });
}

/** Ids of the containers that a cutover is for. */
export function proxiesOf(
  { results }: RolloutContext,
  { proxy, proxyService }: Pick<CutoverOperation, 'proxy' | 'proxyService'>,
): readonly string[] {
  return proxy === undefined
    ? (results.candidates.get(proxyService) ?? []).map(({ id }) => id)
    : [proxy];
}

/** What one proxy does in a cutover, as commands of the host's library. */
interface Move {
  /** A candidate that is itself a proxy: it goes with its undo, and nothing of it is to be brought back. */
  readonly isNew: boolean;
  /** Before it: what the undo and the comparison need. */
  readonly keeps: readonly string[];
  readonly commands: string;
  /** After it. */
  readonly compare: string | undefined;
  readonly undo: string | undefined;
}

function moveOf(context: RolloutContext, operation: CutoverOperation, proxy: string): Move {
  const { proxyKind, proxyService, held, holds, routes, paths, inPlace } = operation;
  const { live, stage } = context.observation;
  const kept = `proxy-${proxyService}`;
  const mounted = operation.mounted.map(({ path, inside }) => `${path}\t${inside}\n`).join('');
  const reload = operation.reloads ? 'yes' : 'no';
  const drainSeconds = operation.staysConnected ? '0' : drainSecondsOf(context, operation);
  const toIncumbents = pins([...routes, ...holds], incumbentsOf);
  const toCandidates = pinsOfCandidates(context, operation);
  const texts = [toCandidates, live.path, stage, lines(paths), lines(inPlace), mounted].map(quote);
  const keeping = `${proxy} "$STATE/journal/${kept}/seen" ${quote(mounted)}`;
  const back = `cutover_back ${proxyKind} ${proxy} ${quote(toIncumbents)} ${[reload, drainSeconds, ...routes.flatMap((route) => candidatesOn(context, route))].join(' ')}`;
  const undo = [
    `restore_files ${kept} ${quote(live.path)}`,
    `proxy_files_show ${keeping}`,
    // Then an undo that comes after all others does it.
    `${back}${operation.comesBack ? ` || say '${proxyService} cannot go back yet'` : ''}`,
    // Where they were held before, they stay so until no candidate is left.
    ...(held ? [] : [`unpin ${proxy}`]),
  ].join('\n');
  const text = textOf(operation, `${proxy} "$STATE/journal/${kept}/text"`);
  return {
    isNew: operation.proxy === undefined,
    keeps: [`proxy_files_keep ${keeping}`, ...(text?.keep ?? [])],
    compare: text?.compare,
    commands: `cut_over ${proxyService} ${proxyKind} ${proxy} ${reload} ${kept} ${texts.join(' ')}`,
    undo: operation.proxy === undefined ? undefined : undo,
  };
}

/**
 * For a release that is finished by somebody else: commands that bring its cutovers back to proxies that were
 * started again since. Of several cutovers of a proxy the last one holds.
 */
export function cutOverAgain(
  context: RolloutContext,
  operations: readonly CutoverOperation[],
): readonly string[] {
  const last = new Map(
    operations.flatMap((operation) =>
      proxiesOf(context, operation).map((proxy) => [proxy, operation] as const),
    ),
  );
  return [...last].flatMap(([proxy, { proxyKind, reloads, routes, holds }]) =>
    routes.length === 0
      ? []
      : [
          `cut_over_again ${proxyKind} ${proxy} ${reloads ? 'yes' : 'no'} ${quote(pinsOfCandidates(context, { routes, holds }))}`,
        ],
  );
}

/** The same forwards and back: a proxy lingers on candidates that are taken back as well. */
function drainSecondsOf(
  { inputs }: RolloutContext,
  { lingersMs }: Pick<DrainedProxy, 'lingersMs'>,
): string {
  return String(Math.ceil(Math.max(inputs.drainTimeoutMs, lingersMs) / 1000));
}

/**
 * Commands that wait until the proxies hold nothing of these containers any more: at most the
 * `drain-timeout`, but as long as a proxy may still send them requests.
 */
export function drains(
  context: RolloutContext,
  proxies: readonly DrainedProxy[],
  ids: readonly string[],
): readonly string[] {
  const commands = proxies.flatMap((drained) => {
    const seconds = drainSecondsOf(context, drained);
    return proxiesOf(context, drained).map(
      (id) => `proxy_drain ${drained.proxyKind} ${id} ${seconds} ${ids.join(' ')}`,
    );
  });
  return [...new Set(commands)];
}

/** Counts what a step says of connections that outlasted its drains. */
export function countHeld({ results }: Pick<RolloutContext, 'results'>, output: string): void {
  for (const [, number] of output.matchAll(/^held (\d+)$/gm))
    results.heldConnections += Number(number);
}

/** It collects what it hears for a time that it may be configured to, and the host may be busy. */
const TRAEFIK_IS_LATE_BY_S = 3;

/** Traefik has the candidates by itself; the incumbents withdraw, and stay up. */
export async function withdraw(
  context: RolloutContext,
  { services }: WithdrawOperation,
): Promise<void> {
  const { transaction, results } = context;
  const leaving = services.flatMap(({ drainFile, incumbents }) =>
    drainFile === undefined || incumbents.length === 0
      ? []
      : [`${quote(drainFile)} ${incumbents.join(' ')}`],
  );
  const withdrawn = services.filter(({ drainFile }) => drainFile !== undefined);
  const over = transaction.step({
    name: 'withdraw',
    undo: leaving.map((withdrawn) => `admit ${withdrawn}`).join('\n'),
    script: remoteScript('withdraw'),
    variables: {
      CANDIDATES: services
        .flatMap(({ service }) => (results.candidates.get(service) ?? []).map(({ id }) => id))
        .join(' '),
      WITHDRAWN: lines(leaving),
    },
  });
  const ids = withdrawn.flatMap(({ incumbents }) => incumbents);
  noteLeft(context, ids, [], TRAEFIK_IS_LATE_BY_S);
  await over;
}

export function lines(paths: readonly string[]): string {
  return paths.map((path) => `${path}\n`).join('');
}

/** As one command of the host's library: the scripts run side by side. */
export function together(scripts: readonly string[]): string {
  return `together ${scripts.map(quote).join(' ')}`;
}

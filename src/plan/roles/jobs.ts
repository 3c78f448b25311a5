import { invocationsOf } from '../compose/commands.js';
import { objectOf, wordsOf } from '../compose/json.js';
import type { Container } from '../observation.js';
import type { Service } from '../compose/stack.js';

/** Longer than nearly every migration, and shorter than a server runs before somebody stops it. */
const SHORT_MS = 5 * 60_000;

/** Commands that do their work and end, as the last one of a command line. */
const ENDING =
  /(?:^|[\s:/])(?:migrate|migrations?:(?:run|migrate)|db:(?:migrate|prepare|setup|seed|create)|collectstatic|createsuperuser|loaddata|create-?buckets?(?:\.sh)?|alembic(?:\s+-\S+(?:\s+\S+)?)*\s+upgrade|db\s+(?:upgrade|push|seed)|doctrine:migrations:migrate)(?:\s|$)/;
/** What people call them. */
const NAME =
  /(?:^|[-_.])(?:init|migrate|migrations?|migrator|seed(?:er)?|setup|bootstrap|configurator|create-?buckets?|create-?site|collectstatic)(?:$|[-_.])/;

/** True where Docker starts a container of it again that has ended with 0. */
function isKeptRunning({ restart }: Service): boolean {
  return restart === 'always' || restart === 'unless-stopped';
}

/**
 * What shows that a service does its work and ends, where no other one waits for it; undefined: nothing.
 * A server must never be taken for one, as nothing would wait for its end: so a container that runs
 * speaks against it, whatever it is called.
 *
 * @param containers all containers of the stack
 */
export function oneShotReason(
  service: Service,
  containers: readonly Container[],
): string | undefined {
  const own = containers.filter((each) => each.service === service.name && !each.oneOff);
  const isServer = service.publishes || hasHealthcheck(service);
  if (isKeptRunning(service) || isServer || own.some(({ running }) => running)) return undefined;
  if (own.length > 0 && own.every((each) => endedByItself(each, containers)))
    return 'it ended with 0, and is not to be restarted';
  const last = invocationsOf(service.command).at(-1);
  if (last !== undefined && ENDING.test([last.program, ...last.words].join(' ')))
    return `runs ${last.program} to its end, and is not to be restarted`;
  return service.restart !== undefined && NAME.test(service.name)
    ? `restart: ${service.restart}, and its name`
    : undefined;
}

function hasHealthcheck({ definition }: Service): boolean {
  const { disable, test } = objectOf(definition['healthcheck']);
  return definition['healthcheck'] !== undefined && disable !== true && wordsOf(test)[0] !== 'NONE';
}

/** What `docker stop`, `docker kill` and Ctrl-C leave behind. */
const STOPPED = new Set([130, 137, 143]);

/**
 * Why its containers have ended, where they failed by themselves, nothing starts them again, and others run on since;
 * undefined: somebody may have stopped them, or the host.
 */
export function failedBefore(
  service: Service,
  dead: readonly Container[],
  all: readonly Container[],
): string | undefined {
  if (isKeptRunning(service) || dead.length === 0) return undefined;
  const failed = dead.every(
    ({ ended }) =>
      ended !== undefined &&
      ended.code !== 0 &&
      !STOPPED.has(ended.code) &&
      all.some((other) => other.running && (other.startedMs ?? Infinity) <= ended.atMs),
  );
  return failed ? `it ended with ${String(dead[0]?.ended?.code)}` : undefined;
}

/** With 0, soon, and while others ran that run still: nobody stopped the stack or the host. */
function endedByItself({ startedMs, ended }: Container, all: readonly Container[]): boolean {
  if (ended === undefined || startedMs === undefined || ended.code !== 0) return false;
  return (
    ended.atMs - startedMs < SHORT_MS &&
    all.some((other) => other.running && (other.startedMs ?? Infinity) <= ended.atMs)
  );
}

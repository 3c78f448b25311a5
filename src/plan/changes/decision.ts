import type { Permissions } from '../plan-options.js';
import { changedFor, changesFor, listed } from './changes.js';
import { envFileChanges, mountedChanges } from './files.js';
import type { Container, Observation } from '../observation.js';
import type { Action } from '../service-plan.js';
import { failedBefore } from '../roles/jobs.js';
import { mayRead, readingOf } from './reloads.js';
import type { RoleDecision } from '../role.js';
import type { Service } from '../compose/stack.js';
import { isShared, isThereAlready, waitsFor } from './deferred.js';

export interface Decision {
  readonly action: Action;
  readonly why: string;
  /** True where `action` holds only if the build gives another image. */
  readonly ifImageChanges: boolean;
  /** What happens in place of `action` where the image is the same after all; undefined: nothing. */
  readonly ifSame?: 'reload' | 'start' | 'keep' | undefined;
  /** Places of the definition that changed, and that its containers do without until it is named. */
  readonly waits: readonly string[];
  /** Changed files that it mounts, and that its containers have not read. */
  readonly unread: readonly string[];
  /** True where its image may have changed as well, and nobody has accepted the gap of another one. */
  readonly imageWaits?: boolean;
  /** True where it has failed before, and nothing of it changed: it is not started. */
  readonly isLeftDead?: boolean;
}

/** True where a person has said that this service may be changed, whatever it holds. */
export function isNamed(
  service: string,
  role: RoleDecision['role'] | undefined,
  { services, allowDataChanges, allowDowntime }: Permissions,
): boolean {
  if (services.includes(service)) return true;
  return role === 'data' ? allowDataChanges.includes(service) : role === 'proxy' && allowDowntime;
}

interface Known {
  /** Its containers, also those that do not run. */
  readonly all: readonly Container[];
  readonly named: boolean;
  /** References whose image the commit may change. */
  readonly rebuilt: ReadonlySet<string>;
  /** A newer image of it is told, and left: also one that came with another service. */
  readonly unpulled: boolean;
}

const MAY_CHANGE = 'its image may change';

export function decide(
  observation: Observation,
  service: Service,
  decision: RoleDecision,
  { all, named, rebuilt, unpulled }: Known,
): Decision {
  const running = all.filter((container) => container.running);
  const { role } = decision;
  const changed = changedFor('container', observation, service).filter(
    (place) => !isThereAlready(place, service, running),
  );
  const waits = named ? [] : changed.filter((place) => waitsFor(place, role, observation, service));
  const files = unreadFiles(observation, service, running);
  const say = (action: Action, why: string, ifImageChanges = false): Decision => ({
    action,
    why,
    ifImageChanges,
    // What is created anew has all of it.
    waits: action === 'keep' || action === 'reload' ? waits : [],
    unread: action === 'keep' && role === 'data' ? files : [],
  });
  const change = changeOf(decision);
  const reason = reasonFor(service, running, changed.length > waits.length ? changed : []);
  if (service.replicas === 0) {
    return running.length === 0 ? say('keep', 'scaled to 0') : say('remove', 'scaled to 0');
  }
  if (role === 'job' && all.length === 0) return say('run', 'it has not run here yet');
  const mayChange = rebuilt.has(service.image);
  const compared = role === 'job' || running.length === 0 ? all : running;
  const isAnother = isOfAnother(observation, service, compared);
  if (role !== 'job' && running.length === 0 && (role !== 'data' || reason === undefined)) {
    const start = say('start', 'no container of it runs');
    const isSame = reason === undefined && files.length === 0 && !named && !isAnother;
    const left = isSame ? leftDead(observation, service, role, all) : undefined;
    if (left !== undefined && mayChange)
      return { ...say('start', MAY_CHANGE, true), ifSame: 'keep' };
    if (left !== undefined) return { ...say('keep', left), isLeftDead: true };
    // What has ended goes on as it was, unless somebody lets data change.
    if (role !== 'data' || !named || all.length === 0) return start;
    if (mayChange) return { ...say(change, MAY_CHANGE, true), ifSame: 'start' };
    return isAnother ? say(change, `it ended, and ${service.image} names another image`) : start;
  }
  if (reason !== undefined) return say(change, reason);
  const read = mayRead(service, decision, running)
    ? readingOf(observation, service, { running, files })
    : undefined;
  if (read !== undefined) {
    const reads = say(read.action, read.why);
    if (role === 'proxy' && !named)
      return { ...reads, imageWaits: !unpulled && (mayChange || isAnother) };
    if (mayChange) return { ...say(change, MAY_CHANGE, true), ifSame: read.ifSame };
    if (!isAnother) return reads;
  } else if (files.length > 0) {
    return role === 'data' && !named
      ? say('keep', 'mounted files wait for a restart')
      : say(change, `mounted ${listed(files, 2)} changed`);
  }
  if (mayChange) return say(change, MAY_CHANGE, true);
  return role !== 'data' && !unpulled && isAnother
    ? say(change, `${service.image} names another image than the one that runs`)
    : say('keep', waits.length === 0 ? 'nothing changed' : 'what changed of it waits');
}

/** What nobody sends requests, and has failed before: that is not the fault of what changes others. */
function leftDead(
  { containers }: Observation,
  service: Service,
  role: RoleDecision['role'],
  dead: readonly Container[],
): string | undefined {
  if (role !== 'worker' && role !== 'singleton') return undefined;
  const failed = failedBefore(service, dead, containers);
  return failed === undefined ? undefined : `${failed} before, and nothing of it changed`;
}

/** True where its image is known, and some of the containers are of another one. */
function isOfAnother(
  { images }: Observation,
  { image }: Service,
  containers: readonly Container[],
): boolean {
  const current = images[image];
  return current !== undefined && containers.some(({ imageId }) => imageId !== current);
}

function reasonFor(
  service: Service,
  running: readonly Container[],
  changed: readonly string[],
): string | undefined {
  if (changed.length > 0) return `its definition changed (${listed(changed, 5)})`;
  if (running.length > 0 && running.length !== service.replicas) {
    return `${String(running.length)} ${running.length === 1 ? 'replica runs' : 'replicas run'}, and the Compose file wants ${String(service.replicas)}`;
  }
  return undefined;
}

/** How a service takes a change: where there may be only one of it, the incumbent goes first. */
export function changeOf({ role, single }: Pick<RoleDecision, 'role' | 'single'>): Action {
  return single !== undefined && ROLL[role] === 'roll' ? 'replace' : ROLL[role];
}

const ROLL: Readonly<Record<RoleDecision['role'], Action>> = {
  routed: 'roll',
  worker: 'roll',
  singleton: 'replace',
  data: 'replace',
  proxy: 'replace',
  direct: 'replace',
  job: 'run',
};

/** What an earlier release has brought was read by a container that somebody has started since. */
function unreadFiles(
  observation: Observation,
  service: Service,
  running: readonly Container[],
): readonly string[] {
  const { wanted, commit, releases } = observation;
  const broughtMs = Date.parse(releases.at(-1)?.deployedAt ?? '');
  const isRestarted =
    running.length > 0 && running.every(({ startedMs }) => (startedMs ?? 0) > broughtMs);
  const brought = envFileChanges(observation);
  const now = new Set([...commit.changes, ...brought].map(({ path }) => path));
  const changes = [...changesFor(observation, service.name), ...brought];
  return mountedChanges(wanted, service.name, changes).filter(
    (path) => !isRestarted || now.has(path),
  );
}

/** What changed of a service, and changes nothing of its containers by this deploy: a line each. */
export function toldOf(
  observation: Observation,
  service: Service,
  decision: Decision,
  { role, images }: { readonly role: RoleDecision['role']; readonly images: string },
): readonly string[] {
  const { action, waits, unread } = decision;
  if (action !== 'keep' && action !== 'reload') return [];
  const idle = changedFor('nothing', observation, service);
  const built = changedFor('image', observation, service);
  const remedy = role === 'data' ? `allow-data-changes: ${service.name}` : `allow-downtime: true`;
  const shared = waits.filter((place) => isShared(place, observation, service));
  return [
    ...(decision.isLeftDead === true
      ? [
          `${decision.why}: not started. To start it, on the host: docker compose up -d ${service.name}`,
        ]
      : []),
    ...(decision.imageWaits === true
      ? [
          `its image may have changed as well, and it goes on with the one that it has. To take the new one, with a gap: ${remedy}`,
        ]
      : []),
    ...(idle.length === 0
      ? []
      : [`${listed(idle, 5)} changed, and no container is another for it`]),
    ...(built.length === 0 || images === 'host' || images === 'kept'
      ? []
      : [`${listed(built, 5)} changed, and build: ${images} builds nothing`]),
    ...(waits.length === 0
      ? []
      : [
          `${listed(waits, 5)} changed${shared.length === waits.length ? ', as for other services' : ''}, and it goes on with what it has. To let it have the new, with a gap: ${remedy}`,
        ]),
    ...(unread.length === 0
      ? []
      : [
          `mounted files wait for a restart: ${listed(unread, 2)}. To restart it, with a gap: ${remedy}`,
        ]),
  ];
}

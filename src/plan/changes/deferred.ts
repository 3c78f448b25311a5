import { unescaped } from '../compose/contents.js';
import { placesOf } from '../compose/definition.js';
import { objectOf, textOf } from '../compose/json.js';
import type { Container, Observation } from '../observation.js';
import type { RoleDecision } from '../role.js';
import type { Service } from '../compose/stack.js';

/**
 * True for a change that a service does without until a person names it: it is not worth a gap, or the data's
 * risk, unless somebody wants it. All else (image, command, storage, ports, networks, its own variables) means
 * that somebody wants another container.
 */
export function waitsFor(
  place: string,
  role: RoleDecision['role'],
  observation: Observation,
  service: Service,
): boolean {
  if (role !== 'data' && role !== 'proxy') return false;
  return isShared(place, observation, service) || OF_NO_URGENCY[role].test(place);
}

/** How Docker watches, limits, and ends a container: the one that runs is as good. */
const LIMITS =
  'healthcheck|restart|deploy\\.restart_policy|deploy\\.resources|logging|stop_grace_period|stop_signal|' +
  'mem_[a-z]+|memswap_limit|cpu[a-z_]*|pids_limit|oom_[a-z_]+|annotations';
const OF_NO_URGENCY = {
  data: new RegExp(`^(?:${LIMITS}|labels)(?:\\.|$)`),
  // Labels may configure a proxy.
  proxy: new RegExp(`^(?:${LIMITS})(?:\\.|$)`),
};

/** A variable that another service has as well: it came with a file that they share; or one that is gone. */
export function isShared(
  place: string,
  { wanted }: Pick<Observation, 'wanted'>,
  service: Service,
): boolean {
  if (!place.startsWith('environment.')) return false;
  const value = placesOf(service.definition)[place];
  if (value === undefined) return true;
  return Object.values(wanted.services).some(
    ({ name, definition }) => name !== service.name && placesOf(definition)[place] === value,
  );
}

/** True for a variable that the running containers have as it is wanted: somebody has created them anew since. */
export function isThereAlready(
  place: string,
  service: Service,
  running: readonly Container[],
): boolean {
  const [, volume] = /^volume ([^]+)\.name$/.exec(place) ?? [];
  if (volume !== undefined) {
    const named = textOf(objectOf(service.definition[`volume ${volume}`])['name']);
    return (
      running.length > 0 &&
      running.every(({ mounts }) => mounts.some((mount) => mount.named === named))
    );
  }
  const [, name] = /^environment\.([^]+)$/.exec(place) ?? [];
  const wanted = textOf(objectOf(service.definition['environment'])[name ?? '']);
  return (
    name !== undefined &&
    wanted !== undefined &&
    running.length > 0 &&
    running.every(({ environment }) => environment[unescaped(name)] === unescaped(wanted))
  );
}

import { listOf, objectOf, textOf } from '../json.js';
import type { Service } from '../stack.js';

/** The label that names the file whose presence makes a service's healthcheck fail. */
export const DRAIN_LABEL = 'resee.deploy.drain-file';

/** True where the service's labels tell Traefik to send it requests. */
export function isTraefikRouted({ labels }: Service): boolean {
  const enabled = labels['traefik.enable']?.toLowerCase();
  if (enabled === 'false') return false;
  // Without a rule of its own it has the default one.
  if (enabled === 'true') return true;
  return Object.keys(labels).some((label) => /^traefik\.(?:http|tcp|udp)\./.test(label));
}

/**
 * The file that takes a container out of Traefik: Traefik sends nothing to a container that is not
 * healthy, and hears of nothing but its health. A healthcheck such as `test ! -f /tmp/drain && …`
 * therefore lets an incumbent leave before it is stopped.
 */
export function drainFileOf({ labels, definition }: Service): string | undefined {
  const labelled = labels[DRAIN_LABEL];
  if (labelled !== undefined) return labelled;
  const healthcheck = objectOf(definition['healthcheck']);
  const test = listOf(healthcheck['test'])
    .flatMap((word) => textOf(word) ?? [])
    .join(' ');
  return /(?:^|[\s[&;|])!\s+-[ef]\s+["']?(\/[^\s"'\];&|]+)/.exec(test)?.[1];
}

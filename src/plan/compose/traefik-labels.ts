import { listOf, objectOf, textOf } from './json.js';
import type { Service } from './stack.js';

/** The label that names the file whose presence makes a service's healthcheck fail. */
export const DRAIN_LABEL = 'resee.deploy.drain-file';

/** True where the service's labels tell Traefik to send it requests. */
export function isTraefikRouted(service: Service): boolean {
  // Without a rule of its own it has the default one.
  return isEnabled(service) === 'true' || hasTraefikRouter(service);
}

/** True where they do so with a router or a port of its own, which nobody writes for what listens to nobody. */
export function hasTraefikRouter(service: Service): boolean {
  return (
    isEnabled(service) !== 'false' &&
    Object.keys(service.labels).some((label) => /^traefik\.(?:http|tcp|udp)\./.test(label))
  );
}

function isEnabled({ labels }: Service): string | undefined {
  return labels['traefik.enable']?.toLowerCase();
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

import { serviceOfContainer } from './shared-namespaces.js';
import { objectOf, wordsOf, type JsonObject } from './json.js';
import type { Service } from './stack.js';

/**
 * Services with what they mount by `volumes_from`: named volumes, directories and files of another service, at the
 * same paths. Its anonymous volumes stay its own.
 *
 * @param project the whole normalised project
 */
export function withVolumesFrom(
  services: Readonly<Record<string, Service>>,
  project: JsonObject,
): Readonly<Record<string, Service>> {
  const whole = (name: string, within: readonly string[]): Service | undefined => {
    const service = services[name];
    if (service === undefined || within.includes(name)) return undefined;
    return wordsOf(service.definition['volumes_from']).reduce((sum, line) => {
      const source = whole(sourceOf(line, project) ?? '', [...within, name]);
      return source === undefined ? sum : joined(sum, source, line.endsWith(':ro'));
    }, service);
  };
  return Object.fromEntries(
    Object.entries(services).map(([name, service]) => [name, whole(name, []) ?? service]),
  );
}

/** Of `SERVICE`, `SERVICE:ro` and `container:NAME`; undefined for a container of no service of the project. */
function sourceOf(line: string, project: JsonObject): string | undefined {
  const words = line.replace(/:(?:ro|rw|z|Z)$/, '');
  if (objectOf(project['services'])[words] !== undefined) return words;
  const [, container] = /^container:(.+)$/.exec(words) ?? [];
  return container === undefined ? undefined : serviceOfContainer(container, project);
}

/** What a service mounts itself hides what comes from another one to the same path. */
function joined(service: Service, source: Service, readOnly: boolean): Service {
  const own = new Set([...service.mounts, ...service.binds].map(({ target }) => target));
  const more = <M extends { readonly target: string; readonly readOnly: boolean }>(
    mounts: readonly M[],
  ): readonly M[] =>
    mounts
      .filter(({ target }) => !own.has(target))
      .map((mount) => (readOnly ? { ...mount, readOnly } : mount));
  return {
    ...service,
    binds: [...service.binds, ...more(source.binds)],
    mounts: [
      ...service.mounts,
      ...more(source.mounts.filter((mount) => mount.source !== undefined)),
    ],
  };
}

import { isObject, objectOf, textOf, type JsonObject } from '../plan/compose/json.js';

/**
 * What Compose needs to build the images of a project, of the project as the host has normalised it: so build
 * arguments from the host's `.env` are the same as in a build there.
 *
 * @param stage the staged tree on the host, in which the paths of `project` lie
 * @param workspace the checkout on the runner, in which they are to lie
 */
export function buildProject(project: JsonObject, stage: string, workspace: string): JsonObject {
  const services = Object.entries(objectOf(project['services'])).flatMap(([name, value]) => {
    const { image, build, platform } = objectOf(value);
    if (build === undefined) return [];
    return [
      [
        name,
        {
          ...(image === undefined ? {} : { image }),
          ...(platform === undefined ? {} : { platform }),
          build,
        },
      ] as const,
    ];
  });
  const part = {
    name: project['name'],
    services: Object.fromEntries(services),
    ...(project['secrets'] === undefined ? {} : { secrets: project['secrets'] }),
  };
  return objectOf(moved(part, stage, workspace));
}

/** Directories on the runner that the images of these services are built from. */
export function contextsOf(project: JsonObject, services: readonly string[]): readonly string[] {
  return services.flatMap((service) => {
    const build = objectOf(objectOf(objectOf(project['services'])[service])['build']);
    const additional = Object.values(objectOf(build['additional_contexts']));
    return [build['context'], ...additional]
      .flatMap((path) => textOf(path) ?? [])
      .filter((path) => path.startsWith('/'));
  });
}

/** The same value with each path in `from` at the same place in `to`. */
function moved(value: unknown, from: string, to: string): unknown {
  if (typeof value === 'string') {
    return value === from || value.startsWith(`${from}/`) ? to + value.slice(from.length) : value;
  }
  if (Array.isArray(value)) return value.map((each) => moved(each, from, to));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, moved(each, from, to)]),
  );
}

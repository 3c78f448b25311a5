import { objectOf, textOf, type JsonObject } from './json.js';

/**
 * Services whose network or processes a service shares: `service:NAME`, or `container:NAME` where that is a
 * container of the stack.
 *
 * @param project the whole normalised project
 */
export function joinsOf(json: JsonObject, project: JsonObject): readonly string[] {
  const modes = ['network_mode', 'ipc', 'pid'].map((key) => textOf(json[key]) ?? '');
  const joined = modes.flatMap((mode) => {
    const [, kind, name = ''] = /^(service|container):(.+)$/.exec(mode) ?? [];
    if (kind === undefined) return [];
    return kind === 'service' ? [name] : (serviceOfContainer(name, project) ?? []);
  });
  return [...new Set(joined)];
}

/** The service of the project whose container has this name; undefined: none. */
export function serviceOfContainer(container: string, project: JsonObject): string | undefined {
  const prefix = textOf(project['name']) ?? '';
  const [service] =
    Object.entries(objectOf(project['services'])).find(
      ([name, definition]) =>
        textOf(objectOf(definition)['container_name']) === container ||
        ['-', '_'].some((dash) => [prefix, name, '1'].join(dash) === container),
    ) ?? [];
  return service;
}

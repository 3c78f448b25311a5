import { canonical, objectOf, textOf } from '../compose/json.js';
import type { Observation } from '../observation.js';
import type { Service, Stack } from '../compose/stack.js';

/**
 * The services to build so that the images of these are made: each image once, and before it the images of the
 * stack that it is built from.
 */
export interface BuildOrder {
  /** Built one after the other, first: others are built from their images. */
  readonly bases: readonly string[];
  /** Built together, after them. */
  readonly services: readonly string[];
}

export function buildOrder(observation: Observation, chosen: readonly string[]): BuildOrder {
  const { wanted } = observation;
  const services = unique(chosen.map((name) => builderOf(wanted, name)));
  const bases: string[] = [];
  const visit = (name: string, above: readonly string[]): void => {
    for (const base of basesOf(observation, name).map((each) => builderOf(wanted, each))) {
      // Two images cannot be built from each other; Compose or Docker says so.
      if (above.includes(base) || bases.includes(base)) continue;
      visit(base, [...above, base]);
      bases.push(base);
    }
  };
  for (const name of services) visit(name, [name]);
  return { bases, services: services.filter((name) => !bases.includes(name)) };
}

/** With every image that is built from one of these, however indirectly: a change of it changes them. */
export function withDerived(
  observation: Observation,
  references: ReadonlySet<string>,
): ReadonlySet<string> {
  const { services } = observation.wanted;
  const found = new Set(references);
  const isDerived = ({ name, image }: Service): boolean =>
    !found.has(image) &&
    basesOf(observation, name).some((base) => found.has(services[base]?.image ?? ''));
  for (;;) {
    const more = Object.values(services).filter(isDerived);
    if (more.length === 0) return found;
    for (const { image } of more) found.add(image);
  }
}

/**
 * Of the services that build the same image in the same way the first by name. Compose labels an image with the
 * service that it was built for: built for each of them, it would have another id each time, and the tag would
 * name whichever was ready last.
 */
function builderOf({ services }: Stack, name: string): string {
  const service = services[name];
  if (service?.build === undefined) return name;
  const how = canonical(service.definition['build']);
  const [first = name] = Object.values(services)
    .filter((other) => other.image === service.image)
    .filter(({ definition }) => canonical(definition['build']) === how)
    .map((other) => other.name)
    .sort();
  return first;
}

/** Services of the stack whose image this one's is built from. */
function basesOf({ wanted, dockerfiles }: Observation, name: string): readonly string[] {
  const service = wanted.services[name];
  if (service?.build === undefined) return [];
  const build = objectOf(service.definition['build']);
  const inline = textOf(build['dockerfile_inline'])?.split('\n');
  const lines = inline ?? dockerfiles[service.build.dockerfile ?? ''] ?? [];
  const contexts = Object.values(objectOf(build['additional_contexts'])).flatMap(
    (context) => textOf(context) ?? [],
  );
  const references = new Set([
    ...referencesIn(lines, objectOf(build['args'])),
    ...contexts.flatMap((context) => afterPrefix(context, 'docker-image://')),
  ]);
  const named = contexts.flatMap((context) => afterPrefix(context, 'service:'));
  return Object.values(wanted.services)
    .filter((other) => other.build !== undefined && other.image !== service.image)
    .filter((other) => named.includes(other.name) || references.has(other.image))
    .map((other) => other.name)
    .sort();
}

/** What `FROM`, `--from=` and `from=` name, without `:latest`; stages of the file itself are among them. */
function referencesIn(
  lines: readonly string[],
  args: Readonly<Record<string, unknown>>,
): readonly string[] {
  const values = new Map<string, string>();
  const references: string[] = [];
  for (const line of lines) {
    const [, argument = '', preset = ''] = /^\s*ARG\s+(\w+)(?:=(\S*))?/i.exec(line) ?? [];
    if (argument !== '') values.set(argument, textOf(args[argument]) ?? unquoted(preset));
    const [, from] = /^\s*FROM\s+(?:--\S+\s+)*(\S+)/i.exec(line) ?? [];
    const others = [...line.matchAll(/\bfrom=([^\s,]+)/g)].flatMap(([, other = '']) => other);
    for (const reference of from === undefined ? others : [from, ...others]) {
      references.push(unquoted(substituted(reference, values)).replace(/:latest$/, ''));
    }
  }
  return references;
}

function substituted(text: string, values: ReadonlyMap<string, string>): string {
  return text.replaceAll(
    /\$(?:\{(\w+)(?::?-([^}]*))?\}|(\w+))/g,
    (_, braced: string | undefined, preset = '', plain = '') =>
      values.get(braced ?? String(plain)) ?? String(preset),
  );
}

function unquoted(text: string): string {
  return text.replace(/^(["'])(.*)\1$/, '$2');
}

function afterPrefix(text: string, prefix: string): readonly string[] {
  return text.startsWith(prefix) ? [text.slice(prefix.length).replace(/:latest$/, '')] : [];
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)];
}

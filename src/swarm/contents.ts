import type { Refusal } from '../plan/refusal.js';
import { listOf, objectOf, textOf, type JsonObject } from '../plan/compose/json.js';

type Kind = 'configs' | 'secrets';

/**
 * Configs or secrets of a stack. Swarm changes none that is there: each is named by what is in it, so that another
 * content is another one.
 *
 * @param files SHA-256 by path
 */
export function contents(
  project: JsonObject,
  kind: Kind,
  files: Readonly<Record<string, string>>,
): { readonly group: JsonObject; readonly refusals: readonly Refusal[] } {
  const stack = textOf(project['name']) ?? '';
  const all = Object.entries(objectOf(project[kind])).map(([key, value]) => {
    const { name, file, external } = objectOf(value);
    if (external === true) return { key, made: { external: true, name: name ?? key } };
    const path = textOf(file);
    const digest = path === undefined ? undefined : files[path];
    return digest === undefined
      ? { key, path, made: undefined }
      : { key, made: { name: `${stack}_${key}-${digest.slice(0, 12)}`, file: path } };
  });
  return {
    group: Object.fromEntries(
      all.flatMap(({ key, made }) => (made === undefined ? [] : [[key, made] as const])),
    ),
    refusals: all
      .filter(({ made }) => made === undefined)
      .map(({ key, path }) =>
        path === undefined
          ? {
              what: `${kind} ${key}: docker stack deploy takes neither \`content\` nor \`environment\``,
              next: 'Let a file hold it (`file:`), or make it by hand (`external: true`).',
            }
          : {
              what: `${kind} ${key}: the file that it is made of is not there`,
              next: "Put it into the stack's directory on the host, or commit it.",
            },
      ),
  };
}

/** The names in the Swarm of what a service has; sorted. */
export function namesUsed(
  service: JsonObject,
  { configs, secrets }: { readonly configs: JsonObject; readonly secrets: JsonObject },
): readonly string[] {
  const of = (list: unknown, group: JsonObject): readonly string[] =>
    listOf(list).flatMap((each) => {
      const made = objectOf(group[textOf(objectOf(each)['source']) ?? '']);
      return textOf(made['name']) ?? [];
    });
  return [...of(service['configs'], configs), ...of(service['secrets'], secrets)].sort();
}

/** The files that configs and secrets are made of. */
export function filesOfContents(project: JsonObject): readonly string[] {
  return (['configs', 'secrets'] as const).flatMap((kind) =>
    Object.values(objectOf(project[kind])).flatMap((each) => textOf(objectOf(each)['file']) ?? []),
  );
}

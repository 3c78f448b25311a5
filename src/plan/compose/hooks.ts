import { unescaped } from './contents.js';
import { isObject, listOf, objectOf, textOf, wordsOf } from './json.js';
import type { Service } from './stack.js';

/** A command that Compose runs in a container right after it has started it. */
export interface Hook {
  readonly words: readonly string[];
  readonly user: string | undefined;
  readonly directory: string | undefined;
  readonly isPrivileged: boolean;
  /** `NAME=value`, or `NAME` alone. */
  readonly environment: readonly string[];
}

/** The hooks of `post_start`, in their order. Source: the Compose specification, "post_start". */
export function startHooks({ definition }: Pick<Service, 'definition'>): readonly Hook[] {
  return listOf(definition['post_start'])
    .map(objectOf)
    .map((hook) => ({
      words: wordsOf(hook['command']).map(unescaped),
      user: textOf(hook['user']),
      directory: textOf(hook['working_dir']),
      isPrivileged: hook['privileged'] === true,
      environment: environmentOf(hook['environment']).map(unescaped),
    }));
}

function environmentOf(value: unknown): readonly string[] {
  if (!isObject(value)) return wordsOf(value);
  return Object.entries(value).map(([name, text]) => {
    const given = textOf(text);
    return given === undefined ? name : `${name}=${given}`;
  });
}

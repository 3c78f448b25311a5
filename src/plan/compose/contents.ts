import { isObject, listOf, objectOf, textOf, type JsonObject } from './json.js';
import type { Service } from './stack.js';

/** A file that a container has of a config or a secret without a file on the host. */
export interface Content {
  /** Absolute path in the container. */
  readonly target: string;
  readonly text: string;
  /** In octal digits, as for chmod. */
  readonly mode: string;
  readonly uid: string;
  readonly gid: string;
}

/** The `configs` with `content` and the configs and secrets with `environment` that a service uses. */
export function contentsOf({ definition }: Pick<Service, 'definition'>): readonly Content[] {
  return (['config', 'secret'] as const).flatMap((kind) =>
    listOf(definition[`${kind}s`]).flatMap((use) => {
      const given = objectOf(use);
      const source = isObject(use) ? textOf(given['source']) : textOf(use);
      if (source === undefined) return [];
      const made = objectOf(definition[`${kind} ${source}`]);
      const text = textOf(made['value']) ?? textOf(made['content']);
      if (text === undefined) return [];
      const place = textOf(given['target']) ?? source;
      const target = place.startsWith('/') ? place : `${DIRECTORY[kind]}${place}`;
      const id = (key: string): string => textOf(given[key]) ?? '0';
      return [
        { target, text: unescaped(text), mode: modeOf(given), uid: id('uid'), gid: id('gid') },
      ];
    }),
  );
}

const DIRECTORY = { config: '/', secret: '/run/secrets/' };

/** Compose prints a mode as a number, or as octal digits in a text. */
function modeOf(use: JsonObject): string {
  const { mode } = use;
  if (typeof mode === 'number') return mode.toString(8);
  return typeof mode === 'string' && /^0?o?[0-7]+$/.test(mode) ? mode.replace('o', '') : '444';
}

/** `docker compose config` prints each `$` twice. */
export function unescaped(text: string): string {
  return text.replaceAll('$$', '$');
}

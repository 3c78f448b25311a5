import { objectOf, type JsonObject } from './json.js';

/**
 * What a volume of a Compose file is: whose `external` it is says no more than its name, labels are for people, and
 * `local` is the driver of one that says none.
 */
export function madeOf({ name, driver, driver_opts }: JsonObject): JsonObject {
  return { name, driver: driver === 'local' ? undefined : driver, driver_opts };
}

/** The same of two canonical texts of a stack. */
export function isSameVolume(one: string, other: string): boolean {
  const [before, after] = [one, other].map((text) =>
    JSON.stringify(madeOf(objectOf(JSON.parse(text)))),
  );
  return before === after;
}

import { createHash } from 'node:crypto';
import { canonical, isObject, type JsonObject } from './json.js';

/** Digest of a normalised definition: what a release record keeps instead of its secrets. */
export function digest(definition: JsonObject): string {
  return createHash('sha256').update(canonical(definition)).digest('hex').slice(0, 32);
}

/**
 * The differences of two definitions, a line each, for a person to judge. Values that may hold a
 * secret (environment, anything below it) are named, never shown.
 */
export function differences(before: JsonObject, after: JsonObject, path = ''): readonly string[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return keys.flatMap((key) => {
    const place = path === '' ? key : `${path}.${key}`;
    const [old, now] = [before[key], after[key]];
    if (canonical(old) === canonical(now)) return [];
    if (isObject(old) && isObject(now)) return differences(old, now, place);
    return [`${place}: ${shown(place, old)} → ${shown(place, now)}`];
  });
}

function shown(place: string, value: unknown): string {
  if (value === undefined || value === null) return '(none)';
  if (/^(environment|command|entrypoint|labels|healthcheck)\b/.test(place)) return '(set)';
  const text = typeof value === 'string' ? value : canonical(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

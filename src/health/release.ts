import type { HttpResponse } from './http.js';

const headerNames = ['x-release', 'x-app-version', 'x-version'] as const;
const longestRelease = 64;

/**
 * The release that an answer names: the field `release` or `version` of its JSON, or one of the headers
 * `X-Release`, `X-App-Version`, `X-Version`. Undefined where it names none.
 */
export function releaseOf({
  headers,
  body,
}: Pick<HttpResponse, 'headers' | 'body'>): string | undefined {
  const fields = jsonFields(body);
  const named = [fields['release'], fields['version'], ...headerNames.map((name) => headers[name])];
  return named.map(asName).find((name) => name !== undefined);
}

function jsonFields(body: string): Readonly<Record<string, unknown>> {
  if (!body.trimStart().startsWith('{')) return {};
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
  } catch {
    // It only looked like JSON, or was cut short: then it tells no release.
    return {};
  }
}

function asName(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string') return undefined;
  const name = text.trim();
  return name !== '' && name.length <= longestRelease && !/\p{Cc}/u.test(name) ? name : undefined;
}

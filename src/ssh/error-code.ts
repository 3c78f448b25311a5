/**
 * The system's code of an error, `ECONNREFUSED` and the like; undefined when it has none. Where a
 * name has several addresses, the code of the first one that was tried.
 */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  if ('errors' in error && Array.isArray(error.errors)) {
    const first = codeOf(error.errors[0]);
    if (first !== undefined) return first;
  }
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

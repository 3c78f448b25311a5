import type { Parsed } from './problem.js';

/** The name of an account on a machine. */
export function parseUsername(text: string): Parsed<string> {
  return /^[A-Za-z_][A-Za-z0-9._-]{0,31}$/.test(text)
    ? { value: text }
    : { allowed: 'allowed is the name of a user: letters, digits, `.`, `_` and `-`' };
}

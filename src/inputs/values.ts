import type { Parsed } from './problem.js';
import { nearestSpelling } from './spelling.js';

/** A number, a duration or a count, and how far it may go. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
]);

/** The booleans of the YAML 1.2 core schema and no others: a misspelt one is never read as false. */
export function parseBoolean(text: string): Parsed<boolean> {
  if (['true', 'True', 'TRUE'].includes(text)) return { value: true };
  if (['false', 'False', 'FALSE'].includes(text)) return { value: false };
  const word = text.toLowerCase();
  const meant = ['yes', 'y', 'on', '1'].includes(word)
    ? 'true'
    : ['no', 'n', 'off', '0'].includes(word)
      ? 'false'
      : nearestSpelling(word, ['true', 'false']);
  return { allowed: 'allowed is `true` or `false`', nearest: meant };
}

/** One of `names`, exactly. */
export function parseEnum<T extends string>(names: readonly T[]): (text: string) => Parsed<T> {
  return (text) => {
    const found = names.find((name) => name === text);
    if (found !== undefined) return { value: found };
    return {
      allowed: `allowed is ${orList(names.map((name) => `\`${name}\``))}`,
      nearest: nearestSpelling(text, names),
    };
  };
}

/** A whole number in plain decimal digits. */
export function parseInteger(range: Range): (text: string) => Parsed<number> {
  const allowed = `allowed is a whole number from ${String(range.min)} to ${String(range.max)}`;
  return (text) => {
    if (!/^\d{1,9}$/.test(text)) return { allowed };
    const value = Number(text);
    return value < range.min || value > range.max ? { allowed } : { value };
  };
}

/**
 * A duration with its unit, in milliseconds; a bare `0` where `zero` says that it means something.
 * `range` is in milliseconds.
 */
export function parseDuration(
  range: Range,
  zero: 'zero means something' | 'no zero',
): (text: string) => Parsed<number> {
  const orZero = zero === 'no zero' ? '' : '`0`, or ';
  const allowed =
    `allowed is ${orZero}a duration with its unit (\`500ms\`, \`30s\`, \`2m\`, \`1h\`) ` +
    `from ${formatDuration(range.min)} to ${formatDuration(range.max)}`;
  return (text) => {
    const match = /^(\d{1,9}(?:\.\d{1,3})?)\s*([A-Za-z]*)$/.exec(text);
    if (match === null) return { allowed };
    const amount = Number(match[1]);
    const unit = match[2] ?? '';
    const unitMs = UNIT_MS.get(unit);
    if (amount === 0 && (unit === '' || unitMs !== undefined)) {
      return zero === 'no zero' ? { allowed } : { value: 0 };
    }
    if (unitMs === undefined || /\s/.test(text)) {
      return { allowed, nearest: `${match[1] ?? ''}${nearestUnit(unit)}` };
    }
    const value = Math.round(amount * unitMs);
    return value < range.min || value > range.max ? { allowed } : { value };
  };
}

/** `90000` as `90s`, with the largest unit that keeps it whole. */
export function formatDuration(ms: number): string {
  for (const [unit, unitMs] of [...UNIT_MS].reverse()) {
    if (ms >= unitMs && ms % unitMs === 0) return `${String(ms / unitMs)}${unit}`;
  }
  return `${String(ms)}ms`;
}

/** The words of a list: one a line or separated by commas, empty ones left out. */
export function splitList(text: string): readonly string[] {
  return text
    .split(/[\r\n,]+/)
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** The lines of a text that say something: trimmed, empty ones and `#` comments left out. */
export function splitLines(text: string): readonly string[] {
  return text
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** A list whose every item matches `pattern`; `allowed` says what that means. */
export function parseNames(
  pattern: RegExp,
  allowed: string,
): (text: string) => Parsed<readonly string[]> {
  return (text) => {
    const items = splitList(text);
    const wrong = items.find((item) => !pattern.test(item));
    if (wrong !== undefined) return { allowed, part: wrong };
    const twice = items.find((item, index) => items.indexOf(item) !== index);
    return twice === undefined
      ? { value: items }
      : { allowed: 'an item may be named only once', part: twice };
  };
}

/** `a`, `a or b`, `a, b or c`. */
export function orList(items: readonly string[]): string {
  const last = items.at(-1) ?? '';
  return items.length < 2 ? last : `${items.slice(0, -1).join(', ')} or ${last}`;
}

function nearestUnit(unit: string): string {
  const word = unit.toLowerCase();
  if (word === '' || word.startsWith('sec')) return 's';
  if (word.startsWith('mil') || word === 'ms') return 'ms';
  if (word.startsWith('h')) return 'h';
  return word.startsWith('m') ? 'm' : 's';
}

import { INPUT_DEFAULTS, INPUT_NAMES, type InputName } from './names.js';
import type { Environment } from './environment.js';
import type { InputProblem, Parsed } from './problem.js';
import { nearestSpelling } from './spelling.js';

/** Reads inputs one by one and gathers what is wrong with them. */
export interface InputReader {
  readonly problems: readonly InputProblem[];
  /** The text of an input, or its default when it is empty. */
  text(name: InputName): string;
  /** Parses an input; `fallback` stands in for a value that is wrong, so that reading can go on. */
  take<T>(name: InputName, parse: (text: string) => Parsed<T>, fallback: T): T;
  /** The same for an input that may be left empty. */
  takeOptional<T>(name: InputName, parse: (text: string) => Parsed<T>): T | undefined;
  /** Something wrong that no single value shows; `value` is printed if given. */
  complain(name: string, allowed: string, value?: string): void;
}

/** A reader of `get`, which answers '' for an input that isn't set. Names in `secrets` are never shown. */
export function inputReader(
  get: (name: string) => string,
  secrets: readonly InputName[],
): InputReader {
  const problems: InputProblem[] = [];
  const hidden = secrets.map((name) => get(name).trim()).filter((text) => text !== '');
  const shown = (value: string): string | undefined =>
    value === '' || value.includes('PRIVATE KEY') || hidden.some((secret) => value.includes(secret))
      ? undefined
      : value;
  const text = (name: InputName): string => {
    const given = get(name).trim();
    return given === '' ? INPUT_DEFAULTS[name] : given;
  };
  const take = <T>(name: InputName, parse: (value: string) => Parsed<T>, fallback: T): T => {
    const value = text(name);
    const parsed = parse(value);
    if ('value' in parsed) return parsed.value;
    problems.push({
      input: name,
      value: shown(parsed.part ?? value),
      allowed: parsed.allowed,
      nearest: shown(parsed.nearest ?? ''),
    });
    return fallback;
  };
  return {
    problems,
    text,
    take,
    takeOptional: (name, parse) => (text(name) === '' ? undefined : take(name, parse, undefined)),
    complain: (name, allowed, value) => {
      problems.push({ input: name, value, allowed, nearest: undefined });
    },
  };
}

/**
 * Names in `with:` that action.yml doesn't know. The runner only warns of them, and hands them to
 * the action as `INPUT_<NAME>` like any other.
 */
export function unknownInputs(environment: Environment): readonly InputProblem[] {
  return Object.keys(environment)
    .filter((variable) => variable.startsWith('INPUT_'))
    .map((variable) => variable.slice('INPUT_'.length).toLowerCase())
    .filter((name) => !INPUT_NAMES.includes(name))
    .map((name) => ({
      input: name,
      value: undefined,
      allowed: 'this action has no such input',
      nearest: nearestSpelling(name, INPUT_NAMES),
    }));
}

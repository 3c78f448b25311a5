import { isDeepStrictEqual } from 'node:util';

/** Collects what was not as promised, so that one broken promise does not hide another. */
export interface Checks {
  /** `promise` is a sentence that should be true. */
  that(isTrue: boolean, promise: string): void;
  equal(actual: unknown, wanted: unknown, what: string): void;
  matches(text: string, pattern: RegExp, what: string): void;
  readonly made: number;
  readonly failures: readonly string[];
}

export function collectChecks(): Checks {
  const failures: string[] = [];
  let made = 0;
  const that = (isTrue: boolean, promise: string): void => {
    made += 1;
    if (!isTrue) failures.push(promise);
  };
  return {
    that,
    equal: (actual, wanted, what) => {
      that(
        isDeepStrictEqual(actual, wanted),
        `${what} is ${JSON.stringify(actual)}, not ${JSON.stringify(wanted)}`,
      );
    },
    matches: (text, pattern, what) => {
      that(pattern.test(text), `${what} does not match ${String(pattern)}: ${text.slice(0, 600)}`);
    },
    get made() {
      return made;
    },
    failures,
  };
}

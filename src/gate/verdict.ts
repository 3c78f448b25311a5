/** One reason why a commit may not go out. */
export interface Refusal {
  /** What was refused, and why. */
  readonly what: string;
  /** What to do about it. */
  readonly next: string;
}

/** What one judge of the gate says. Open means: no refusals. */
export interface Verdict {
  readonly refusals: readonly Refusal[];
  readonly warnings: readonly string[];
  /** What was looked at and found good, a line each, for the log. */
  readonly passed: readonly string[];
}

export function refused(what: string, next: string): Verdict {
  return { refusals: [{ what, next }], warnings: [], passed: [] };
}

export function passed(...lines: readonly string[]): Verdict {
  return { refusals: [], warnings: [], passed: lines };
}

/** All verdicts as one: open only if every one of them is. */
export function together(verdicts: readonly Verdict[]): Verdict {
  return {
    refusals: verdicts.flatMap((verdict) => verdict.refusals),
    warnings: verdicts.flatMap((verdict) => verdict.warnings),
    passed: verdicts.flatMap((verdict) => verdict.passed),
  };
}

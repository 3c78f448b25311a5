import { RefusedError } from '../errors.js';

/** One thing that is wrong with what the workflow said. */
export interface InputProblem {
  readonly input: string;
  /** What was said; undefined when nothing was, or when it must not be shown. */
  readonly value: string | undefined;
  /** What is wrong, or what is allowed, as a sentence without its full stop. */
  readonly allowed: string;
  readonly nearest: string | undefined;
}

/** What reading one value gave: the value, or why there is none. */
export type Parsed<T> = { readonly value: T } | ParseProblem;

export interface ParseProblem {
  readonly allowed: string;
  readonly nearest?: string | undefined;
  /** The part of the text that is wrong, where it isn't the whole of it. */
  readonly part?: string;
}

const LONGEST_SHOWN = 80;

/** One problem as one line: the input, the value, what is allowed, the nearest correct spelling. */
export function describeProblem(problem: InputProblem): string {
  const value = problem.value === undefined ? '' : `: ${quote(problem.value)}`;
  const nearest = problem.nearest === undefined ? '' : ` Did you mean ${quote(problem.nearest)}?`;
  return `\`${problem.input}\`${value}: ${problem.allowed}.${nearest}`;
}

/** The refusal that names every problem at once. */
export function inputsRefused(problems: readonly InputProblem[]): RefusedError {
  const [first, ...others] = problems.map(describeProblem);
  const next =
    'Correct the `with:` of this step. Nothing was connected to, and the host is untouched.';
  if (others.length === 0) {
    return new RefusedError({ what: `An input cannot be used. ${first ?? ''}`, next });
  }
  return new RefusedError({
    what: [
      `${String(problems.length)} inputs cannot be used:`,
      ...problems.map((problem) => `  • ${describeProblem(problem)}`),
    ].join('\n'),
    next,
  });
}

function quote(text: string): string {
  const line = text.replace(/\s*[\r\n]+\s*/g, ' ⏎ ');
  const short = line.length > LONGEST_SHOWN ? `${line.slice(0, LONGEST_SHOWN)}…` : line;
  return `\`${short}\``;
}

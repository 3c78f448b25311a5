import { isRecord } from './json.js';
import { passed, refused, together, type Verdict } from './verdict.js';

/** A job that this one needs. */
export interface NeededJob {
  readonly result: 'success' | 'failure' | 'cancelled' | 'skipped';
  readonly outputs: ReadonlyMap<string, string>;
}

/** The jobs in `needs` by their id, `'no gate'` for `none`, or why the text can't be judged. */
export type Needs =
  | { readonly kind: 'jobs'; readonly jobs: ReadonlyMap<string, NeededJob> }
  | { readonly kind: 'no gate' }
  | { readonly kind: 'unreadable'; readonly why: string };

const NEEDS_LINE = 'needs: ${{ toJSON(needs) }}';
const WRITE_THE_LINE = `Write \`${NEEDS_LINE}\` in the \`with:\` of this step.`;

/** Reads the text of the `needs` input. Never throws: what can't be read keeps the gate closed. */
export function parseNeeds(text: string): Needs {
  const trimmed = text.trim();
  if (trimmed === 'none') return { kind: 'no gate' };
  const unreadable = (why: string): Needs => ({ kind: 'unreadable', why });
  if (trimmed === '') return unreadable('it is empty');
  if (/^(\[object Object\]|Object|Array)$/.test(trimmed)) {
    return unreadable(`it is \`${trimmed}\`, which is what \`\${{ needs }}\` without toJSON gives`);
  }
  if (/toJSON\s*\(/i.test(trimmed)) {
    return unreadable('it is the expression itself, without `${{ }}` around it');
  }
  const value = parseJson(trimmed);
  if (value === undefined) {
    return unreadable(
      /^["']?(success|failure|cancelled|skipped)["']?$/.test(trimmed)
        ? 'it is the result of one job, and not the jobs'
        : 'it is no JSON',
    );
  }
  if (!isRecord(value)) return unreadable('it is JSON, but no object of jobs');
  if (typeof value['result'] === 'string') {
    return unreadable('it is one job out of `needs`, and not all of them');
  }
  return jobsOf(value);
}

function jobsOf(value: Readonly<Record<string, unknown>>): Needs {
  const jobs = new Map<string, NeededJob>();
  for (const [name, job] of Object.entries(value)) {
    const result = isRecord(job) ? asResult(job['result']) : undefined;
    if (!isRecord(job) || result === undefined) {
      return { kind: 'unreadable', why: `its job \`${name}\` has no result that is known` };
    }
    const outputs = isRecord(job['outputs']) ? Object.entries(job['outputs']) : [];
    jobs.set(name, {
      result,
      outputs: new Map(
        outputs.flatMap(([key, output]) => (typeof output === 'string' ? [[key, output]] : [])),
      ),
    });
  }
  return { kind: 'jobs', jobs };
}

/**
 * May this commit go out, as far as the jobs say that it was tested in? Closed unless every one of
 * them is `success`: failure, cancelled, skipped, no job at all, and text that can't be read.
 */
export function judgeNeeds(text: string): Verdict {
  const needs = parseNeeds(text);
  if (needs.kind === 'no gate') {
    return {
      refusals: [],
      warnings: ['There is no gate (`needs: none`): this commit is deployed without any test.'],
      passed: [],
    };
  }
  if (needs.kind === 'unreadable') {
    return refused(
      `The input \`needs\` does not tell which jobs passed: ${needs.why}.`,
      WRITE_THE_LINE,
    );
  }
  if (needs.jobs.size === 0) {
    return refused(
      'No job has tested this commit: `needs` holds none.',
      'Give this job its tests, such as `needs: test` beside `runs-on:`, or say out loud that there ' +
        'is no gate with the input `needs: none`.',
    );
  }
  return together(
    [...needs.jobs].map(([name, { result }]) =>
      result === 'success' ? passed(`job ${name}: success`) : refusedJob(name, result),
    ),
  );
}

function refusedJob(name: string, result: NeededJob['result']): Verdict {
  const how = {
    success: 'was successful',
    failure: 'failed',
    cancelled: 'was cancelled',
    skipped: 'was skipped, so nothing is known of what it would have found',
  }[result];
  return refused(
    `The job \`${name}\` ${how}.`,
    result === 'failure'
      ? `Mend what \`${name}\` found, and push again.`
      : `Run the workflow again so that \`${name}\` succeeds.`,
  );
}

function asResult(value: unknown): NeededJob['result'] | undefined {
  return value === 'success' || value === 'failure' || value === 'cancelled' || value === 'skipped'
    ? value
    : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Whatever is wrong with it, it isn't what the expression gives; the caller says so.
    return undefined;
  }
}

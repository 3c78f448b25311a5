import { DECIMAL_NUMBER } from '../inputs/lines.js';
import { nearestSpelling } from '../inputs/spelling.js';
import type { OutputRequirement } from '../inputs/types.js';
import { parseNeeds, type NeededJob } from './needs.js';
import { passed, refused, together, type Verdict } from './verdict.js';

/**
 * Do the outputs of the needed jobs fulfil `requirements`? `needsText` is the text of the input
 * `needs`. Two numbers are compared as numbers (`41 >= 9`), anything else only for being the same
 * text; a job or an output that isn't there keeps the gate closed.
 */
export function judgeOutputs(
  needsText: string,
  requirements: readonly OutputRequirement[],
): Verdict {
  if (requirements.length === 0) return passed();
  const needs = parseNeeds(needsText);
  if (needs.kind !== 'jobs') {
    return refused(
      'The conditions of `require-outputs` cannot be judged: `needs` tells of no job.',
      'Write `needs: ${{ toJSON(needs) }}` in the `with:` of this step.',
    );
  }
  return together(requirements.map((requirement) => judgeRequirement(needs.jobs, requirement)));
}

function judgeRequirement(
  jobs: ReadonlyMap<string, NeededJob>,
  requirement: OutputRequirement,
): Verdict {
  const { job: jobName, output, operator, value: wanted } = requirement;
  const condition = `${jobName}.${output} ${operator} ${wanted}`;
  const job = jobs.get(jobName);
  if (job === undefined) return noSuchJob(jobs, requirement, condition);
  const found = job.outputs.get(output);
  if (found === undefined) return noSuchOutput(job, requirement, condition);
  const shown = `\`${jobName}.${output}\` is \`${shorten(found)}\``;
  if ((operator === '>=' || operator === '<=') && !DECIMAL_NUMBER.test(found.trim())) {
    return refused(
      `The condition \`${condition}\` compares numbers, and ${shown}, which is none.`,
      `Let the job \`${jobName}\` set the output \`${output}\` to a number alone.`,
    );
  }
  if (holds(found.trim(), operator, wanted))
    return passed(`${condition} (it is ${shorten(found)})`);
  return refused(
    `The condition \`${condition}\` does not hold: ${shown}.`,
    `Mend what makes \`${jobName}\` give this value, or change the condition if it asks too much.`,
  );
}

function holds(found: string, operator: OutputRequirement['operator'], wanted: string): boolean {
  const numbers = [found, wanted].every((text) => DECIMAL_NUMBER.test(text));
  const order = numbers ? compareDecimals(found, wanted) : undefined;
  if (operator === '>=') return order !== undefined && order >= 0;
  if (operator === '<=') return order !== undefined && order <= 0;
  const same = order === undefined ? found === wanted : order === 0;
  return operator === '=' ? same : !same;
}

/** Exact, whatever the number of digits. Negative where `one` is the smaller. */
function compareDecimals(one: string, other: string): number {
  const digits = Math.max(...[one, other].map((text) => (text.split('.')[1] ?? '').length));
  const scaled = (text: string): bigint => {
    const [whole = '0', fraction = ''] = text.replace(/^[+-]/, '').split('.');
    const size = BigInt(whole + fraction.padEnd(digits, '0'));
    return text.startsWith('-') ? -size : size;
  };
  const difference = scaled(one) - scaled(other);
  return difference === 0n ? 0 : difference < 0n ? -1 : 1;
}

function noSuchJob(
  jobs: ReadonlyMap<string, NeededJob>,
  { job }: OutputRequirement,
  condition: string,
): Verdict {
  const names = [...jobs.keys()];
  return refused(
    `The condition \`${condition}\` cannot be judged: \`needs\` has no job \`${job}\`, only ${listed(names)}.`,
    `${meant(job, names)}Only jobs that this job names in its own \`needs:\` are seen: add \`${job}\` there, ` +
      'even if another of them needs it already.',
  );
}

function noSuchOutput(
  job: NeededJob,
  { job: jobName, output }: OutputRequirement,
  condition: string,
): Verdict {
  const names = [...job.outputs.keys()];
  const has = names.length === 0 ? 'has no outputs' : `has only ${listed(names)}`;
  return refused(
    `The condition \`${condition}\` cannot be judged: the job \`${jobName}\` ${has}.`,
    `${meant(output, names)}Declare it under \`jobs.${jobName}.outputs:\` and set it in a step. ` +
      'If it is declared and set: the runner drops an output whose value holds a masked text.',
  );
}

function meant(word: string, names: readonly string[]): string {
  const near = nearestSpelling(word, names);
  return near === undefined ? '' : `Did you mean \`${near}\`? `;
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.map((name) => `\`${name}\``).join(', ');
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 80 ? `${line.slice(0, 80)}…` : line;
}

/** How a workflow run ended, as far as anybody outside of it can see. */
export interface WorkflowRun {
  readonly exitCode: number;
  /** By job id. A job that was never started is not in it. */
  readonly jobs: Readonly<Record<string, string>>;
  readonly steps: readonly StepEnd[];
  readonly outputs: readonly Output[];
  /** Messages of error annotations. */
  readonly errors: readonly string[];
  readonly summaries: readonly string[];
  readonly log: string;
}

export interface StepEnd {
  readonly job: string;
  /** Its `name:`, or what it uses. */
  readonly step: string;
  readonly stage: string;
  readonly result: string;
}

export interface Output {
  readonly job: string;
  readonly name: string;
  readonly value: string;
}

/** The output of that name which a step of the job set; the last one of several. */
export function outputOf(run: WorkflowRun, job: string, name: string): string | undefined {
  return run.outputs.findLast((output) => output.job === job && output.name === name)?.value;
}

/** The result of a step of the job whose name begins so, in that stage. */
export function resultOf(
  run: WorkflowRun,
  job: string,
  step: string,
  stage: 'Main' | 'Post' = 'Main',
): string | undefined {
  return run.steps.find(
    (end) => end.job === job && end.stage === stage && end.step.startsWith(step),
  )?.result;
}

/** Reads what `act --json` printed: one object a line, and plain lines of act's own. */
export function workflowRun(exitCode: number, printed: string): WorkflowRun {
  const jobs: Record<string, string> = {};
  const steps: StepEnd[] = [];
  const outputs: Output[] = [];
  const errors: string[] = [];
  const summaries: string[] = [];
  const log: string[] = [];
  for (const line of printed.split('\n')) {
    const event = eventIn(line);
    log.push(event === undefined ? line : lineOf(event));
    if (event === undefined) continue;
    const [job, step, stage] = [event('jobID'), event('step'), event('stage')];
    if (job !== '') jobs[job] ??= 'unknown';
    if (event('jobResult') !== '') jobs[job] = event('jobResult');
    if (event('stepResult') !== '') steps.push({ job, step, stage, result: event('stepResult') });
    switch (event('command')) {
      case 'set-output':
        outputs.push({ job, name: event('name'), value: event('arg') });
        break;
      case 'error':
        errors.push(event('arg'));
        break;
      case 'summary':
        summaries.push(event('content'));
        break;
      default:
        break;
    }
  }
  return { exitCode, jobs, steps, outputs, errors, summaries, log: log.join('\n') };
}

/** A field of the event; empty where it has none, or one that is no text. */
type Event = (field: string) => string;

function eventIn(line: string): Event | undefined {
  if (!line.startsWith('{')) return undefined;
  const parsed: unknown = JSON.parse(line);
  const fields = new Map<string, unknown>(
    typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : [],
  );
  return (name) => {
    const value = fields.get(name);
    return typeof value === 'string' ? value : '';
  };
}

function lineOf(event: Event): string {
  const [at, job] = [event('time').slice(11, 19), event('jobID')];
  const text = event('msg').replace(/\n$/, '');
  return text.replaceAll(/^/gm, `${at} ${job} | `);
}

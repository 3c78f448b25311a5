import { DeployError } from '../errors.js';
import { LEASE_SECONDS } from '../host/lease.js';
import { quote } from '../host/quote.js';
import type { ScriptResult, Shell, Variables } from '../host/shell.js';
import { remoteScript } from '../remote/load.js';

/** One step on the host. Its undo is in the journal before its script starts. */
export interface Step {
  /** Names the journal entry: lower-case letters and dashes. */
  readonly name: string;
  /**
   * Commands of remote/lib/, a line each; may run twice. Undefined: nothing to undo. Of several, the
   * last is undone first, and what fails of one keeps none of the others.
   */
  readonly undo?: string | readonly string[];
  /** The same, after all others: it builds on what they bring back. */
  readonly lastUndo?: string;
  /** Commands that come after all undos, those as well. */
  readonly afterUndos?: readonly string[];
  readonly script: string;
  readonly variables: Variables;
}

export interface Transaction {
  /**
   * A step may be sent while earlier ones still run: it begins when they have ended, and does nothing
   * where one of them failed.
   *
   * @throws StepError when the script fails
   */
  step(step: Step): Promise<string>;
  /**
   * Ends a transaction that went well: what was journalled since is forgotten, the lease is free. May
   * be sent while the last step runs, as a step may; a second call waits for the first.
   *
   * @throws StepError when the step before it failed, and nothing was ended
   */
  close(): Promise<void>;
}

export interface AbortResult {
  /** True where the stack is as it was before. */
  readonly whole: boolean;
  /** True where the release was past the point of no return: it was finished, not undone. */
  readonly finished: boolean;
  /** What the host said while it undid. */
  readonly said: string;
}

export class StepError extends Error {
  override readonly name = 'StepError';
  readonly result: ScriptResult;

  constructor(step: string, result: ScriptResult) {
    super(`${step} failed with exit code ${String(result.code)}`);
    this.result = result;
  }
}

const LEASE_LOST = 79;
const EARLIER_STEP_FAILED = 78;

export interface TransactionOptions {
  /** Shell code that sets STATE and LIBRARY. */
  readonly state: string;
  readonly signal: AbortSignal;
  /**
   * The lease, where it was only just asked for: steps are sent behind it, and do nothing where it is
   * refused or what was observed has changed.
   */
  readonly behind?: Promise<unknown> | undefined;
}

/** The transaction of the lease that this shell took: its steps do nothing where the lease is another's. */
export function openTransaction(shell: Shell, options: TransactionOptions): Transaction {
  // Steps whose end is not known here yet; the host takes them in their order.
  let underWay = 0;
  const follow = async (before: Promise<unknown>): Promise<void> => {
    underWay += 1;
    await before.catch(() => undefined);
    underWay -= 1;
  };
  if (options.behind !== undefined) void follow(options.behind);
  const send = async (name: string, body: string, variables: Variables): Promise<string> => {
    const script = gated(body, underWay > 0, { state: options.state, pid: shell.pid });
    underWay += 1;
    try {
      const result = await shell.run(script, variables, options.signal);
      if (result.code === 0) return result.stdout;
      if (result.code === LEASE_LOST) throw leaseLost();
      throw new StepError(name, result);
    } finally {
      underWay -= 1;
    }
  };
  let closed: Promise<unknown> | undefined;
  return {
    step: (step) => send(step.name, stepBody(step), step.variables),
    close: async () => {
      closed ??= send('close', CLOSE, {});
      await closed;
    },
  };
}

function leaseLost(): DeployError {
  return new DeployError({
    what: 'the lease ran out, and was taken away',
    next: 'The watchdog on the host has handed the stack back. Run the workflow again.',
  });
}

/** Stands before the name of every step. */
const AFTER = 'after';

/** Undone at the very end, in the reverse order of the alphabet. */
const LAST_NUMBER = ' 000';

function stepBody({ name, undo = [], lastUndo, afterUndos = [], script }: Step): string {
  return [
    `lease_renew "$FENCE" ${String(LEASE_SECONDS)} || exit ${String(LEASE_LOST)}`,
    ...(afterUndos.length === 0
      ? []
      : [`journal ${AFTER}-${name} ${quote(afterUndos.join('\n'))}${LAST_NUMBER}`]),
    ...(lastUndo === undefined ? [] : [`journal ${name} ${quote(lastUndo)}${LAST_NUMBER}`]),
    ...[undo].flat().map((commands) => `journal ${name} ${quote(commands)}`),
    script,
  ].join('\n');
}

const CLOSE = 'end_journal\nlease_release "$FENCE"';

/**
 * `failed` stands in the lease from a step that failed until the next one that follows no other.
 */
function gated(
  body: string,
  followsOthers: boolean,
  { state, pid }: { readonly state: string; readonly pid: number },
): string {
  const failed = `"$STATE/lease/failed-${String(pid)}"`;
  return [
    `${state}(`,
    'set -eu',
    // Gone with the lease, where another version of the action has taken it long ago.
    `[ -e "$LIBRARY/lib.sh" ] || exit ${String(LEASE_LOST)}`,
    '. "$LIBRARY/lib.sh"',
    `FENCE=$(lease_of ${String(pid)}) || exit ${String(LEASE_LOST)}`,
    followsOthers ? `[ ! -e ${failed} ] || exit ${String(EARLIER_STEP_FAILED)}` : `rm -f ${failed}`,
    body,
    ')',
    'code=$?',
    `case $code in 0 | ${String(LEASE_LOST)}) ;; *) : >${failed} ;; esac`,
    'exit "$code"',
  ].join('\n');
}

/** Undoes this run's work, whatever it still does on the host; harmless when there is nothing. */
export async function handBack(
  shell: Shell,
  { state, fence, run }: { readonly state: string; readonly fence: string; readonly run: string },
): Promise<AbortResult> {
  const result = await shell.run(state + remoteScript('hand-back'), { FENCE: fence, RUN: run });
  return {
    whole: result.code === 0,
    finished: result.stdout.split('\n').includes('finished'),
    said: result.stderr,
  };
}

import { DeployError } from '../errors.js';
import { LEASE_SECONDS } from '../host/lease.js';
import { quote } from '../host/quote.js';
import type { ScriptResult, Shell, Variables } from '../host/shell.js';
import { remoteScript } from '../remote/load.js';

/** One step on the host. Its undo is in the journal before its script starts. */
export interface Step {
  /** Names the journal entry: lower-case letters and dashes. */
  readonly name: string;
  /** Commands of remote/lib/, a line each; may run twice. Undefined: nothing to undo. */
  readonly undo?: string;
  /** True where the undo must come after all others: it builds on what they bring back. */
  readonly undoneLast?: boolean;
  readonly script: string;
  readonly variables: Variables;
}

export interface Transaction {
  /** @throws StepError when the script fails */
  step(step: Step): Promise<string>;
  /** Ends a transaction that went well: what was journalled since is forgotten, the lease is free. */
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

export interface TransactionOptions {
  /** Shell code that sets STATE. */
  readonly state: string;
  readonly fence: string;
  readonly run: string;
  readonly signal: AbortSignal;
}

/** The transaction of a lease that has been taken. */
export function openTransaction(shell: Shell, options: TransactionOptions): Transaction {
  return {
    step: async (step) => {
      const result = await shell.run(compose(step, options), step.variables, options.signal);
      if (result.code === LEASE_LOST) {
        throw new DeployError({
          what: 'the lease ran out, and was taken away',
          next: 'The watchdog on the host has handed the stack back. Run the workflow again.',
        });
      }
      if (result.code !== 0) throw new StepError(step.name, result);
      return result.stdout;
    },
    close: async () => {
      await shell.run(
        `${options.state}. "$STATE/bin/lib.sh"\nrm -rf "$STATE/journal"\nlease_release "$FENCE"`,
        { FENCE: options.fence },
      );
    },
  };
}

function compose(step: Step, { state, fence }: TransactionOptions): string {
  return [
    `${state}set -eu`,
    '. "$STATE/bin/lib.sh"',
    `lease_renew ${quote(fence)} ${String(LEASE_SECONDS)} || exit ${String(LEASE_LOST)}`,
    ...(step.undo === undefined
      ? []
      : [`journal ${step.name} ${quote(step.undo)}${step.undoneLast === true ? ' 000' : ''}`]),
    step.script,
  ].join('\n');
}

/** Undoes this run's work, whatever it still does on the host; harmless when there is nothing. */
export async function handBack(
  shell: Shell,
  { state, fence, run }: Pick<TransactionOptions, 'state' | 'fence' | 'run'>,
): Promise<AbortResult> {
  const result = await shell.run(state + remoteScript('hand-back'), { FENCE: fence, RUN: run });
  return {
    whole: result.code === 0,
    finished: result.stdout.split('\n').includes('finished'),
    said: result.stderr,
  };
}

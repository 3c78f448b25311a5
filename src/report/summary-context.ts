import type { OperationName } from '../inputs/types.js';

/** What the summary says beside the outcome: where the commits are, and what was asked for. */
export interface SummaryContext {
  /** `https://github.com/owner/name`, for links to commits. */
  readonly repositoryUrl: string;
  readonly branch: string;
  readonly environment: string | undefined;
  /** `deploy` when it isn't given. */
  readonly operation?: OperationName | undefined;
  /** When the run began, by the clock of the probes. */
  readonly clockAtStartMs: number;
  /** Lines of `operation: status`. */
  readonly status: readonly string[];
}

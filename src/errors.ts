/**
 * The one error type a user ever reads.
 *
 * `what` happened, `where` (an input, a service, a file, a host), and what to do `next`:
 * together they are the single annotation of a failed run.
 */
export interface DeployErrorDetails {
  readonly what: string;
  readonly where?: string;
  readonly next: string;
  /** The last lines of a log that explain the failure; printed above the annotation, not in it. */
  readonly evidence?: string;
  readonly cause?: unknown;
}

export class DeployError extends Error {
  readonly what: string;
  readonly where: string | undefined;
  readonly next: string;
  readonly evidence: string | undefined;

  constructor(details: DeployErrorDetails) {
    const where = details.where === undefined ? '' : ` (${details.where})`;
    super(`${details.what}${where}\n${details.next}`, { cause: details.cause });
    this.name = 'DeployError';
    this.what = details.what;
    this.where = details.where;
    this.next = details.next;
    this.evidence = details.evidence;
  }

  /** The same error, with one more sentence about what to do next. */
  and(sentence: string): DeployError {
    const { what, where, next, evidence, cause } = this;
    return new DeployError({
      what,
      next: `${next}\n${sentence}`,
      cause,
      ...(where === undefined ? {} : { where }),
      ...(evidence === undefined ? {} : { evidence }),
    });
  }
}

/** A run that stopped before it changed anything: gate, input, host key, lease or plan said no. */
export class RefusedError extends DeployError {
  override readonly name = 'RefusedError';
}

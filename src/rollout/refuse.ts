import { RefusedError } from '../errors.js';
import type { Refusal } from '../plan/refusal.js';

/** @throws RefusedError with all of them, where there is one */
export function throwRefusals(refusals: readonly Refusal[], where?: string): void {
  if (refusals.length === 0) return;
  throw new RefusedError({
    what: refusals.map(({ what }) => what).join('\n'),
    ...(where === undefined ? {} : { where }),
    next: refusals.map(({ next }) => next).join('\n'),
  });
}

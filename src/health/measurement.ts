import type { ProbeSummary } from './probe-summary.js';

/** What one way to the site was seen to do during the deploy, or why nobody looked. */
export type Measurement =
  | { readonly kind: 'measured'; readonly address: string; readonly summary: ProbeSummary }
  | { readonly kind: 'unmeasured'; readonly address: string; readonly why: string };

/** The two ways to the site that are measured, each by itself. */
export interface Availability {
  /** The host's own entrance: what the verdict and the outputs are about. */
  readonly entrance: Measurement;
  /** The public address, from the runner; undefined where none is given. */
  readonly public: Measurement | undefined;
}

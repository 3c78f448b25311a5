import type { Bed } from './bed.js';
import type { StackDefinition } from '../stacks/stack.js';
import type { Checks } from './checks.js';

export interface Scenario {
  /** `backend-change`: what it is called on the command line. */
  readonly name: string;
  /** What is true when it passes. */
  readonly sentence: string;
  /** `empty`: nothing was ever deployed. `deployed`: a release of this action runs, `main` is at it. */
  readonly from: 'empty' | 'deployed';
  /** The stack on which it runs when none is named: the whole one, where the whole one matters. */
  readonly home: 'resee' | 'tiny';
  /** It measures time: it runs only when it is named, and while the other host is idle. */
  readonly alone?: boolean;
  /** Stacks that it makes no sense for are left out. */
  readonly stacks?: (stack: StackDefinition) => boolean;
  run(bed: Bed, checks: Checks, standing: Standing): Promise<void>;
}

/** The release that runs when a scenario begins. */
export interface Standing {
  readonly sha: string;
  readonly release: string;
}

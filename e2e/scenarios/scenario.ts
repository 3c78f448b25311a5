import type { Stack, StackDefinition } from '../stacks/stack.js';
import type { Bed, LiveRelease } from './bed.js';
import type { Checks } from './checks.js';

/** A promise, and how it is tried on a stack. */
export interface Trial<S extends Stack> {
  /** `backend-change`: what it is called on the command line. */
  readonly name: string;
  /** What is true when it passes. */
  readonly sentence: string;
  /** `empty`: nothing was ever deployed. `deployed`: a release of this action runs, `main` is at it. */
  readonly from: 'empty' | 'deployed';
  /** False: what it leaves is of no use to the next one, which then begins on a new release. */
  readonly reusable?: boolean;
  /** Stacks that it makes no sense for are left out. */
  readonly stacks?: (stack: S) => boolean;
  /** It runs only when it is named. */
  readonly onlyNamed?: boolean;
  run(bed: Bed<S>, checks: Checks, standing: LiveRelease): Promise<void>;
}

/** One that needs a stack which can be broken in every way. */
export interface Scenario extends Trial<StackDefinition> {
  /** The stack on which it runs when none is named: the whole one, where the whole one matters. */
  readonly home: 'resee' | 'tiny';
  /** It measures time: it runs only when it is named, and while the other hosts are idle. */
  readonly alone?: boolean;
  /** It takes long: it runs only when it is named, on a host that it has for itself, beside others. */
  readonly apart?: boolean;
  /** Most of its time is waiting, for a lease to end: a host beside the others costs next to nothing. */
  readonly waits?: boolean;
}

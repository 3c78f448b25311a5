import type { OperationName } from './types.js';

export const OPERATIONS: readonly OperationName[] = [
  'deploy',
  'plan',
  'rollback',
  'status',
  'unlock',
];

/** Operations that bring a commit to the host, and so ask whether it has passed its tests. */
export function isGated(operation: OperationName): boolean {
  return operation === 'deploy' || operation === 'plan';
}

import { describe, expect, it } from '@jest/globals';
import { RefusedError } from '../../src/errors.js';
import { openGate } from '../../src/gate/gate.js';
import type { OperationName } from '../../src/inputs/types.js';
import type { Log } from '../../src/log.js';
import { contextOf, SOURCE } from './context.js';

const GREEN = '{"test":{"result":"success","outputs":{"passed":"41"}}}';
const RED = '{"test":{"result":"failure","outputs":{"passed":"40"}}}';

function open(
  operation: OperationName,
  needs: string,
  environment: Readonly<Record<string, string>> = {},
): { readonly error: unknown; readonly lines: readonly string[] } {
  const lines: string[] = [];
  const keep = (line: string): void => {
    lines.push(line);
  };
  const log: Log = {
    info: keep,
    warn: keep,
    debug: keep,
    remote: keep,
    group: (_, work) => work(),
  };
  const requireOutputs = [{ job: 'test', output: 'passed', operator: '>=', value: '41' } as const];
  const gate = { needs, requireOutputs: operation === 'deploy' ? requireOutputs : [] };
  try {
    openGate({ operation, source: SOURCE, gate }, contextOf(environment), log);
    return { error: undefined, lines };
  } catch (error) {
    return { error, lines };
  }
}

describe('the gate', () => {
  it('lets a green commit of the branch through, and logs what it looked at', () => {
    const { error, lines } = open('deploy', GREEN);
    expect(error).toBeUndefined();
    expect(lines).toEqual([
      '✓ push on main',
      '✓ job test: success',
      '✓ test.passed >= 41 (it is 41)',
    ]);
  });

  it('gives every reason in one refusal, which says that the host is untouched', () => {
    const { error } = open('deploy', RED, { REF: 'refs/heads/dev' });
    expect(error).toBeInstanceOf(RefusedError);
    const message = error instanceof Error ? error.message : '';
    expect(message).toContain('`dev`');
    expect(message).toContain('The job `test` failed');
    expect(message).toContain('test.passed >= 41');
    expect(message).toContain('The host is untouched.');
  });

  it.each(['rollback', 'unlock', 'status'] as const)('asks for no tests on %s', (operation) => {
    expect(open(operation, RED).error).toBeUndefined();
  });

  it('judges a plan as it would judge the deploy', () => {
    expect(open('plan', RED).error).toBeInstanceOf(RefusedError);
  });

  it.each(['plan', 'rollback', 'unlock'] as const)('keeps %s to the branch', (operation) => {
    const { error } = open(operation, GREEN, { EVENT_NAME: 'pull_request_target' });
    expect(error).toBeInstanceOf(RefusedError);
  });

  it('lets anyone who may run a workflow see the status', () => {
    expect(open('status', '', { REF: 'refs/heads/dev' }).error).toBeUndefined();
  });
});

import { describe, expect, it } from '@jest/globals';
import { DeployError } from '../../src/errors.js';
import { annotateFailure, asDeployError } from '../../src/report/annotate.js';
import { captured, obeyed } from './captured.js';

const ERROR = new DeployError({
  what: 'backend did not become ready.',
  where: 'container backend-2',
  next: 'Read its log above.',
  evidence: 'Traceback\n::error::not mine\n',
});

describe('a failure', () => {
  it('is one annotation that says what, where and what next', async () => {
    const lines = await captured((log) => annotateFailure(ERROR, log));
    const errors = obeyed(lines).filter((line) => line.startsWith('::error'));
    expect(errors).toEqual([
      '::error title=backend did not become ready::' +
        'backend did not become ready. (container backend-2)%0ARead its log above.',
    ]);
  });

  it('has its evidence above, which the runner does not obey', async () => {
    const lines = await captured((log) => annotateFailure(ERROR, log));
    const evidence = lines.indexOf('::error::not mine');
    expect(evidence).toBeGreaterThan(0);
    expect(evidence).toBeLessThan(lines.findIndex((line) => line.startsWith('::error title')));
  });

  it('fails the job', async () => {
    let exitCode: typeof process.exitCode;
    await captured(async (log) => {
      await annotateFailure(ERROR, log);
      exitCode = process.exitCode;
    });
    expect(exitCode).toBe(1);
  });

  it('that nobody foresaw is called a bug, with its stack', () => {
    const error = asDeployError(new TypeError('x is undefined'));
    expect(error.message).toContain('x is undefined');
    expect(error.next).toContain('bug of the action');
    expect(error.evidence).toContain('TypeError');
    expect(asDeployError('text').message).toContain('text');
    expect(asDeployError(ERROR)).toBe(ERROR);
  });
});

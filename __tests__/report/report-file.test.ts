import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DeployError } from '../../src/errors.js';
import { writeReport } from '../../src/report/report-file.js';
import { contextOf } from '../gate/context.js';
import { outcomeOf, SHA } from './outcome-of.js';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'report-test-'));
});
afterAll(() => rm(directory, { recursive: true }));

describe('the report', () => {
  it('is a JSON file with the run, the outcome, the timeline and the error', async () => {
    const error = new DeployError({ what: 'w', next: 'n', evidence: 'e' });
    const outcome = outcomeOf({ result: 'rolled-back', error, previousSha: undefined });
    const path = await writeReport(outcome, contextOf({}), join(directory, 'temp'));
    const report: unknown = JSON.parse(await readFile(path, 'utf8'));
    expect(report).toMatchObject({
      version: 1,
      run: { runId: '4711', repository: 'org/app' },
      result: 'rolled-back',
      sha: SHA,
      previousSha: null,
      timeline: [{ name: 'connect' }, { name: 'build', startMs: 120, durationMs: 20_000 }],
      availability: { entrance: { kind: 'measured', summary: { sent: 412 } } },
      error: { what: 'w', where: null, next: 'n', evidence: 'e' },
    });
  });

  it('does not overwrite that of another deploy in the same job', async () => {
    const write = (): Promise<string> => writeReport(outcomeOf({}), contextOf({}), directory);
    expect(await write()).not.toBe(await write());
  });
});

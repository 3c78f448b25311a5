import { describe, expect, it } from '@jest/globals';
import { judgeNeeds } from '../../src/gate/needs.js';
import { refusalsOf } from './context.js';

const job = (result: string): unknown => ({ result, outputs: {} });

describe('the gate of needs', () => {
  it('is open when every job was successful', () => {
    const verdict = judgeNeeds(JSON.stringify({ test: job('success'), lint: job('success') }));
    expect(verdict.refusals).toEqual([]);
    expect(verdict.passed).toEqual(['job test: success', 'job lint: success']);
  });

  it.each(['failure', 'cancelled', 'skipped'])('is closed when a job ended in %s', (result) => {
    const verdict = judgeNeeds(JSON.stringify({ lint: job('success'), test: job(result) }));
    expect(verdict.refusals).toHaveLength(1);
    expect(refusalsOf(verdict)).toContain('`test`');
  });

  it('names every job that was not successful', () => {
    const needs = { a: job('failure'), b: job('success'), c: job('skipped') };
    expect(judgeNeeds(JSON.stringify(needs)).refusals).toHaveLength(2);
  });

  it.each([
    ['', 'it is empty'],
    ['   ', 'it is empty'],
    ['{}', 'holds none'],
    ['[]', 'no object of jobs'],
    ['null', 'no object of jobs'],
    ['true', 'no object of jobs'],
    ['[object Object]', 'without toJSON'],
    ['Object', 'without toJSON'],
    ['toJSON(needs)', 'without `${{ }}`'],
    ['success', 'the result of one job'],
    ['"success"', 'no object of jobs'],
    ['{"test":{"result":"success"', 'no JSON'],
    ['{"result":"success","outputs":{}}', 'one job out of `needs`'],
    ['{"test":"success"}', 'no result that is known'],
    ['{"test":{}}', 'no result that is known'],
    ['{"test":{"result":"SUCCESS"}}', 'no result that is known'],
    ['{"test":{"result":"neutral"}}', 'no result that is known'],
    ['None', 'no JSON'],
  ])('is closed for %j, and says why', (text, why) => {
    const verdict = judgeNeeds(text);
    expect(verdict.refusals).toHaveLength(1);
    expect(refusalsOf(verdict)).toContain(why);
  });

  it('is open for none, which it says out loud', () => {
    const verdict = judgeNeeds('none');
    expect(verdict.refusals).toEqual([]);
    expect(verdict.warnings).toEqual([expect.stringContaining('no gate')]);
  });

  it('is not fooled by a job that is named like a part of every object', () => {
    const verdict = judgeNeeds('{"__proto__":{"result":"failure","outputs":{}}}');
    expect(refusalsOf(verdict)).toContain('`__proto__`');
  });
});

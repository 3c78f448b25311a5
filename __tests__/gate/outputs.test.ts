import { describe, expect, it } from '@jest/globals';
import { judgeOutputs } from '../../src/gate/outputs.js';
import { parseRequirements } from '../../src/inputs/lines.js';
import { refusalsOf } from './context.js';

const NEEDS = JSON.stringify({
  test: {
    result: 'success',
    outputs: { passed: '41', ratio: '0.975', state: 'green', run: '9007199254740993', empty: '' },
  },
  lint: { result: 'success', outputs: {} },
});

function judge(text: string, needs = NEEDS): ReturnType<typeof judgeOutputs> {
  const requirements = parseRequirements(text);
  if (!('value' in requirements)) throw new Error(requirements.allowed);
  return judgeOutputs(needs, requirements.value);
}

describe('the gate of require-outputs', () => {
  it.each([
    'test.passed >= 41',
    'test.passed >= 9',
    'test.passed <= 100',
    'test.passed = 41',
    'test.passed = 41.0',
    'test.passed != 40',
    'test.ratio >= 0.97',
    'test.passed >= -1',
    'test.state = green',
    'test.state != red',
    'test.run = 9007199254740993',
    'test.run != 9007199254740992',
    'test.run >= 9007199254740993',
    'test.run <= 9007199254740993.0',
    'test.ratio <= 0.97500000000000000001',
  ])('is open for %s', (text) => {
    expect(judge(text).refusals).toEqual([]);
  });

  it.each([
    ['test.passed >= 42', '`test.passed` is `41`'],
    ['test.run >= 9007199254740994', '`test.run` is `9007199254740993`'],
    ['test.run <= 9007199254740992', '`test.run` is `9007199254740993`'],
    ['test.ratio >= 0.97500000000000000001', '`test.ratio` is `0.975`'],
    ['test.passed <= 9', '`test.passed` is `41`'],
    ['test.passed = 40', '`test.passed` is `41`'],
    ['test.passed != 41', '`test.passed` is `41`'],
    ['test.state = Green', '`test.state` is `green`'],
    ['test.state >= 1', 'which is none'],
    ['test.empty >= 0', 'which is none'],
    ['test.pased >= 41', 'Did you mean `passed`?'],
    ['lint.level = 1', 'has no outputs'],
    ['tset.passed >= 41', 'Did you mean `test`?'],
    ['build.ok = 1', 'only `test`, `lint`'],
    ['test.constructor = 1', 'has only'],
  ])('is closed for %s, and says why', (text, why) => {
    const verdict = judge(text);
    expect(verdict.refusals).toHaveLength(1);
    expect(refusalsOf(verdict)).toContain(why);
  });

  it('says that the runner drops an output with a masked text, and that only direct needs are seen', () => {
    expect(refusalsOf(judge('test.secret = 1'))).toContain('masked');
    expect(refusalsOf(judge('build.ok = 1'))).toContain('its own `needs:`');
  });

  it('judges every condition, not only the first', () => {
    expect(judge('test.passed >= 42\ntest.state = red').refusals).toHaveLength(2);
  });

  it('is closed when needs cannot be read', () => {
    expect(judge('test.passed >= 1', 'none').refusals).toHaveLength(1);
    expect(judge('test.passed >= 1', '').refusals).toHaveLength(1);
  });
});

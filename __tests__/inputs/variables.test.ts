import { describe, expect, it } from '@jest/globals';
import { accepted, problemsOf } from './given.js';

const read = (variables: string) => accepted({ variables }).compose.variables;

describe('variables', () => {
  it('are NAME=value, one a line', () => {
    const text = ['TAG=v42', '', '# a comment', '  REGION = eu central  ', 'EMPTY=', 'URL=a=b#c'];
    expect(read(text.join('\r\n'))).toEqual({
      TAG: 'v42',
      REGION: 'eu central',
      EMPTY: '',
      URL: 'a=b#c',
    });
    expect(read('')).toEqual({});
  });

  it('take a value as it stands', () => {
    expect(read('A=$HOME "x" `id` ${B:-c} 100%')).toEqual({ A: '$HOME "x" `id` ${B:-c} 100%' });
  });

  it.each([
    ['TAG', 'allowed is `NAME=value`'],
    ['my-tag=1', 'allowed is `NAME=value`'],
    ['1TAG=1', 'allowed is `NAME=value`'],
    ['TAG: 1', 'allowed is `NAME=value`'],
    ['COMPOSE_PROJECT_NAME=shop', 'a setting of Compose itself; use the inputs'],
    ['DOCKER_HOST=tcp://elsewhere', "a setting of Docker's own tools"],
    ['BUILDKIT_HOST=x', "a setting of Docker's own tools"],
    ['PATH=/tmp', 'the commands of the run depend on it'],
    ['HOME=/tmp', 'the commands of the run depend on it'],
    ['LD_PRELOAD=/tmp/x', 'the commands of the run depend on it'],
    ['UID=1000', "the host's shell keeps it for itself"],
    ['TAG="v1"', 'remove the quotes'],
    ["TAG='v1'", 'remove the quotes'],
    ["TAG=it's", "may hold no `'`"],
    ['TAG=a\\b', 'may hold no'],
    ['TAG=a\tb', 'no control character'],
  ])('that cannot be used are told with their line: %j', (line, told) => {
    const problems = problemsOf({ variables: `OTHER=1\n${line}` });
    expect(problems).toEqual([expect.stringContaining(told)]);
    expect(problems[0]).toMatch(/^`variables`: line 2: /);
  });

  it('tell all that is wrong at once, and no value', () => {
    const problems = problemsOf({
      variables: "PATH=sesame-open\nTAG=a\nTAG=sesame-open\nsesame-open\nX=sesame-open'",
      soak: 'never',
    });
    expect(problems.map((problem) => problem.replace(/: .*/, ''))).toEqual([
      '`variables`',
      '`variables`',
      '`variables`',
      '`variables`',
      '`soak`',
    ]);
    expect(problems.join()).toContain('line 3: `TAG` is given twice');
    expect(problems.join()).not.toContain('sesame-open');
  });
});

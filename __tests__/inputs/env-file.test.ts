import { describe, expect, it } from '@jest/globals';
import { secretTexts } from '../../src/inputs/secrets.js';
import { accepted, problemsOf } from './given.js';

const secretsOf = (text: string) => secretTexts((name) => (name === 'env-file' ? text : ''));
const textOf = (text: string) => {
  const source = accepted({ 'env-file': text }).envFile?.source;
  return source?.kind === 'workflow' ? source.text : undefined;
};

describe('env-file', () => {
  it('is written as it stands, with the line ends of Unix and one at its end', () => {
    expect(textOf('A=1\n# c\n\nB="x y" \n')).toBe('A=1\n# c\n\nB="x y" \n');
    expect(textOf('\uFEFFA=1\r\nB=2')).toBe('A=1\nB=2\n');
    expect(accepted({ 'env-file': 'A=1' }).envFile).toMatchObject({
      path: '.env',
      recorded: { path: '.env', digest: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
  });

  it('is the host’s own where nothing is given', () => {
    expect(accepted({}).envFile).toBeUndefined();
    expect(accepted({ 'env-file': ' \n' }).envFile).toBeUndefined();
  });

  it.each([
    'export A=1',
    "A='it\\'s'",
    'A="two\nlines" # and a comment',
    'A="a \\" b"',
    'A=',
    'A: yaml',
    '  A = spaced',
    'A.b-c[0]=1',
    'A=a#b # comment',
    'A=${B:-x} $C ${D} $$ \\${',
    "A='${'",
    'é=1',
  ])('takes what Compose takes: %j', (text) => {
    expect(problemsOf({ 'env-file': `FIRST=1\n${text}\nLAST=1` })).toEqual([]);
  });

  it.each([
    ['sesame-open', 'it has no `=`'],
    ['my key=sesame-open', 'is no name of a variable'],
    ['"A"=sesame-open', 'is no name of a variable'],
    ['A="sesame-open', 'no " ends it'],
    ["A='sesame-open", "no ' ends it"],
    ['A="sesame"open', 'something follows the "'],
    ['A=${sesame-open', 'begins no variable'],
    ['A="${sesame open}"', 'begins no variable'],
  ])('tells what Compose would refuse by its line, and never the value: %j', (line, told) => {
    const problems = problemsOf({ 'env-file': `FIRST="a\nb"\n\n${line}\nLAST=1` });
    expect(problems).toEqual([expect.stringContaining(told)]);
    expect(problems[0]).toMatch(/^`env-file`: line 4: /);
    expect(problems.join()).not.toContain('sesame');
  });

  it('tells all problems at once', () => {
    const problems = problemsOf({ 'env-file': 'one\nA=1\ntwo', 'env-file-path': '../.env' });
    expect(problems.map((problem) => problem.slice(0, 30))).toEqual([
      expect.stringContaining('`env-file-path`'),
      expect.stringContaining('`env-file`: line 1'),
      expect.stringContaining('`env-file`: line 3'),
    ]);
  });

  it.each(['../.env', '/etc/env', '~/.env', 'a//b', './.env', 'a/../b', '.git/env', '-x', 'a:b'])(
    'is never written at %j',
    (path) => {
      const problems = problemsOf({ 'env-file': 'A=1', 'env-file-path': path });
      expect(problems).toEqual([expect.stringContaining("inside the stack's directory")]);
    },
  );

  it('needs a text for its path, where a commit is brought', () => {
    const path = { 'env-file-path': 'config/app.env' };
    expect(problemsOf(path)).toEqual([expect.stringContaining('that is empty; set the secret')]);
    expect(problemsOf({ ...path, operation: 'rollback' })).toEqual([]);
    expect(accepted({ ...path, 'env-file': 'A=1' }).envFile?.path).toBe('config/app.env');
  });
});

describe('the values of env-file', () => {
  it('are secrets, also as Compose reads them, and line by line', () => {
    const text = `
A=plain-value # comment
B="quoted \\"value\\" here"
C='single value'
KEY="-----BEGIN-----
first-line
second-line"
D=pa$word-rest
broken-secret
E="unfinished-secret`;
    const secrets = secretsOf(text);
    for (const value of [
      'plain-value',
      'quoted "value" here',
      'quoted \\"value\\" here',
      'single value',
      'first-line',
      'second-line',
      'pa$word-rest',
      'word-rest',
      'broken-secret',
      'unfinished-secret',
    ]) {
      expect(secrets).toContain(value);
    }
    expect(secrets.join('\n')).not.toContain('comment');
  });

  it('are none where they would hide harmless text', () => {
    const text = 'A=1\nB=true\nC=5432\nD=\nE=abc\nF=production\nG=False\nH=postgres\nI=" "';
    expect(secretsOf(text)).toEqual([]);
    expect(secretsOf('PIN=123456\nWORD=blue')).toEqual(['123456', 'blue']);
  });
});

import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { assignments, commandLine, quote } from '../../src/host/quote.js';
import { composeArguments, stateAssignment, stateKey } from '../../src/host/state.js';

/** Strings that a careless shell would obey. */
const HOSTILE = [
  '',
  ' ',
  'plain',
  'two words',
  "it's",
  "'",
  "''''",
  "'; touch broken; '",
  '"double"',
  '$HOME ${HOME} $(id) `id`',
  "\\ \\\\ \\n \\'",
  'line one\nline two\n',
  '\t tab',
  '* ? [a-z] ~ {a,b}',
  '! # & ; | < > ( )',
  '-n',
  '--help',
  '=',
  'a=b',
  '한글 ünïcödé 🚀',
  '\u0001\u001b[31m',
];

/** The words that a real `sh` makes of a command line. */
function words(line: string): readonly string[] {
  const output = execFileSync(
    'sh',
    ['-c', `set -- ${line}\nfor word in "$@"; do printf '%s\\0' "$word"; done`],
    { encoding: 'utf8' },
  );
  return output.split('\0').slice(0, -1);
}

describe('quote, through a real sh', () => {
  it.each(HOSTILE)('makes one word of %j', (text) => {
    expect(words(quote(text))).toEqual([text]);
  });
});

describe('commandLine, through a real sh', () => {
  it('keeps every word as it is', () => {
    expect(words(commandLine(HOSTILE))).toEqual(HOSTILE);
  });

  it('leaves a plain word unquoted, for a person to read', () => {
    expect(commandLine(['docker', 'stop', '--time=5', 'a/b:c@d,e', 'f g'])).toBe(
      "docker stop --time=5 a/b:c@d,e 'f g'",
    );
  });
});

describe('assignments, through a real sh', () => {
  it.each(HOSTILE)('sets a variable to %j', (text) => {
    const script = `${assignments({ BEFORE: 'x', VALUE: text, AFTER: 'y' })}printf '%s' "$BEFORE$VALUE$AFTER"`;
    expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' })).toBe(`x${text}y`);
  });
});

describe('stateKey: Compose’s own rule for the name of a project', () => {
  it.each([
    [undefined, '/home/ec2-user/Resee-project', 'resee-project'],
    [undefined, '/home/ec2-user/Resee-project/', 'resee-project'],
    [undefined, '/srv/My App.v2', 'myappv2'],
    [undefined, '/srv/_-hidden_', 'hidden_'],
    [undefined, '/srv/한글', 'stack'],
    [undefined, '/', 'stack'],
    ['Shop', '/srv/other', 'shop'],
    ['../../etc', '/srv/other', 'etc'],
  ])('%s in %s is %s', (project, path, key) => {
    expect(stateKey(project, path)).toBe(key);
  });

  it('is a directory below the home of the user', () => {
    const script = `HOME='/home/a user'\n${stateAssignment(undefined, '/srv/tiny')}printf '%s' "$STATE"`;
    expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' })).toBe(
      '/home/a user/.local/state/resee-deploy/tiny',
    );
  });
});

describe('composeArguments', () => {
  it('is nothing where Compose’s defaults hold', () => {
    expect(composeArguments({ files: [], projectName: undefined, profiles: [] })).toBe('');
  });

  it('chooses files, project and profiles, in words that a shell cannot mistake', () => {
    const line = composeArguments({
      files: ['docker-compose.yml', "it's prod.yml"],
      projectName: 'shop',
      profiles: ['tools', '$(id)'],
    });
    expect(words(line)).toEqual([
      ...['-f', 'docker-compose.yml', '-f', "it's prod.yml"],
      ...['-p', 'shop', '--profile', 'tools', '--profile', '$(id)'],
    ]);
  });
});

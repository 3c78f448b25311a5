import { describe, expect, it } from '@jest/globals';
import { accepted, problemsOf, read, SHA } from './given.js';

describe('values', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['1.5s', 1_500],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['0', 0],
    ['0s', 0],
  ])('reads the duration %s as %d ms', (text, ms) => {
    expect(accepted({ soak: text }).soakMs).toBe(ms);
  });

  it.each(['30S', '30 s', '-1s', '1h30m', '1e3s', '30sec', 'Infinity', ''.padStart(12, '9') + 's'])(
    'refuses %s as a duration',
    (text) => {
      expect(problemsOf({ soak: text })).toHaveLength(1);
    },
  );

  it.each([
    ['true', true],
    ['True', true],
    ['TRUE', true],
    ['false', false],
    ['FALSE', false],
  ])('reads the boolean %s', (text, value) => {
    expect(accepted({ 'allow-downtime': text }).allowDowntime).toBe(value);
  });

  it.each(['tRue', 'yes', 'on', '1', 'null', '~'])('refuses %s as a boolean', (text) => {
    expect(problemsOf({ 'allow-downtime': text })).toHaveLength(1);
  });

  it('splits lists at commas and line ends', () => {
    expect(accepted({ services: ' backend,\n\nfrontend , celery\r\n' }).compose.services).toEqual([
      'backend',
      'frontend',
      'celery',
    ]);
  });

  it('puts ~/ into the home directory of the user', () => {
    expect(accepted({ path: '~/stack/', username: 'ubuntu' }).path).toBe('/home/ubuntu/stack');
    expect(accepted({ username: 'root' }).path).toBe('/root/Resee-project');
  });

  it.each([
    ['git@github.com:org/app.git', '/home/ec2-user/app'],
    ['https://git.example/team/app.git', '/home/ec2-user/app'],
    ['file:///srv/git/org/app.git', '/home/ec2-user/app'],
    ['/srv/git/org/app.git', '/home/ec2-user/app'],
  ])('takes %s as it is, and names the directory after it', (repository, path) => {
    const inputs = accepted({ repository });
    expect(inputs.source.remoteUrl).toBe(repository);
    expect(inputs.path).toBe(path);
  });

  it.each([
    'ext::sh -c id',
    '--upload-pack=x',
    'http://h/x',
    'a/b/c',
    'https://u:p@h/x',
    '-o/x',
    '..',
  ])('refuses the repository %s', (repository) => {
    expect(problemsOf({ repository })).toHaveLength(1);
  });

  it('makes the sha lower case', () => {
    expect(accepted({ sha: SHA.toUpperCase() }).source.sha).toBe(SHA);
  });

  it('reads commands by service, commas and colons in the command kept', () => {
    const text =
      'backend: python manage.py migrate --noinput\ncelery:  sh -c "a:b, c"\n# a comment\n';
    expect(accepted({ 'pre-deploy': text }).preDeploy).toEqual([
      { service: 'backend', command: 'python manage.py migrate --noinput' },
      { service: 'celery', command: 'sh -c "a:b, c"' },
    ]);
  });

  it.each(['python manage.py migrate', 'backend:', 'back end: x', 'backend:migrate'])(
    'refuses %s as a command of a service',
    (text) => {
      expect(problemsOf({ 'pre-deploy': text })[0]).toContain('`service: command`');
    },
  );

  it('reads requirements, one a line', () => {
    const text = 'test.passed >= 41\ntest.failed<=0\nlint.level != strict mode\nbuild.ok = yes';
    expect(accepted({ 'require-outputs': text }).gate.requireOutputs).toEqual([
      { job: 'test', output: 'passed', operator: '>=', value: '41' },
      { job: 'test', output: 'failed', operator: '<=', value: '0' },
      { job: 'lint', output: 'level', operator: '!=', value: 'strict mode' },
      { job: 'build', output: 'ok', operator: '=', value: 'yes' },
    ]);
  });

  it.each([
    ['test.passed == 41', 'Did you mean `test.passed = 41`?'],
    ['test.passed > 41', 'Did you mean `test.passed >= 41`?'],
    ['test.passed >= many', 'compares numbers'],
    ['test.passed >=', 'the value is missing'],
    ['test.ok = "yes"', 'Did you mean `test.ok = yes`?'],
    ['passed >= 41', '`job.output`'],
  ])('refuses the requirement %s', (text, told) => {
    expect(problemsOf({ 'require-outputs': text })[0]).toContain(told);
  });

  it('keeps the spaces of a passphrase and mends only its line end', () => {
    const result = read({ passphrase: ' two words \n' });
    expect('inputs' in result && result.inputs.connection.passphrase).toBe(' two words ');
  });
});

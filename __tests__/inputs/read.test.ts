import { describe, expect, it } from '@jest/globals';
import { accepted, KEY, problemsOf, SHA } from './given.js';

describe('the least that a workflow must say', () => {
  it('is enough, and every other input has the default of the contract', () => {
    expect(accepted({})).toEqual({
      connection: {
        host: '203.0.113.7',
        port: 22,
        username: 'ec2-user',
        key: KEY,
        passphrase: undefined,
        hostKeys: { kind: 'pinned', fingerprints: [], knownHosts: '' },
        connectTimeoutMs: 15_000,
        jumpHosts: [],
        proxyCommand: undefined,
      },
      path: '/home/ec2-user/Resee-project',
      source: {
        repository: 'org/Resee-project',
        remoteUrl: 'https://github.com/org/Resee-project.git',
        branch: 'main',
        ref: 'refs/heads/main',
        sha: SHA,
        token: undefined,
      },
      gate: { needs: '{"test":{"result":"success","outputs":{}}}', requireOutputs: [] },
      compose: {
        files: [],
        projectName: undefined,
        profiles: [],
        services: [],
        build: 'host',
        engine: 'auto',
        variables: {},
        registries: [],
      },
      envFile: undefined,
      preDeploy: [],
      postDeploy: [],
      health: {
        url: new URL('http://localhost/api/health/'),
        host: undefined,
        status: 200,
        successes: 3,
        timeoutMs: 60_000,
      },
      readyTimeoutMs: 120_000,
      soakMs: 10_000,
      drainTimeoutMs: 30_000,
      probeIntervalMs: 100,
      allowDowntime: false,
      allowDataChanges: [],
      lockTimeoutMs: 600_000,
      keepReleases: 3,
      operation: 'deploy',
      rollbackTo: undefined,
      environment: undefined,
      url: undefined,
    });
  });

  it('takes the repository and the commit from the run where the step names none', () => {
    const { source } = accepted(
      { repository: '', sha: '' },
      { GITHUB_REPOSITORY: 'org/app', GITHUB_SHA: SHA, GITHUB_SERVER_URL: 'https://ghe.example' },
    );
    expect(source).toMatchObject({
      remoteUrl: 'https://ghe.example/org/app.git',
      sha: SHA,
    });
  });

  it('names host, key and needs when they are empty, and shows the line for needs', () => {
    const problems = problemsOf({ host: '', key: '', needs: '' });
    expect(problems).toHaveLength(3);
    expect(problems.join('\n')).toContain('`needs: ${{ toJSON(needs) }}`');
  });

  it.each(['rollback', 'status', 'unlock'])('needs no needs for %s', (operation) => {
    expect(accepted({ operation, needs: '' }).operation).toBe(operation);
  });

  it('needs needs for a plan, which tells what a deploy would do', () => {
    expect(problemsOf({ operation: 'plan', needs: '' })).toHaveLength(1);
  });
});

describe('what is wrong', () => {
  it('is reported all at once', () => {
    expect(
      problemsOf({
        host: 'ec2-user@203.0.113.7',
        port: '70000',
        soak: '10',
        'allow-downtime': 'ture',
        operation: 'deply',
      }),
    ).toHaveLength(5);
  });

  it.each([
    [{ operation: 'deply' }, 'Did you mean `deploy`?'],
    [{ 'allow-downtime': 'ture' }, 'Did you mean `true`?'],
    [{ 'allow-downtime': 'no' }, 'Did you mean `false`?'],
    [{ soak: '10' }, 'Did you mean `10s`?'],
    [{ soak: '10 sec' }, 'Did you mean `10s`?'],
    [{ 'lock-timeout': '7h' }, 'from 100ms to 6h'],
    [{ 'ready-timeout': '0' }, '`ready-timeout`: `0`'],
    [{ 'health-status': '99' }, 'from 200 to 599'],
    [{ port: '22x' }, 'from 1 to 65535'],
    [{ 'keep-releases': '0' }, 'from 1 to 50'],
    [{ build: 'runer' }, 'Did you mean `runner`?'],
    [{ build: 'pul' }, 'Did you mean `pull`?'],
    [{ username: 'ec2-user; rm -rf /' }, '`username`'],
    [{ sha: 'abc1234' }, 'abbreviated'],
    [{ sha: '0'.repeat(40) }, 'deleted'],
    [{ branch: 'refs/heads/main' }, 'Did you mean `main`?'],
    [{ branch: 'a..b' }, '`branch`'],
    [{ path: 'Resee-project' }, 'Did you mean `~/Resee-project`?'],
    [{ path: '/home/ec2-user' }, 'a directory of its own'],
    [{ path: '/srv/../etc' }, '`..`'],
    [{ 'compose-files': '../other.yml' }, 'inside it'],
    [{ 'project-name': 'Resee' }, 'lower-case'],
    [{ services: 'backend, backend' }, 'only once'],
    [{ 'health-url': 'localhost/health' }, 'Did you mean `https://localhost/health`?'],
    [{ url: 'https://user:hunter2@example.com' }, 'no user or password'],
    [{ 'rollback-to': 'abcdef0' }, '`operation: rollback`'],
    [{ needs: 'none', 'require-outputs': 'test.passed >= 41' }, '`require-outputs`'],
    [
      { 'strict-host-key-checking': 'false', 'host-fingerprint': `SHA256:${'a'.repeat(43)}` },
      'would be ignored',
    ],
  ])('%j is told as such', (given, told) => {
    const problems = problemsOf(given);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(told);
  });

  it('never shows a secret, not even one that was put into the wrong input', () => {
    const problems = problemsOf({
      token: 'ghs_verysecret',
      host: 'https://x:ghs_verysecret@example.com',
      username: KEY,
      key: `${KEY.slice(0, 60)}garbage`,
    }).join('\n');
    expect(problems).toContain('`host`');
    expect(problems).not.toContain('ghs_verysecret');
    expect(problems).not.toContain(KEY.slice(40, 60));
    expect(
      problemsOf({
        url: 'https://user:hunter2@example.com',
        repository: 'https://u:p4ss@h/x',
      }).join(),
    ).not.toMatch(/hunter2|p4ss/);
  });

  it('includes a name that action.yml does not know, with the one that was meant', () => {
    const problems = problemsOf({}, { INPUT_HOST_FINGERPRINT: 'x', INPUT_HOST: 'y', HOME: '/' });
    expect(problems).toEqual([
      '`host_fingerprint`: this action has no such input. Did you mean `host-fingerprint`?',
    ]);
    expect(problemsOf({}, { INPUT_ZZZZZZ: '' })).toEqual([
      '`zzzzzz`: this action has no such input.',
    ]);
  });

  it('tells the wrong item of a list, and only that', () => {
    expect(problemsOf({ services: 'backend\nfront end, celery' })[0]).toContain('`front end`');
  });
});

describe('an empty value', () => {
  it('stands for the default, since a variable that is not set is empty', () => {
    const inputs = accepted({ port: '', soak: '', branch: ' ', 'health-url': '' });
    expect(inputs.connection.port).toBe(22);
    expect(inputs.soakMs).toBe(10_000);
    expect(inputs.source.branch).toBe('main');
  });
});

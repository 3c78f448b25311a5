import { describe, expect, it } from '@jest/globals';
import { judgeTrigger } from '../../src/gate/trigger.js';
import { contextOf, OTHER_SHA, refusalsOf, SHA, SOURCE } from './context.js';

const endedRun = (change: Readonly<Record<string, unknown>>): unknown => ({
  workflow_run: {
    name: 'CI',
    event: 'push',
    head_branch: 'main',
    head_sha: SHA,
    conclusion: 'success',
    head_repository: { full_name: 'org/app' },
    ...change,
  },
});

describe('the gate of the trigger', () => {
  it.each([
    'push',
    'workflow_dispatch',
    'repository_dispatch',
    'schedule',
    'release',
    'deployment',
  ])('is open for %s on the branch', (name) => {
    expect(judgeTrigger(contextOf({ EVENT_NAME: name }), SOURCE, 'deploy').refusals).toEqual([]);
  });

  it.each(['refs/heads/dev', 'refs/heads/main2', 'refs/pull/7/merge', 'main', ''])(
    'is closed for a push to %j',
    (ref) => {
      const verdict = judgeTrigger(contextOf({ REF: ref }), SOURCE, 'deploy');
      expect(refusalsOf(verdict)).toContain('only `main` may be deployed');
    },
  );

  it.each([
    'pull_request',
    'pull_request_target',
    'pull_request_review',
    'issue_comment',
    'merge_group',
  ])('is closed for %s, even on the branch', (name) => {
    const refusals = refusalsOf(judgeTrigger(contextOf({ EVENT_NAME: name }), SOURCE, 'deploy'));
    expect(refusals).toContain('has not been merged');
    expect(refusals).toContain('branches: [main]');
  });

  it('names the fork that a pull request comes from', () => {
    const payload = { pull_request: { head: { repo: { full_name: 'mallory/app' } } } };
    const context = contextOf({ EVENT_NAME: 'pull_request_target' }, payload);
    expect(refusalsOf(judgeTrigger(context, SOURCE, 'deploy'))).toContain(
      'of the fork mallory/app',
    );
  });

  it.each(['issues', 'fork', 'watch', 'discussion', ''])('is closed for the event %j', (name) => {
    expect(judgeTrigger(contextOf({ EVENT_NAME: name }), SOURCE, 'deploy').refusals).toHaveLength(
      1,
    );
  });

  it('is open for a tag that deploys its own commit, and closed if it deploys another', () => {
    const context = contextOf({ REF: 'refs/tags/v1', SHA });
    expect(judgeTrigger(context, SOURCE, 'deploy').refusals).toEqual([]);
    const refusals = refusalsOf(judgeTrigger(context, { ...SOURCE, sha: OTHER_SHA }, 'deploy'));
    expect(refusals).toContain('the tag `v1`');
  });

  it('is open for a deployment of a bare commit', () => {
    const context = contextOf({ EVENT_NAME: 'deployment', REF: '' });
    expect(judgeTrigger(context, SOURCE, 'deploy').refusals).toEqual([]);
  });
});

describe('another commit than the workflow’s own', () => {
  it('is told on the branch: the tests are not about it', () => {
    const verdict = judgeTrigger(contextOf({ SHA: OTHER_SHA }), SOURCE, 'deploy');
    expect(verdict.refusals).toEqual([]);
    expect(verdict.warnings).toEqual([
      expect.stringContaining(
        `names ${SHA.slice(0, 12)}, and this workflow runs for ${OTHER_SHA.slice(0, 12)}`,
      ),
    ]);
    expect(judgeTrigger(contextOf({}), SOURCE, 'deploy').warnings).toEqual([]);
  });
});

describe('the gate of a plan for a pull request', () => {
  const REF = 'refs/pull/7/merge';
  const from = (fullName: string): unknown => ({
    pull_request: { head: { repo: { full_name: fullName } } },
  });
  const refusals = (
    environment: Readonly<Record<string, string>>,
    payload: unknown,
    sha = SHA,
  ): string => {
    const context = contextOf({ EVENT_NAME: 'pull_request', REF, ...environment }, payload);
    return refusalsOf(judgeTrigger(context, { ...SOURCE, sha }, 'plan'));
  };

  it('is open for what merging a pull request of the same repository would make', () => {
    expect(refusals({}, from('org/app'))).toBe('');
  });

  it('is closed for a fork, and where the payload does not tell', () => {
    expect(refusals({}, from('mallory/app'))).toContain('of the fork mallory/app');
    for (const payload of ['unreadable', {}, { pull_request: { head: { repo: null } } }]) {
      expect(refusals({}, payload)).toContain('may not deploy');
    }
  });

  it('is closed for every other event about a pull request', () => {
    for (const name of ['pull_request_target', 'pull_request_review', 'issue_comment'])
      expect(refusals({ EVENT_NAME: name }, from('org/app'))).toContain('has not been merged');
  });

  it('is closed for another commit, and for another ref', () => {
    expect(refusals({}, from('org/app'), OTHER_SHA)).toContain('Leave out the input `sha`');
    expect(refusals({ REF: 'refs/heads/main' }, from('org/app'))).toContain('on: pull_request');
  });

  it('is closed for every operation but plan', () => {
    const context = contextOf({ EVENT_NAME: 'pull_request', REF }, from('org/app'));
    for (const operation of ['deploy', 'rollback', 'unlock'] as const)
      expect(refusalsOf(judgeTrigger(context, SOURCE, operation))).toContain('may not deploy');
  });
});

describe('the gate of workflow_run', () => {
  const judge = (payload: unknown): ReturnType<typeof judgeTrigger> =>
    judgeTrigger(contextOf({ EVENT_NAME: 'workflow_run' }, payload), SOURCE, 'deploy');

  it('is open after a successful run on the branch', () => {
    expect(judge(endedRun({})).refusals).toEqual([]);
  });

  it.each([
    ['a fork', { head_repository: { full_name: 'mallory/app' } }, 'mallory/app'],
    ['a deleted fork', { head_repository: null }, 'a deleted fork'],
    ['a pull request', { event: 'pull_request' }, 'pull request'],
    ['a failed run', { conclusion: 'failure' }, '`failure`'],
    ['another branch', { head_branch: 'dev' }, '`dev`'],
    ['another commit', { head_sha: OTHER_SHA }, 'github.event.workflow_run.head_sha'],
    ['a commit that is not told', { head_sha: undefined }, 'not told'],
    ['an issue, which anybody may open', { event: 'issues' }, '`issues`'],
    ['a fork of the repository', { event: 'fork' }, '`fork`'],
    ['a star', { event: 'watch' }, '`watch`'],
    ['another workflow_run', { event: 'workflow_run' }, '`workflow_run`'],
  ])('is closed after %s', (_, change, told) => {
    expect(refusalsOf(judge(endedRun(change)))).toContain(told);
  });

  it.each([{}, 'unreadable', []])('is closed when the payload is %j', (payload) => {
    expect(judge(payload).refusals).toHaveLength(1);
  });
});

import { describe, expect, it } from '@jest/globals';
import { contextOf, SHA } from './context.js';

describe('the context of a run', () => {
  it('tells who runs what, with the page of this attempt', () => {
    expect(contextOf({})).toMatchObject({
      runId: '4711',
      runAttempt: 2,
      runUrl: 'https://github.com/org/app/actions/runs/4711/attempts/2',
      repository: 'org/app',
      actor: 'ada',
      eventName: 'push',
      ref: 'refs/heads/main',
      sha: SHA,
      headRepository: 'org/app',
      isFork: false,
    });
  });

  it('uses the servers of a GitHub Enterprise', () => {
    const context = contextOf({
      SERVER_URL: 'https://ghe.example',
      API_URL: 'https://ghe.example/api/v3',
    });
    expect(context.runUrl).toMatch(/^https:\/\/ghe\.example\/org\/app\//);
    expect(context.apiUrl).toBe('https://ghe.example/api/v3');
  });

  it('knows a fork by the repository of the commit, whatever its case', () => {
    const from = (name: string): unknown => ({
      pull_request: { head: { repo: { full_name: name } } },
    });
    expect(contextOf({}, from('mallory/app')).isFork).toBe(true);
    expect(contextOf({}, from('Org/App')).isFork).toBe(false);
    expect(contextOf({}, { pull_request: { head: { repo: null } } })).toMatchObject({
      isFork: true,
      headRepository: undefined,
    });
  });
});

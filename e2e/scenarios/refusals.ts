import { isDeepStrictEqual } from 'node:util';
import type { ActionRun } from '../harness/action.js';
import type { Bed, WorkflowOverrides } from './bed.js';
import type { Checks } from './checks.js';
import type { Scenario } from './scenario.js';
import type { LiveRelease } from './bed.js';
import { checkWhole, underLoad } from './whole.js';

export const redNeeds: Scenario = {
  name: 'red-needs',
  home: 'resee',
  sentence:
    'a commit whose tests failed, or were skipped, or were cancelled does not reach the host',
  from: 'deployed',
  run: async (bed, checks, standing) => {
    const sha = await bed.commit('Untested', bed.stack.changes.backend(bed.nextRelease()));
    for (const result of ['failure', 'cancelled', 'skipped']) {
      const needs = JSON.stringify({
        lint: { result: 'success', outputs: {} },
        test: { result, outputs: {} },
      });
      const run = await checkRefused(bed, checks, standing, sha, { inputs: { needs } });
      checks.matches(errorOf(run), /test/, `the annotation for a ${result} job`);
    }
  },
};

export const requiredOutput: Scenario = {
  name: 'required-output',
  home: 'tiny',
  sentence: 'an output that is lower than required, as a number, keeps the commit from the host',
  from: 'deployed',
  run: async (bed, checks, standing) => {
    const sha = await bed.commit('Nine tests', bed.stack.changes.backend(bed.nextRelease()));
    const needs = JSON.stringify({ test: { result: 'success', outputs: { passed: '9' } } });
    const run = await checkRefused(bed, checks, standing, sha, {
      inputs: { needs, 'require-outputs': 'test.passed >= 41' },
    });
    checks.matches(errorOf(run), /41/, 'the annotation');
  },
};

export const wrongBranch: Scenario = {
  name: 'wrong-branch',
  home: 'resee',
  sentence: 'a commit that is not on the branch is refused, and so is a workflow of another branch',
  from: 'deployed',
  run: async (bed, checks, standing) => {
    const { fixture } = bed;
    await fixture.git('checkout', '-q', '-b', 'feature');
    const edits = await bed.stack.changes.backend(bed.nextRelease())(fixture);
    const sha = await fixture.commit('On a branch', edits);
    await fixture.push({ branch: 'feature' });
    await fixture.git('checkout', '-q', 'main');
    await checkRefused(bed, checks, standing, sha, { workflow: { ref: 'refs/heads/feature' } });
    const run = await checkRefused(bed, checks, standing, sha);
    checks.matches(errorOf(run), /main/, 'the annotation for a commit that is not on main');
  },
};

export const unpinnedHost: Scenario = {
  name: 'unpinned-host',
  home: 'resee',
  sentence: 'a host that is not pinned is refused, and the line that pins it is printed',
  from: 'deployed',
  run: async (bed, checks, standing) => {
    const inputs = { 'host-fingerprint': undefined };
    const run = await checkRefused(bed, checks, standing, standing.sha, { inputs });
    const told = run.log + errorOf(run);
    checks.that(told.includes(bed.host.fingerprint), 'the fingerprint that was seen is printed');

    const wrong = { 'host-fingerprint': `SHA256:${'A'.repeat(43)}` };
    await checkRefused(bed, checks, standing, standing.sha, { inputs: wrong });
  },
};

export const planOnly: Scenario = {
  name: 'plan-only',
  home: 'tiny',
  sentence: 'operation: plan prints what would be done, and touches nothing',
  from: 'deployed',
  run: async (bed, checks, standing) => {
    const sha = await bed.commit('Not yet', bed.stack.changes.backend(bed.nextRelease()));
    const before = await bed.lookSettled();
    const { value: run } = await underLoad(bed, checks, () =>
      bed.deploy(sha, { inputs: { operation: 'plan' } }),
    );
    checks.equal(run.exitCode, 0, 'the exit code');
    checks.equal(run.outputs['result'], 'planned', 'result');
    checks.that((run.outputs['plan'] ?? '').startsWith('{'), 'the output plan is JSON');
    checks.equal(await bed.lookSettled(), before, 'all on the host');
    await planPullRequest(bed, checks);
    checks.equal(await bed.lookSettled(), before, 'all on the host after a plan of a pull request');
    await checkWhole(bed, checks, before, standing);
  },
};

/** A commit that is on no branch, but is what merging a pull request would make: planned, never deployed. */
async function planPullRequest(bed: Bed, checks: Checks): Promise<void> {
  const { fixture } = bed;
  await fixture.git('checkout', '-q', '-b', 'pull-7');
  const edits = await bed.stack.changes.backend(bed.nextRelease())(fixture);
  const sha = await fixture.commit('Merge pull request', edits);
  await fixture.git('push', '--quiet', 'origin', 'HEAD:refs/pull/7/merge');
  await fixture.git('checkout', '-q', 'main');
  const said = (operation: string, repository: string): WorkflowOverrides => ({
    inputs: { operation },
    workflow: {
      ref: 'refs/pull/7/merge',
      event: 'pull_request',
      payload: { pull_request: { head: { repo: { full_name: repository } } } },
    },
  });
  const { repository } = bed.stack;
  const planned = await bed.deploy(sha, said('plan', repository));
  checks.equal(planned.outputs['result'], 'planned', 'result for a pull request');
  checks.matches(planned.outputs['plan-markdown'] ?? '', /^## Deploy plan for/, 'plan-markdown');
  for (const refused of [said('deploy', repository), said('plan', 'mallory/fork')]) {
    const run = await bed.deploy(sha, refused);
    checks.equal(run.outputs['result'], 'refused', 'result of a deploy, or for a fork');
  }
}

export const superseded: Scenario = {
  name: 'superseded',
  home: 'tiny',
  sentence: 'an older commit does not take back a newer one that is deployed already',
  from: 'deployed',
  run: async (bed, checks) => {
    const older = await bed.commit('Older', bed.stack.changes.backend(bed.nextRelease()));
    const release = bed.nextRelease();
    const newer = await bed.commit('Newer', bed.stack.changes.backend(release));
    checks.equal((await bed.deploy(newer)).outputs['result'], 'deployed', 'result of the newer');
    const before = await bed.lookSettled();
    const { value: run } = await underLoad(bed, checks, () => bed.deploy(older));
    checks.equal(run.outputs['result'], 'superseded', 'result of the older');
    checks.equal(await bed.lookSettled(), before, 'all on the host');
    await checkWhole(bed, checks, before, { sha: newer, release });
  },
};

/** Runs what must be refused under load: red, and not a thing on the host is different. */
export async function checkRefused(
  bed: Bed,
  checks: Checks,
  standing: LiveRelease,
  sha: string,
  said: WorkflowOverrides = {},
  status: readonly string[] = [],
): Promise<ActionRun> {
  const before = await bed.lookSettled();
  const { value: run } = await underLoad(bed, checks, () => bed.deploy(sha, said));
  checks.equal(run.exitCode, 1, 'the exit code');
  checks.equal(run.outputs['result'], 'refused', 'result');
  const errors = run.annotations.filter((annotation) => annotation.level === 'error');
  checks.equal(errors.length, 1, 'the number of error annotations');
  const after = await bed.lookSettled();
  checks.that(isDeepStrictEqual(after, before), 'the host is untouched');
  await checkWhole(bed, checks, before, standing, { status });
  return run;
}

export function errorOf(run: ActionRun): string {
  return run.annotations.find((annotation) => annotation.level === 'error')?.message ?? '';
}

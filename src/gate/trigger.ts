import type { OperationName, SourceInputs } from '../inputs/types.js';
import { orList } from '../inputs/values.js';
import type { GithubContext } from './github-context.js';
import { passed, refused, together, type Verdict } from './verdict.js';

/** Events that only people with write access cause, on commits that are in the repository. */
const TRUSTED_EVENTS: readonly string[] = [
  'push',
  'workflow_dispatch',
  'repository_dispatch',
  'schedule',
  'workflow_run',
  'release',
  'deployment',
];

/** What may have started the run that a `workflow_run` follows: strangers can cause others (`issues`, `fork`, `watch`). */
const TRUSTED_ENDED_EVENTS: readonly string[] = TRUSTED_EVENTS.filter(
  // What started the run before that one is not told.
  (name) => name !== 'workflow_run',
);

/** Events about a pull request, where the commit, or the workflow's input, may be anybody's. */
const PULL_REQUEST_EVENTS: readonly string[] = [
  'pull_request',
  'pull_request_target',
  'pull_request_review',
  'pull_request_review_comment',
  'issue_comment',
  'merge_group',
];

/**
 * May this workflow deploy, by what GitHub says of its event? Refused are pull requests, forks and
 * other branches than `branch`. A tag may deploy only its own commit: that this lies on the branch is
 * proven on the host, with git, and so then does the workflow's own text.
 */
export function judgeTrigger(
  context: GithubContext,
  source: SourceInputs,
  operation: OperationName,
): Verdict {
  const { eventName } = context;
  const deployOnPush = `Deploy when it is merged: \`on: { push: { branches: [${source.branch}] } }\`.`;
  if (eventName === '') {
    return refused(
      'Nothing tells what started this run: GITHUB_EVENT_NAME is empty.',
      'Run this action in a GitHub Actions workflow.',
    );
  }
  if (isPlannedPullRequest(context, operation)) return judgePlanned(context, source);
  if (PULL_REQUEST_EVENTS.includes(eventName)) {
    const whose = context.isFork ? ` of the fork ${context.headRepository ?? '(deleted)'}` : '';
    return refused(
      `The event \`${eventName}\`${whose} may not deploy. What a pull request brings has not been ` +
        'merged: deploying it would run its code on the host, beside the data, with every secret of ' +
        'the stack.',
      deployOnPush,
    );
  }
  if (!TRUSTED_EVENTS.includes(eventName)) {
    return refused(
      `The event \`${eventName}\` may not deploy: others than the team may be able to cause it.`,
      `Deploy on ${orList(TRUSTED_EVENTS.map((name) => `\`${name}\``))}. ${deployOnPush}`,
    );
  }
  return eventName === 'workflow_run'
    ? judgeEndedRun(context, source, deployOnPush)
    : judgeRef(context, source);
}

/**
 * A pull request of the repository itself may be planned, which changes nothing on the host. Its
 * workflow has the secrets anyway: whoever wrote it may push. A fork's never.
 */
export function isPlannedPullRequest(context: GithubContext, operation: OperationName): boolean {
  return operation === 'plan' && context.eventName === 'pull_request' && !context.isFork;
}

function judgePlanned({ ref, sha }: GithubContext, source: SourceInputs): Verdict {
  if (/^refs\/pull\/\d+\/merge$/.test(ref) && sha === source.sha)
    return passed(`pull_request of this repository (${ref}), to be planned`);
  return refused(
    'A pull request is planned as what merging it would make of the branch, and this run is for ' +
      `${source.sha.slice(0, 12)} at ${ref === '' ? 'no ref' : `\`${ref}\``}.`,
    'Leave out the input `sha`, and let the workflow run `on: pull_request`.',
  );
}

function judgeEndedRun(
  context: GithubContext,
  source: SourceInputs,
  deployOnPush: string,
): Verdict {
  const run = context.endedRun;
  if (run === undefined) {
    return refused(
      'The event `workflow_run` does not tell which run has ended: its payload cannot be read.',
      'Run the workflow again.',
    );
  }
  const whose = `The run of \`${run.name}\` that started this one`;
  if (context.isFork || PULL_REQUEST_EVENTS.includes(run.eventName)) {
    return refused(
      `${whose} was for a pull request of ${context.headRepository ?? 'a deleted fork'}. This run has ` +
        'the secrets that the pull request was not given: deploying for it would hand them over.',
      `Add \`branches: [${source.branch}]\` under \`on: workflow_run:\`, and ask for ` +
        "`github.event.workflow_run.event == 'push'` in the `if:` of this job. " +
        deployOnPush,
    );
  }
  if (run.conclusion !== 'success') {
    return refused(
      `${whose} ended with \`${run.conclusion}\`: a \`workflow_run\` comes after failures too.`,
      "Add `if: github.event.workflow_run.conclusion == 'success'` to this job.",
    );
  }
  if (!TRUSTED_ENDED_EVENTS.includes(run.eventName)) {
    return refused(
      `${whose} was started by the event \`${run.eventName}\`: others than the team may be able to cause it.`,
      `Let it follow a run of ${orList(TRUSTED_ENDED_EVENTS.map((name) => `\`${name}\``))}: ask for ` +
        "`github.event.workflow_run.event == 'push'` in the `if:` of this job. " +
        deployOnPush,
    );
  }
  if (run.branch !== source.branch) return otherBranch(`${whose} was on \`${run.branch}\``, source);
  if (run.sha !== source.sha) {
    return refused(
      `${whose} was for the commit ${run.sha.slice(0, 12) || '(not told)'}, and ${source.sha.slice(0, 12)} is to be deployed: ` +
        'the commit that was tested is the one that goes out. Without the input `sha` a `workflow_run` ' +
        'means the newest commit of the default branch.',
      'Write `sha: ${{ github.event.workflow_run.head_sha }}` in the `with:` of this step.',
    );
  }
  return passed(`workflow_run of ${run.name} on ${run.branch}: success`);
}

function judgeRef(context: GithubContext, source: SourceInputs): Verdict {
  const { eventName, ref } = context;
  if (ref.startsWith('refs/heads/')) {
    const branch = ref.slice('refs/heads/'.length);
    return branch === source.branch
      ? together([passed(`${eventName} on ${branch}`), anotherCommit(context, source)])
      : otherBranch(`This workflow runs on the branch \`${branch}\``, source);
  }
  // A `deployment` that was made for a bare commit has no ref.
  const bareCommit = ref === '' && eventName === 'deployment';
  if (!ref.startsWith('refs/tags/') && !bareCommit) {
    return otherBranch(`This workflow runs on \`${ref}\``, source);
  }
  const where = bareCommit ? 'a commit without a branch' : `the tag \`${ref.slice(10)}\``;
  if (context.sha === source.sha) return passed(`${eventName} on ${where}`);
  return refused(
    `This workflow runs on ${where}, and the input \`sha\` names another commit. The workflow's own ` +
      `text may then come from a commit that never was on \`${source.branch}\`.`,
    `Leave out \`sha\`, or run the workflow on \`${source.branch}\`.`,
  );
}

/** The jobs in `needs` have tested the workflow's own commit. */
function anotherCommit({ sha }: GithubContext, source: SourceInputs): Verdict {
  if (sha === source.sha) return passed();
  return {
    refusals: [],
    warnings: [
      `The input \`sha\` names ${source.sha.slice(0, 12)}, and this workflow runs for ${sha.slice(0, 12) || 'no commit that GitHub tells'}: ` +
        'what `needs` tells of tests is about that commit, not about the one that is deployed.',
    ],
    passed: [],
  };
}

function otherBranch(where: string, source: SourceInputs): Verdict {
  return refused(
    `${where}, and only \`${source.branch}\` may be deployed.`,
    `Run it on \`${source.branch}\`: \`on: { push: { branches: [${source.branch}] } }\`. If another ` +
      'branch is to be deployed, name it in the input `branch`.',
  );
}

import { readGithubContext, type GithubContext } from '../../src/gate/github-context.js';
import type { SourceInputs } from '../../src/inputs/types.js';

export const SHA = '0123456789abcdef0123456789abcdef01234567';
export const OTHER_SHA = 'fedcba9876543210fedcba9876543210fedcba98';

export const SOURCE: SourceInputs = {
  repository: 'org/app',
  remoteUrl: 'https://github.com/org/app.git',
  branch: 'main',
  ref: 'refs/heads/main',
  sha: SHA,
  token: undefined,
  tokenFor: undefined,
};

/** The context of a run with this environment, without the `GITHUB_`, and this event payload. */
export function contextOf(
  environment: Readonly<Record<string, string>>,
  payload: unknown = {},
): GithubContext {
  const all: Readonly<Record<string, string>> = {
    EVENT_NAME: 'push',
    REF: 'refs/heads/main',
    SHA,
    REPOSITORY: 'org/app',
    RUN_ID: '4711',
    RUN_ATTEMPT: '2',
    ACTOR: 'ada',
    EVENT_PATH: '/event.json',
    ...environment,
  };
  const entries = Object.entries(all).map(([name, value]) => [`GITHUB_${name}`, value] as const);
  return readGithubContext(Object.fromEntries(entries), (path) => {
    if (path !== '/event.json' || payload === 'unreadable') throw new Error('ENOENT');
    return JSON.stringify(payload);
  });
}

/** Every `what` and `next` of a verdict's refusals as one text; empty when the gate is open. */
export function refusalsOf(verdict: {
  readonly refusals: readonly { readonly what: string; readonly next: string }[];
}): string {
  return verdict.refusals.map(({ what, next }) => `${what}\n${next}`).join('\n');
}

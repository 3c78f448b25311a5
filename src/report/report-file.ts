import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DeployError } from '../errors.js';
import type { GithubContext } from '../gate/github-context.js';
import { inOrder, type Outcome } from './outcome.js';

/** The report as JSON text: the run, the outcome and its timeline. It holds no input and no secret. */
export function renderReport(outcome: Outcome, github: GithubContext): string {
  const { error, phases, ...rest } = outcome;
  const { runId, runAttempt, runUrl, repository, actor, eventName, ref } = github;
  const report = {
    // Raised when a field changes its meaning or goes; new fields may come at any time.
    version: 1,
    run: { runId, runAttempt, runUrl, repository, actor, eventName, ref },
    ...rest,
    timeline: inOrder(phases),
    error: error === undefined ? null : plainError(error),
  };
  // An absent field would be left out; a reader is better served with a null.
  return `${JSON.stringify(report, (_, value: unknown) => (value === undefined ? null : value), 2)}\n`;
}

/**
 * Writes the report into a new directory in `directory`, so that two deploys in one job keep theirs
 * apart, and answers its path.
 */
export async function writeReport(
  outcome: Outcome,
  github: GithubContext,
  directory: string,
): Promise<string> {
  await mkdir(directory, { recursive: true });
  const path = join(await mkdtemp(join(directory, 'resee-deploy-')), 'report.json');
  await writeFile(path, renderReport(outcome, github));
  return path;
}

function plainError(error: DeployError): Readonly<Record<string, string | null>> {
  return {
    what: error.what,
    where: error.where ?? null,
    next: error.next,
    evidence: error.evidence ?? null,
  };
}

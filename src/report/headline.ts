import type { OperationName } from '../inputs/types.js';
import { code, seconds } from './markdown.js';
import { entranceProbe, type Outcome, type Result } from './outcome.js';
import type { SummaryContext } from './summary-context.js';

/** How the run ended, how many requests failed meanwhile, and how long it took: the first line of the summary. */
export function headline(outcome: Outcome, operation: OperationName | undefined): string {
  if (outcome.error === undefined && operation === 'status') return '🔎 Status of the stack';
  if (outcome.error === undefined && operation === 'unlock') return '🔓 The stack is unlocked';
  const facts = [verdict(outcome, operation), ...requests(outcome), seconds(outcome.durationMs)];
  return facts.join(' · ');
}

function verdict(outcome: Outcome, operation: OperationName | undefined): string {
  const commit = shortSha(outcome.sha);
  const previous =
    outcome.previousSha === undefined
      ? 'no release was there before'
      : `${shortSha(outcome.previousSha)} is live`;
  const lines: Readonly<Record<Result, string>> = {
    deployed: operation === 'rollback' ? `⏪ Rolled back to ${commit}` : `✅ ${commit} is live`,
    unchanged: `✅ ${commit} was live already: nothing to change`,
    'rolled-back': `⏪ ${commit} was rolled back: ${previous}`,
    refused: `⛔ ${commit} was refused: the host is untouched`,
    superseded: `⏭️ ${commit} is superseded: a newer commit is live`,
    planned: `📋 Plan for ${commit}: nothing was changed`,
    failed: `❌ ${commit} failed: the stack needs your attention`,
  };
  return lines[outcome.result];
}

/** The probe's requests and those of visitors, as far as they were counted. */
function requests(outcome: Outcome): readonly string[] {
  const probe = entranceProbe(outcome);
  const visitors = outcome.traffic?.after;
  return [
    ...(probe === undefined || probe.sent === 0
      ? []
      : [`${String(probe.failed)} of ${String(probe.sent)} probes failed`]),
    ...(visitors === undefined || visitors.requests === 0
      ? []
      : [`${String(visitors.failed)} of ${String(visitors.requests)} visitors' requests failed`]),
  ];
}

/** Where to look: the commits, the environment, the site. */
export function introduction(outcome: Outcome, context: SummaryContext): string {
  const commitUrl = (sha: string): string =>
    `[${shortSha(sha)}](${context.repositoryUrl}/commit/${encodeURIComponent(sha)})`;
  const { sha, previousSha } = outcome;
  const from = previousSha === undefined ? '' : ` after ${commitUrl(previousSha)}`;
  const items = [
    `Commit ${commitUrl(sha)} of ${code(context.branch)}${from}${changes(outcome, context)}`,
    context.environment === undefined ? '' : `environment ${code(context.environment)}`,
    outcome.url === undefined ? '' : `<${outcome.url.replace(/[<>\s]/g, encodeURIComponent)}>`,
  ];
  return items.filter((item) => item !== '').join(' · ');
}

/** From the older commit to the newer one: what a deploy brings, and what a rollback takes away. */
function changes({ sha, previousSha }: Outcome, context: SummaryContext): string {
  if (previousSha === undefined || previousSha === sha) return '';
  const compare = `${context.repositoryUrl}/compare/`;
  return context.operation === 'rollback'
    ? `, [what went away](${compare}${sha}...${previousSha})`
    : `, [what changed](${compare}${previousSha}...${sha})`;
}

function shortSha(sha: string): string {
  return code(sha.slice(0, 7));
}

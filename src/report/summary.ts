import { describeTraffic } from '../health/traffic.js';
import * as core from '@actions/core';
import { availabilitySection } from './availability.js';
import { code, escapedLines, escapeMarkdown, fenced, seconds, table } from './markdown.js';
import type { OperationName } from '../inputs/types.js';
import { inOrder, type Outcome, type Phase, type Result, type ServiceOutcome } from './outcome.js';
import { planSection, warningsSection } from './plan-section.js';

/** What the summary says beside the outcome: where the commits are, and what was asked for. */
export interface SummaryContext {
  /** `https://github.com/owner/name`, for links to commits. */
  readonly repositoryUrl: string;
  readonly branch: string;
  readonly environment: string | undefined;
  /** `deploy` when it isn't given. */
  readonly operation?: OperationName | undefined;
}

/** GitHub drops a summary of more than 1 MiB whole. */
const MAX_BYTES = 1_000_000;
const MAX_EVIDENCE_LENGTH = 60_000;
const MAX_ROWS = 200;
const BAR_WIDTH = 24;

/** The job summary in markdown, less than 1 MiB. */
export function renderSummary(outcome: Outcome, context: SummaryContext): string {
  const parts = [
    `## ${headline(outcome, context.operation)}`,
    introduction(outcome, context),
    failureSection(outcome),
    outcome.result === 'planned' && outcome.plan !== undefined
      ? planSection(outcome.plan)
      : servicesSection(outcome),
    availabilitySection(outcome.availability),
    trafficSection(outcome.traffic),
    heldSection(outcome.heldConnections),
    edgeSection(outcome.edge ?? []),
    phasesSection(outcome.phases),
    outcome.result === 'planned' ? '' : warningsSection(outcome.plan?.warnings ?? []),
  ];
  const text = `${parts.filter((part) => part !== '').join('\n\n')}\n`;
  if (Buffer.byteLength(text) <= MAX_BYTES) return text;
  const cut = Buffer.from(text).subarray(0, MAX_BYTES).toString('utf8');
  return `${cut.slice(0, cut.lastIndexOf('\n'))}\n\nThe rest was cut off; the report holds it all.\n`;
}

/** Adds the summary to the page of the run. A runner without summaries is no error. */
export async function writeSummary(outcome: Outcome, context: SummaryContext): Promise<void> {
  const path = process.env['GITHUB_STEP_SUMMARY'] ?? '';
  if (path === '') return;
  await core.summary.addRaw(renderSummary(outcome, context)).write();
}

function trafficSection(traffic: Outcome['traffic']): string {
  return traffic === undefined
    ? ''
    : `Access log of the proxy, during the soak: ${describeTraffic(traffic)}.`;
}

function heldSection(connections: number): string {
  if (connections === 0) return '';
  const them = connections === 1 ? '1 connection was' : `${String(connections)} connections were`;
  return `${them} still open when the drain was over (WebSockets, long requests): the incumbents ended them.`;
}

function edgeSection(notes: NonNullable<Outcome['edge']>): string {
  if (notes.length === 0) return '';
  const lines = notes.map(
    ({ kind, text }) => `- ${kind === 'warning' ? '⚠️ ' : ''}${escapedLines(text)}`,
  );
  return `### Edge\n\n${lines.join('\n')}`;
}

function headline(outcome: Outcome, operation: OperationName | undefined): string {
  if (outcome.error === undefined && operation === 'status')
    return '🔎 Status of the stack: see the log';
  if (outcome.error === undefined && operation === 'unlock') return '🔓 The stack is unlocked';
  const commit = shortSha(outcome.sha);
  const serving =
    outcome.previousSha === undefined
      ? 'no release was there before'
      : `${shortSha(outcome.previousSha)} serves`;
  const lines: Readonly<Record<Result, string>> = {
    deployed: `✅ ${commit} is the running release`,
    unchanged: `✅ ${commit} runs already: nothing to change`,
    'rolled-back': `⏪ ${commit} was taken back: ${serving}`,
    refused: `⛔ ${commit} was refused: the host is untouched`,
    superseded: `⏭️ ${commit} is superseded: a newer commit is deployed`,
    planned: `📋 Plan for ${commit}: nothing was touched`,
    failed: `❌ ${commit} failed, and the stack needs a human`,
  };
  return lines[outcome.result];
}

function introduction(outcome: Outcome, context: SummaryContext): string {
  const commitUrl = (sha: string): string =>
    `[${shortSha(sha)}](${context.repositoryUrl}/commit/${encodeURIComponent(sha)})`;
  const { sha, previousSha } = outcome;
  const from = previousSha === undefined ? '' : ` after ${commitUrl(previousSha)}`;
  const changes =
    previousSha === undefined || previousSha === sha
      ? ''
      : `, [what changed](${context.repositoryUrl}/compare/${previousSha}...${sha})`;
  const items = [
    `Commit ${commitUrl(sha)} of ${code(context.branch)}${from}${changes}`,
    context.environment === undefined ? '' : `environment ${code(context.environment)}`,
    outcome.url === undefined ? '' : `<${outcome.url.replace(/[<>\s]/g, encodeURIComponent)}>`,
    `${seconds(outcome.durationMs)} in all`,
  ];
  return items.filter((item) => item !== '').join(' · ');
}

function failureSection({ error, phases }: Pick<Outcome, 'error' | 'phases'>): string {
  if (error === undefined) return '';
  // The innermost ends first.
  const failed = phases.find((phase) => phase.failed);
  const where = error.where === undefined ? '' : ` (${escapeMarkdown(error.where)})`;
  const evidence = error.evidence?.trimEnd() ?? '';
  const tail =
    evidence.length > MAX_EVIDENCE_LENGTH ? `…${evidence.slice(-MAX_EVIDENCE_LENGTH)}` : evidence;
  return [
    `**What happened:** ${escapedLines(error.what)}${where}`,
    failed === undefined
      ? ''
      : `**In which step:** ${escapeMarkdown(failed.name)}, ${seconds(failed.startMs + failed.durationMs)} after the run began`,
    `**What to do next:** ${escapedLines(error.next)}`,
    tail === ''
      ? ''
      : `<details open><summary>What was said last</summary>\n\n${fenced(tail)}\n\n</details>`,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function servicesSection({ services, error }: Pick<Outcome, 'services' | 'error'>): string {
  const entries = Object.entries(services);
  if (entries.length === 0) return '';
  const rows = entries
    .slice(0, MAX_ROWS)
    .map(([name, service]) => [
      code(name),
      escapeMarkdown(service.role),
      escapeMarkdown(service.action),
      images(service),
      service.seconds === 0 ? '' : service.seconds.toFixed(1),
    ]);
  const rest = entries.length - rows.length;
  return [
    error === undefined ? '### Services' : '### Services, as it was planned',
    table(
      ['left', 'left', 'left', 'left', 'right'],
      ['service', 'role', 'action', 'image', 'seconds'],
      rows,
    ),
    rest > 0 ? `… and ${String(rest)} more.` : '',
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function images({ oldImage, newImage }: ServiceOutcome): string {
  const [before, after] = [oldImage, newImage].map((image) => code(shortImage(image ?? '')));
  if (before === undefined || before === '' || before === after) return after ?? '';
  return after === '' || after === undefined ? before : `${before} → ${after}`;
}

function phasesSection(phases: readonly Phase[]): string {
  if (phases.length === 0) return '';
  const end = Math.max(1, ...phases.map((phase) => phase.startMs + phase.durationMs));
  const rows = inOrder(phases)
    .slice(0, MAX_ROWS)
    .map((phase) => [
      `${phase.failed ? '❌ ' : ''}${escapeMarkdown(phase.name)}`,
      seconds(phase.startMs),
      seconds(phase.durationMs),
      bar(phase, end),
    ]);
  return `### Phases\n\n${table(['left', 'right', 'right', 'left'], ['phase', 'began after', 'took', ''], rows)}`;
}

/** The phase as a bar on the line of the whole run: where it lay, and how much of it it took. */
function bar(phase: Phase, endMs: number): string {
  const from = Math.min(BAR_WIDTH - 1, Math.floor((phase.startMs / endMs) * BAR_WIDTH));
  const length = Math.max(1, Math.round((phase.durationMs / endMs) * BAR_WIDTH));
  const to = Math.min(BAR_WIDTH, from + length);
  return `\`${'·'.repeat(from)}${'█'.repeat(to - from)}${'·'.repeat(BAR_WIDTH - to)}\``;
}

function shortSha(sha: string): string {
  return code(sha.slice(0, 7));
}

function shortImage(image: string): string {
  return image.replace(/^sha256:/, '').replace(/^([0-9a-f]{12})[0-9a-f]{52}$/, '$1');
}

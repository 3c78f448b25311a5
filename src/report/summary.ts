import { describeTraffic, describeUnread } from '../health/traffic.js';
import * as core from '@actions/core';
import { availabilitySection } from './availability.js';
import { headline, introduction } from './headline.js';
import { details, escapedLines, escapeMarkdown, fenced, seconds, table } from './markdown.js';
import { describeShipment } from '../images/shipment.js';
import { entranceProbe, inOrder, type Outcome, type Phase } from './outcome.js';
import { latencyPicture, timelinePicture } from './pictures.js';
import { planSection, warningsSection } from './plan-section.js';
import type { SummaryContext } from './summary-context.js';
import { servicesSection } from './services-section.js';

/** GitHub drops a summary of more than 1 MiB whole. */
const MAX_BYTES = 1_000_000;
const MAX_EVIDENCE_LENGTH = 60_000;
const MAX_ROWS = 200;
const BAR_WIDTH = 24;

/** The job summary in markdown, less than 1 MiB. */
export function renderSummary(outcome: Outcome, context: SummaryContext): string {
  const plan = outcome.result === 'planned' ? outcome.plan : undefined;
  const parts = [
    `## ${headline(outcome, context.operation)}`,
    introduction(outcome, context),
    failureSection(outcome),
    statusSection(context.status),
    plan === undefined ? warningsSection(outcome.plan?.warnings ?? []) : '',
    plan === undefined ? servicesSection(outcome) : planSection(plan),
    availabilitySection(outcome.availability),
    trafficSection(outcome),
    heldSection(outcome.heldConnections),
    shipmentSection(outcome.shipment),
    edgeSection(outcome.edge ?? []),
    timeSection(outcome, context),
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

function trafficSection({ traffic, unreadLogs = [] }: Outcome): string {
  return [
    ...(traffic === undefined
      ? []
      : [`Access log of the proxy, during the soak: ${describeTraffic(traffic)}.`]),
    ...unreadLogs.map((unread) => `During the soak ${escapeMarkdown(describeUnread(unread))}.`),
  ].join('\n\n');
}

function heldSection(connections: number): string {
  if (connections === 0) return '';
  const them = connections === 1 ? '1 connection was' : `${String(connections)} connections were`;
  return `${them} still open when the drain was over (WebSockets, long requests): the old containers ended them.`;
}

function shipmentSection(shipment: Outcome['shipment']): string {
  return shipment === undefined ? '' : `Images from the runner: ${describeShipment(shipment)}.`;
}

function edgeSection(notes: NonNullable<Outcome['edge']>): string {
  if (notes.length === 0) return '';
  const lines = notes.map(
    ({ kind, text }) => `- ${kind === 'warning' ? '⚠️ ' : ''}${escapedLines(text)}`,
  );
  return `### Edge\n\n${lines.join('\n')}`;
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
    tail === '' ? '' : details('Last output', fenced(tail), 'open'),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function statusSection(lines: readonly string[]): string {
  return lines.length === 0 ? '' : fenced(lines.join('\n'));
}

/** How the run spent its time: pictures of a run that changed something, and each phase, folded. */
function timeSection(outcome: Outcome, { clockAtStartMs }: SummaryContext): string {
  const { phases, plan } = outcome;
  if (phases.length === 0) return '';
  const changes = outcome.result !== 'planned' && (plan?.operations.length ?? 0) > 0;
  const { latency } = entranceProbe(outcome) ?? {};
  return [
    '### Time',
    changes ? timelinePicture(phases) : '',
    changes ? latencyPicture(latency, phases, clockAtStartMs) : '',
    details(`${String(phases.length)} phases`, phasesTable(phases)),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function phasesTable(phases: readonly Phase[]): string {
  const end = Math.max(1, ...phases.map((phase) => phase.startMs + phase.durationMs));
  const rows = inOrder(phases)
    .slice(0, MAX_ROWS)
    .map((phase) => [
      `${phase.failed ? '❌ ' : ''}${escapeMarkdown(phase.name)}`,
      seconds(phase.startMs),
      seconds(phase.durationMs),
      bar(phase, end),
    ]);
  return table(['left', 'right', 'right', 'left'], ['phase', 'began after', 'took', ''], rows);
}

/** The phase as a bar on the line of the whole run: where it lay, and how much of it it took. */
function bar(phase: Phase, endMs: number): string {
  const from = Math.min(BAR_WIDTH - 1, Math.floor((phase.startMs / endMs) * BAR_WIDTH));
  const length = Math.max(1, Math.round((phase.durationMs / endMs) * BAR_WIDTH));
  const to = Math.min(BAR_WIDTH, from + length);
  return `\`${'·'.repeat(from)}${'█'.repeat(to - from)}${'·'.repeat(BAR_WIDTH - to)}\``;
}

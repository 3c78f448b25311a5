import type { Availability, Measurement } from '../health/measurement.js';
import type { ProbeSummary, SeenRelease } from '../health/probe-summary.js';
import { code, escapeMarkdown, seconds, table } from './markdown.js';

const MAX_ROWS = 50;

/** What was seen of the site during the run, one way to it after the other; '' where nobody looked. */
export function availabilitySection(availability: Availability | undefined): string {
  if (availability === undefined) return '';
  const { entrance, public: elsewhere } = availability;
  return [
    '### Availability',
    ...measurementLines(entrance, 'on the host'),
    ...(elsewhere === undefined ? [] : measurementLines(elsewhere, 'from the runner')),
    hintAtNetwork(entrance, elsewhere),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function measurementLines(measured: Measurement, from: string): readonly string[] {
  const address = code(measured.address);
  if (measured.kind === 'unmeasured') {
    return [`${address}, asked ${from}, was not measured: ${escapeMarkdown(measured.why)}.`];
  }
  const { summary } = measured;
  return [
    [`${address}, asked ${from}: ${verdict(summary)}`, times(summary), releases(summary.releases)]
      .filter((part) => part !== '')
      .join(' '),
    kindsTable('failure', summary.failures),
    kindsTable('not counted, as it says nothing about the site', summary.uncounted),
    pause(summary),
  ];
}

function verdict({ sent, failed, longestGapMs }: ProbeSummary): string {
  if (sent === 0) return '**no request was answered**, and none failed.';
  const counted = `**${String(failed)} of ${String(sent)} requests failed**`;
  return failed === 0
    ? `${counted} during the deploy.`
    : `${counted} during the deploy; longest gap ${seconds(longestGapMs)}.`;
}

function times({ sent, failed, p50Ms, p99Ms }: ProbeSummary): string {
  if (sent === failed) return '';
  return `Half of the answers came within ${milliseconds(p50Ms)}, 99 % within ${milliseconds(p99Ms)}.`;
}

/** `r1 answered 120 times until 12.3 s, r2 80 times from 12.4 s.` */
function releases(seen: readonly SeenRelease[]): string {
  if (seen.length === 0) return '';
  const told = seen.map(({ release, answers, firstMs, lastMs }) => {
    const counted = `${code(release)} ${String(answers)}`;
    return seen.length === 1 ? counted : `${counted} (${seconds(firstMs)} to ${seconds(lastMs)})`;
  });
  return `Good answers by release: ${told.join(', ')}.`;
}

function kindsTable(title: string, kinds: Readonly<Record<string, number>>): string {
  const rows = Object.entries(kinds)
    .slice(0, MAX_ROWS)
    .map(([kind, count]) => [escapeMarkdown(kind), String(count)]);
  return rows.length === 0 ? '' : table(['left', 'right'], [title, 'requests'], rows);
}

function pause({ longestPauseMs }: ProbeSummary): string {
  return longestPauseMs === 0
    ? ''
    : `The runner, or its connection, stood still for up to ${seconds(longestPauseMs)}: what happened then was not seen.`;
}

/** Only the way from the runner failed: then it is not the release. */
function hintAtNetwork(entrance: Measurement, elsewhere: Measurement | undefined): string {
  if (entrance.kind !== 'measured' || elsewhere?.kind !== 'measured') return '';
  if (entrance.summary.failed > 0 || elsewhere.summary.failed === 0) return '';
  return (
    'The host itself answered every time, so what failed lies between the runner and the host: DNS, ' +
    'a CDN, a firewall or the network. The deploy is not judged by it.'
  );
}

function milliseconds(ms: number): string {
  return ms < 1_000 ? `${String(Math.round(ms))} ms` : seconds(ms);
}

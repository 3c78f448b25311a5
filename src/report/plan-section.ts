import type { Plan } from '../plan/plan.js';
import { describe } from '../plan/render.js';
import { code, details, escapedLines, escapeMarkdown, table } from './markdown.js';
import type { Outcome } from './outcome.js';

const MAX_ROWS = 200;
/** GitHub takes comments of up to 65,536 characters. */
const MAX_LENGTH = 60_000;

/** What becomes of each service, the steps in their order, and what is told beside them. */
export function planSection({ services, operations, warnings }: Plan): string {
  if (services.length === 0) return '';
  const rows = services
    .slice(0, MAX_ROWS)
    .map(({ service, role, action, why, ifImageChanges }) => [
      code(service),
      escapeMarkdown(role),
      escapeMarkdown(ifImageChanges ? `${action}?` : action),
      escapeMarkdown(why),
    ]);
  const steps = operations
    .slice(0, MAX_ROWS)
    .map((operation, index) => `${String(index + 1)}. ${escapeMarkdown(describe(operation))}`);
  return [
    '### Plan',
    table(['left', 'left', 'left', 'left'], ['service', 'role', 'action', 'why'], rows),
    services.length > MAX_ROWS ? `… and ${String(services.length - MAX_ROWS)} more.` : '',
    steps.length === 0 ? '' : details(`${String(operations.length)} steps`, steps.join('\n')),
    warningsSection(warnings),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

export function warningsSection(warnings: readonly string[]): string {
  if (warnings.length === 0) return '';
  const lines = [...new Set(warnings)]
    .slice(0, MAX_ROWS)
    .map((warning) => `- ⚠️ ${escapedLines(warning)}`);
  return `### Warnings\n\n${lines.join('\n')}`;
}

/** The plan for a comment on a pull request; empty where the run ended before there was one. */
export function planMarkdown({ plan, sha, error }: Outcome): string {
  if (plan === undefined) return '';
  const text = [
    `## Deploy plan for ${code(sha.slice(0, 7))}`,
    error === undefined
      ? ''
      : `⛔ **Refused:** ${escapedLines(error.what)}\n\n**What to do next:** ${escapedLines(error.next)}`,
    planSection(plan),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
  if (text.length <= MAX_LENGTH) return `${text}\n`;
  const cut = text.slice(0, MAX_LENGTH);
  return `${cut.slice(0, cut.lastIndexOf('\n'))}\n\nThe rest was cut off; the output \`plan\` holds it all.\n`;
}

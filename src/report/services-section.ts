import { code, details, escapeMarkdown, table } from './markdown.js';
import type { Outcome, ServiceOutcome } from './outcome.js';

const MAX_ROWS = 200;

/** What became of the services that changed; those that did not are one line, and the images are folded. */
export function servicesSection({ services, error }: Pick<Outcome, 'services' | 'error'>): string {
  const entries = Object.entries(services);
  if (entries.length === 0) return '';
  const changed = entries.filter(([, { action }]) => action !== 'keep');
  const kept = entries.filter(([, { action }]) => action === 'keep').map(([name]) => name);
  const rows = changed
    .slice(0, MAX_ROWS)
    .map(([name, service]) => [
      code(name),
      escapeMarkdown(service.action),
      service.seconds === 0 ? '' : service.seconds.toFixed(1),
    ]);
  const rest = changed.length - rows.length;
  return [
    error === undefined ? '### Services' : '### Services, as it was planned',
    rows.length === 0
      ? ''
      : table(['left', 'left', 'right'], ['service', 'action', 'seconds'], rows),
    rest > 0 ? `… and ${String(rest)} more.` : '',
    kept.length === 0 ? '' : `Unchanged: ${kept.slice(0, MAX_ROWS).map(code).join(', ')}.`,
    imagesOf(changed.slice(0, MAX_ROWS)),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function imagesOf(changed: readonly (readonly [string, ServiceOutcome])[]): string {
  const rows = changed.flatMap(([name, service]) => {
    const image = images(service);
    return image === '' ? [] : [[code(name), escapeMarkdown(service.role), image]];
  });
  if (rows.length === 0) return '';
  return details('Images', table(['left', 'left', 'left'], ['service', 'role', 'image'], rows));
}

function images({ oldImage, newImage }: ServiceOutcome): string {
  const [before, after] = [oldImage, newImage].map((image) => code(shortImage(image ?? '')));
  if (before === undefined || before === '' || before === after) return after ?? '';
  return after === '' || after === undefined ? before : `${before} → ${after}`;
}

function shortImage(image: string): string {
  return image.replace(/^sha256:/, '').replace(/^([0-9a-f]{12})[0-9a-f]{52}$/, '$1');
}

import type { HealthInputs } from '../inputs.js';
import type { Log } from '../log.js';
import type { HttpAnswer, HttpResponse } from './http.js';

/** A path beside that of `url` that no site has. */
export function absentPath({ pathname }: URL): string {
  const name = `no-such-page-${Math.random().toString(36).slice(2, 10)}`;
  return pathname.replace(/[^/]*\/?$/, name);
}

const HEALTH_PATH =
  /\/(?:api|health\w*|healthz|livez?|readyz?|liveness|readiness|ping|status|up)(?:\/|$)/i;

/**
 * Why a good answer of the health endpoint may say nothing about the application; undefined where it may.
 *
 * @param absent what the same site answers to a path that it does not have
 */
export function doubtOf(
  url: URL,
  answer: HttpAnswer,
  absent: HttpAnswer | undefined,
): string | undefined {
  if (answer.kind !== 'response') return undefined;
  const isSame =
    absent?.kind === 'response' &&
    absent.status === answer.status &&
    absent.body.trim() === answer.body.trim();
  const certainly = isSame
    ? 'It answers the same to a path that does not exist, so this check means nothing: a release that fails every request would pass it.'
    : 'It may say nothing about the release.';
  const told = (seen: string, remedy: string): string =>
    `the health check: ${url.href} answers ${seen}. ${certainly} ${remedy}`;
  if (isEmpty(answer) && (isSame || isCaddy(answer))) {
    return told(
      `${String(answer.status)} without a body${isCaddy(answer) ? ', as Caddy does to a name that it has no site for' : ''}`,
      'Set `health-host` to a name that the site answers to (`health-host: links.example.com`), or `health-url` to a path that the application answers itself.',
    );
  }
  if (isHtml(answer) && HEALTH_PATH.test(url.pathname)) {
    return told(
      `${String(answer.status)} with an HTML page, as a single-page application does to every path`,
      'Set `health-url` to a path that the API itself answers.',
    );
  }
  return undefined;
}

/** Tells a person. Never rejects. */
export async function warnOfDoubt(
  way: { checkAbsent(): Promise<HttpAnswer> },
  answer: HttpAnswer,
  { health: { url, status } }: { readonly health: Pick<HealthInputs, 'url' | 'status'> },
  log: Log,
): Promise<void> {
  if (answer.kind !== 'response' || answer.status !== status) return;
  if (doubtOf(url, answer, answer) === undefined) return;
  const doubt = doubtOf(url, answer, await way.checkAbsent());
  if (doubt !== undefined) log.warn(doubt);
}

function isEmpty({ status, body }: HttpResponse): boolean {
  return status !== 204 && body.trim() === '';
}

function isCaddy({ headers }: HttpResponse): boolean {
  return headers['server'] === 'Caddy';
}

function isHtml({ headers, body }: HttpResponse): boolean {
  return /^text\/html\b/i.test(headers['content-type'] ?? '') || /^\s*<!doctype html/i.test(body);
}

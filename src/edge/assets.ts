import { randomBytes } from 'node:crypto';
import type { HttpAnswer, HttpResponse } from '../health/http.js';
import { atPath } from '../health/site-path.js';
import { filesOf, type PageFiles } from './page.js';

/** Asks the host's own entrance for a path of the site. Never rejects. */
export type AskPath = (path: string) => Promise<HttpAnswer>;

/** Where the site is, as it is asked and as visitors know it. */
export interface Place {
  /** Of the entrance, with its Host. */
  readonly entrance: URL;
  readonly site: URL | undefined;
}

/** The files that the site's page names now; undefined where it gives no page. */
export async function readPage(ask: AskPath, place: Place): Promise<PageFiles | undefined> {
  const path = pagePath(place.site);
  const answer = await ask(path);
  if (answer.kind !== 'response' || answer.status !== 200 || !isHtml(answer)) return undefined;
  return filesOf(answer.body, atPath(path, place.entrance), place.site);
}

/** The path of the site's page. */
export function pagePath(site: URL | undefined): string {
  return site?.pathname ?? '/';
}

const MOST_ASKED = 10;
const LONGEST_PATH = 200;

/**
 * What the site does to visitors whose page is older than the release, and what it lets a cache keep: asks for a
 * file that no release has, beside the hashed ones, and for the files of the release before.
 *
 * @param isCached whether a cache stands before the site that keeps what nobody forbids it to; asked when it matters
 * @returns a warning for each thing that is wrong, with what mends it
 */
export async function checkAssets(
  ask: AskPath,
  pages: { readonly before: PageFiles | undefined; readonly after: PageFiles | undefined },
  isCached: () => Promise<boolean>,
): Promise<readonly string[]> {
  const now = pages.after?.hashed ?? [];
  const sample = now.find((path) => /\.m?js(\?|$)/.test(path)) ?? now[0];
  if (sample === undefined) return [];
  const absent = await judgeAbsent(ask, sample, isCached);
  const old = (pages.before?.hashed ?? []).filter((path) => !now.includes(path));
  const gone: string[] = [];
  for (const path of old.slice(0, MOST_ASKED)) if (!isThere(await ask(path), path)) gone.push(path);
  return [...absent, ...(gone.length === 0 ? [] : [oldFilesGone(gone, sample)])];
}

async function judgeAbsent(
  ask: AskPath,
  sample: string,
  isCached: () => Promise<boolean>,
): Promise<readonly string[]> {
  const path = absentBeside(sample);
  const answer = await ask(path);
  // BusyBox's wget tells a status alone.
  if (answer.kind !== 'response' || Object.keys(answer.headers).length === 0) return [];
  const mend = mendingLines(directoryOf(sample));
  if (answer.status === 200) {
    const what = isHtml(answer) ? 'an HTML page' : 'something';
    return [
      `A file that does not exist, ${path}, is answered with status 200 and ${what}. A visitor whose page is older than the release gets that in place of a script, and a CDN keeps it under the script's name for hours.\n${mend}`,
    ];
  }
  if (answer.status !== 404 && answer.status !== 410) return [];
  const kept = howLongKept(answer);
  if (kept === 'not') return [];
  if (kept === 'unsaid' && !(await isCached())) return [];
  const how =
    kept === 'unsaid'
      ? 'says nothing of caching, and Cloudflare keeps it for 3 minutes'
      : `may be kept by a CDN for ${kept} s`;
  return [
    `The answer to a file that does not exist, ${path}, is a ${answer.status} that ${how}: a script that is asked for a moment too early stays missing for everybody.\n${mend}`,
  ];
}

/** A name that no release has, of the same kind. */
function absentBeside(sample: string): string {
  const extension = /\.[a-z0-9]+(?=\?|$)/i.exec(sample)?.[0] ?? '';
  return `${directoryOf(sample)}no-such-file-${randomBytes(4).toString('hex')}${extension}`;
}

function directoryOf(path: string): string {
  const bare = path.replace(/\?.*$/, '');
  return bare.slice(0, bare.lastIndexOf('/') + 1);
}

function mendingLines(directory: string): string {
  return [
    'In the nginx that has these files:',
    `  location ${directory} { try_files $uri @missing; add_header Cache-Control "public, max-age=31536000, immutable"; }`,
    '  location @missing { add_header Cache-Control no-store always; return 404; }',
  ].join('\n');
}

function oldFilesGone(paths: readonly string[], sample: string): string {
  const shown = paths.map((path) => path.slice(0, LONGEST_PATH)).join(', ');
  return (
    `Files of the release before are gone: ${shown}. A page that a visitor has open asks for them when it needs them, and fails. ` +
    `Keep the files in ${directoryOf(sample)} of the last releases: a volume that each release adds its own to, as in examples/resee of this action.`
  );
}

/** A file, and not the page that stands in for whatever is missing. */
function isThere(answer: HttpAnswer, path: string): boolean {
  // A connection that fails says nothing of the file.
  if (answer.kind !== 'response') return true;
  if (answer.status >= 400) return false;
  return answer.status !== 200 || !isHtml(answer) || /\.html?(\?|$)/.test(path);
}

function isHtml({ headers, body }: HttpResponse): boolean {
  return /^text\/html\b/i.test(headers['content-type'] ?? '') || /^\s*<!doctype html/i.test(body);
}

/**
 * Seconds for which a shared cache may keep an answer; `unsaid` where it says nothing of it. The more specific
 * header counts (RFC 9213), and `s-maxage` before `max-age` (RFC 9111, 5.2.2.10).
 */
export function howLongKept({ headers }: Pick<HttpResponse, 'headers'>): number | 'not' | 'unsaid' {
  const text = ['cloudflare-cdn-cache-control', 'cdn-cache-control', 'cache-control']
    .map((name) => headers[name])
    .find((value) => value !== undefined && value !== '');
  const directives = new Map(
    String(text ?? '')
      .toLowerCase()
      .split(',')
      .map((directive) => directive.trim().split('='))
      .map(([name = '', value = '']) => [name, value.replaceAll('"', '')]),
  );
  if (['no-store', 'no-cache', 'private'].some((name) => directives.has(name))) return 'not';
  const seconds = directives.get('s-maxage') ?? directives.get('max-age');
  if (seconds !== undefined) return Number(seconds) > 0 ? Number(seconds) : 'not';
  const expires = headers.expires;
  if (expires === undefined) return 'unsaid';
  const at = Date.parse(expires);
  const left = Math.round((at - Date.parse(headers.date ?? new Date().toUTCString())) / 1000);
  // `Expires: 0`, and any other that is no date, is in the past.
  return Number.isNaN(at) || left <= 0 ? 'not' : left;
}

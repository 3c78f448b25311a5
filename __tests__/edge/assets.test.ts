import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { checkAssets, howLongKept, readPage, type AskPath } from '../../src/edge/assets.js';
import { httpGet } from '../../src/health/http.js';
import { directDial, servers } from '../health/servers.js';

const running = servers();
afterEach(() => running.close());

type Headers = Readonly<Record<string, string>>;
interface File {
  readonly status?: number;
  readonly type?: string;
  readonly headers?: Headers;
  readonly text?: string;
}

const IMMUTABLE = { 'cache-control': 'public, max-age=31536000, immutable' };
const PAGE: File = {
  type: 'text/html; charset=utf-8',
  text: '<!doctype html><script type="module" src="/assets/index-DiwrgTda.js"></script>',
};
const OLD_PAGE: File = {
  ...PAGE,
  text: '<!doctype html><script type="module" src="/assets/index-AbCd3fGh.js"></script>',
};
const SCRIPT: File = { type: 'text/javascript', text: '1', headers: IMMUTABLE };
const NO_STORE: File = { status: 404, text: 'no', headers: { 'cache-control': 'no-store' } };

/** A site of these files; whatever else is asked for gets `otherwise`. */
async function site(
  files: Readonly<Record<string, File>>,
  otherwise: File,
): Promise<{ ask: AskPath; asked: string[]; become: (next: typeof files) => void }> {
  let now = files;
  const asked: string[] = [];
  const url = await running.http((request: IncomingMessage, response: ServerResponse) => {
    asked.push(request.url ?? '');
    const file = now[request.url ?? ''] ?? otherwise;
    const { status = 200, type, headers = {}, text = '' } = file;
    response.writeHead(status, {
      ...headers,
      ...(type === undefined ? {} : { 'content-type': type }),
    });
    response.end(text);
  });
  return {
    asked,
    ask: (path) => httpGet(directDial, new URL(path, url), { timeoutMs: 2_000 }),
    become: (next) => {
      now = next;
    },
  };
}

const PLACE = { entrance: new URL('http://localhost/'), site: undefined };

/** What is warned of after a release that changes the files from `before` to `after`. */
async function warningsOf(
  before: Readonly<Record<string, File>>,
  after: Readonly<Record<string, File>>,
  otherwise: File,
  isCached = true,
): Promise<{ warnings: readonly string[]; asked: readonly string[] }> {
  const { ask, asked, become } = await site(before, otherwise);
  const first = await readPage(ask, PLACE);
  become(after);
  const pages = { before: first, after: await readPage(ask, PLACE) };
  return { warnings: await checkAssets(ask, pages, () => Promise.resolve(isCached)), asked };
}

const NEW = { '/': PAGE, '/assets/index-DiwrgTda.js': SCRIPT };

describe('the check of assets', () => {
  it('finds nothing wrong with a missing file that is not kept', async () => {
    const { warnings, asked } = await warningsOf(NEW, NEW, NO_STORE);
    expect(warnings).toEqual([]);
    expect(asked).toHaveLength(3);
    expect(asked[2]).toMatch(/^\/assets\/no-such-file-[0-9a-f]{8}\.js$/);
  });

  it('warns of a page in the place of a missing script', async () => {
    const { warnings } = await warningsOf(NEW, NEW, PAGE);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('answered with status 200 and an HTML page');
    expect(warnings[0]).toContain('location /assets/ { try_files $uri @missing;');
  });

  it('warns of a 404 that says how long it may be kept, whoever keeps it', async () => {
    const kept = { status: 404, headers: IMMUTABLE };
    const { warnings } = await warningsOf(NEW, NEW, kept, false);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('is a 404 that may be kept by a CDN for 31536000 s');
  });

  it('warns of a 404 that says nothing of caching where Cloudflare stands before the site', async () => {
    const bare = { status: 404 };
    expect((await warningsOf(NEW, NEW, bare, true)).warnings[0]).toContain(
      'keeps it for 3 minutes',
    );
    expect((await warningsOf(NEW, NEW, bare, false)).warnings).toEqual([]);
  });

  it('warns of files of the release before that are gone, or have become a page', async () => {
    const before = { '/': OLD_PAGE, '/assets/index-AbCd3fGh.js': SCRIPT };
    const gone = await warningsOf(before, NEW, NO_STORE);
    expect(gone.warnings).toHaveLength(1);
    expect(gone.warnings[0]).toContain(
      'Files of the release before are gone: /assets/index-AbCd3fGh.js',
    );
    const both = await warningsOf(before, NEW, PAGE);
    expect(both.warnings).toHaveLength(2);
    const kept = await warningsOf(
      before,
      { ...NEW, '/assets/index-AbCd3fGh.js': SCRIPT },
      NO_STORE,
    );
    expect(kept.warnings).toEqual([]);
  });

  it('asks nothing more of a site whose page names no hashed file, or that has no page', async () => {
    const plain = { '/': { ...PAGE, text: '<!doctype html><img src="/logo.png">' } };
    expect((await warningsOf(plain, plain, PAGE)).asked).toEqual(['/', '/']);
    expect((await warningsOf({}, {}, NO_STORE)).asked).toEqual(['/', '/']);
  });

  it('claims nothing of what it could not ask', async () => {
    const lost: AskPath = () =>
      Promise.resolve({ kind: 'timeout', message: 'no answer', durationMs: 1 });
    const pages = {
      before: { hashed: ['/assets/index-AbCd3fGh.js'], plain: [] },
      after: { hashed: ['/assets/index-DiwrgTda.js'], plain: [] },
    };
    expect(await readPage(lost, PLACE)).toBeUndefined();
    expect(await checkAssets(lost, pages, () => Promise.resolve(true))).toEqual([]);
  });
});

describe('how long a shared cache keeps an answer', () => {
  const DATE = 'Sat, 01 Jan 2022 00:00:00 GMT';
  it.each<[Headers, ReturnType<typeof howLongKept>]>([
    [{}, 'unsaid'],
    [{ 'cache-control': '' }, 'unsaid'],
    [{ 'cache-control': 'No-Store' }, 'not'],
    [{ 'cache-control': 'private, max-age=60' }, 'not'],
    [{ 'cache-control': 'max-age=0, must-revalidate' }, 'not'],
    [{ 'cache-control': 'max-age=60' }, 60],
    [{ 'cache-control': 'max-age=60, s-maxage="30"' }, 30],
    [{ 'cache-control': 'max-age=60, s-maxage=0' }, 'not'],
    [{ 'cache-control': 'max-age=60', 'cdn-cache-control': 'no-store' }, 'not'],
    [{ 'cdn-cache-control': 'no-store', 'cloudflare-cdn-cache-control': 'max-age=5' }, 5],
    [{ 'cache-control': 'public' }, 'unsaid'],
    [{ expires: '0' }, 'not'],
    [{ expires: 'Sat, 01 Jan 2022 00:01:30 GMT', date: DATE }, 90],
    [{ expires: DATE, date: DATE }, 'not'],
  ])('%j: %s', (headers, expected) => {
    expect(howLongKept({ headers })).toBe(expected);
  });
});

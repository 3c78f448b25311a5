import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createApi, readRetryAfter, type ApiCall } from '../../src/edge/api.js';
import { ApiError } from '../../src/edge/api-errors.js';
import {
  startCloudflare,
  TOKEN,
  ZONE_ID,
  type Failure,
  type StandIn,
} from './cloudflare/stand-in.js';
import { told, type Told } from './told.js';

let cloudflare: StandIn;
let heard: Told;
beforeEach(async () => {
  cloudflare = await startCloudflare();
  heard = told();
});
afterEach(() => cloudflare.close());

const PURGE: ApiCall = {
  method: 'POST',
  path: '/purge_cache',
  body: { purge_everything: true },
  repeatable: true,
  permission: 'Zone → Cache Purge → Purge',
  doing: 'purging the cache',
};

async function call(
  change: Partial<ApiCall> = {},
  options: { token?: string; baseUrl?: string; zoneId?: string; signal?: AbortSignal } = {},
): Promise<unknown> {
  const { token = TOKEN, baseUrl = cloudflare.baseUrl, zoneId = ZONE_ID, signal } = options;
  const api = createApi(
    { token, baseUrl, zoneId, timeoutMs: 1_500 },
    { ...heard, signal: signal ?? new AbortController().signal },
  );
  return api.call({ ...PURGE, ...change });
}

async function failureOf(...words: Parameters<typeof call>): Promise<ApiError> {
  const error: unknown = await call(...words).catch((problem: unknown) => problem);
  if (!(error instanceof ApiError)) throw new Error(`no ApiError: ${String(error)}`);
  return error;
}

describe('a request to the API', () => {
  it('gives the result of the envelope, and is told before it is sent', async () => {
    expect(await call()).toEqual({ id: 'purge' });
    expect(heard.lines).toEqual([
      `Cloudflare: POST /zones/${ZONE_ID}/purge_cache {"purge_everything":true}`,
    ]);
  });

  it.each<[string, Failure]>([
    ['a 429', { status: 429, body: [{ code: 971, message: 'Please wait' }] }],
    ['a 429 that is no envelope', { status: 429, body: 'slow down' }],
    ['a 500', { status: 500, body: [] }],
    ['a 502 from what stands before the API', { status: 502, body: '<html>bad gateway</html>' }],
    ['an answer that is no JSON', { status: 200, body: 'hello' }],
    ['an answer that is cut short', { status: 200, body: '{"success":tr' }],
    ['JSON that is no envelope', { status: 200, body: '[]' }],
    ['a connection that breaks', 'reset'],
    ['no answer', 'hang'],
  ])('is tried again after %s', async (_, failure) => {
    cloudflare.fail(() => true, failure, 2);
    expect(await call()).toEqual({ id: 'purge' });
    expect(cloudflare.seen).toHaveLength(3);
    expect(heard.waitsMs).toEqual([1_000, 2_000]);
  });

  it('is given up after three tries', async () => {
    cloudflare.fail(() => true, { status: 503, body: [] }, 9);
    expect((await failureOf()).kind).toBe('unavailable');
    expect(cloudflare.seen).toHaveLength(3);
  });

  it.each<[string, Failure, ApiError['kind']]>([
    ['a 503', { status: 503, body: [], done: true }, 'unavailable'],
    ['a connection that breaks', 'reset-when-done', 'unreachable'],
    ['no answer', 'hang', 'timeout'],
  ])('that may be done twice is not tried again after %s', async (_, failure, kind) => {
    cloudflare.fail(() => true, failure, 9);
    const error = await failureOf({ repeatable: false });
    expect(error.kind).toBe(kind);
    expect(error.next).toContain('Whether it was done is not known');
    expect(cloudflare.seen).toHaveLength(1);
  });

  it('that may be done twice is tried again after a 429, which did nothing', async () => {
    cloudflare.fail(() => true, { status: 429, headers: { 'retry-after': '7' } });
    await call({ repeatable: false });
    expect(heard.waitsMs).toEqual([7_000]);
    expect(cloudflare.zone.purged).toHaveLength(1);
  });

  it('does not wait longer than a minute', async () => {
    cloudflare.fail(() => true, { status: 429, headers: { 'retry-after': '61' } });
    expect((await failureOf()).kind).toBe('rate-limit');
    expect(heard.waitsMs).toEqual([]);
  });

  it('says which permission a token lacks', async () => {
    cloudflare.zone.permissions.clear();
    const error = await failureOf();
    expect(error.kind).toBe('permission');
    expect(error.message).toContain(
      'purging the cache failed: status 403: Authentication error (10000)',
    );
    expect(error.next).toContain('`Zone → Cache Purge → Purge`');
    expect(cloudflare.seen).toHaveLength(1);
  });

  it.each<[string, Failure | undefined, string, ApiError['kind']]>([
    ['a token that is not valid', undefined, 'another-token-of-some-length', 'token'],
    [
      'a token of the wrong form',
      {
        status: 400,
        body: [
          {
            code: 6003,
            message: 'Invalid request headers',
            error_chain: [{ code: 6111, message: 'Invalid format' }],
          },
        ],
      },
      TOKEN,
      'token',
    ],
    ['a conflict', { status: 409, body: [] }, TOKEN, 'conflict'],
    [
      'what Cloudflare refuses',
      { status: 400, body: [{ code: 1012, message: 'no' }] },
      TOKEN,
      'rejected',
    ],
    [
      'an envelope that says no with status 200',
      { status: 200, body: [{ code: 5, message: 'no' }] },
      TOKEN,
      'rejected',
    ],
  ])('tells %s apart, and is not sent again', async (_, failure, token, kind) => {
    if (failure !== undefined) cloudflare.fail(() => true, failure);
    expect((await failureOf({}, { token })).kind).toBe(kind);
    expect(cloudflare.seen).toHaveLength(1);
  });

  it('tells a wrong zone apart', async () => {
    const error = await failureOf({}, { zoneId: 'f'.repeat(32) });
    expect(error.kind).toBe('not-found');
    expect(error.next).toContain('cloudflare-zone-id');
  });

  it('follows no redirect: the token stays with the API', async () => {
    let elsewhere = 0;
    const other = createServer((_, response) => {
      elsewhere += 1;
      response.end('{}');
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const location = `http://127.0.0.1:${port}/`;
    cloudflare.fail(() => true, { status: 307, headers: { location }, body: '' }, 9);
    expect((await failureOf()).kind).toBe('malformed');
    expect(elsewhere).toBe(0);
    await new Promise((resolve) => other.close(resolve));
  });

  it('says why nothing can be reached', async () => {
    const error = await failureOf({}, { baseUrl: 'http://127.0.0.1:9/client/v4' });
    expect(error.kind).toBe('unreachable');
    expect(error.what).toMatch(/ECONNREFUSED|bad port/);
  });

  it('ends at once when the run is cancelled, also in a wait', async () => {
    const cancel = new AbortController();
    heard.onWait = () => {
      cancel.abort();
    };
    cloudflare.fail(() => true, { status: 503, body: [] }, 9);
    expect((await failureOf({}, { signal: cancel.signal })).kind).toBe('cancelled');
    expect(cloudflare.seen).toHaveLength(1);
    expect((await failureOf({}, { signal: cancel.signal })).kind).toBe('cancelled');
    expect(cloudflare.seen).toHaveLength(1);
  });

  it('never shows the token, also where the API repeats it', async () => {
    cloudflare.fail(() => true, { status: 400, body: [{ code: 1, message: `bad ${TOKEN}` }] });
    const error = await failureOf();
    expect(error.message).toContain('bad ***');
    expect(
      [JSON.stringify(error), error.stack, error.message, ...heard.lines].join('\n'),
    ).not.toContain(TOKEN);
  });
});

describe('Retry-After', () => {
  it.each([
    [null, undefined],
    ['12', 12_000],
    ['0', 0],
    ['Sat, 01 Jan 2022 00:00:30 GMT', 30_000],
    ['Fri, 31 Dec 2021 00:00:00 GMT', 0],
    ['soon', undefined],
  ])('%s is %s ms', (value, ms) => {
    expect(readRetryAfter(value, Date.parse('2022-01-01T00:00:00Z'))).toBe(ms);
  });
});

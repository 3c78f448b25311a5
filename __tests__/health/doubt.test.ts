import { describe, expect, it } from '@jest/globals';
import { absentPath, doubtOf, warnOfDoubt } from '../../src/health/doubt.js';
import type { HttpAnswer } from '../../src/health/http.js';
import { recordedLog } from '../ssh/server.js';
import { response } from './servers.js';

const health = new URL('http://localhost/api/health/');
const page: HttpAnswer = response(200, {
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: '<!doctype html><div id="root"></div>',
});
const nothing = response(200, { headers: { server: 'Caddy' }, body: '' });
const json = response(200, { headers: { 'content-type': 'application/json' }, body: '{}' });
const notFound = response(404, { body: 'no such page' });

describe('what a good answer says of a release', () => {
  it.each<[string, URL, HttpAnswer, HttpAnswer | undefined, RegExp | undefined]>([
    [
      'an empty answer of Caddy to any path',
      health,
      nothing,
      nothing,
      /means nothing.*health-host/,
    ],
    ['an empty answer of Caddy', health, nothing, notFound, /may say nothing.*health-host/],
    ['an empty answer to any path', health, response(200), response(200), /means nothing/],
    ['an empty answer to this path alone', health, response(200), notFound, undefined],
    ['a page for any path', health, page, page, /means nothing.*the API itself/],
    ['a page under a path of the API', health, page, notFound, /may say nothing/],
    ['a page under a path for pages', new URL('http://localhost/'), page, page, undefined],
    ['an answer of the API', health, json, notFound, undefined],
    ['an API that answers the same to any path', health, json, json, undefined],
    ['no content', health, response(204), response(204), undefined],
  ])('judges %s', (_name, url, answer, absent, expected) => {
    const doubt = doubtOf(url, answer, absent);
    if (expected === undefined) expect(doubt).toBeUndefined();
    else expect(doubt).toMatch(expected);
  });

  it('is compared with a path beside it', () => {
    expect(absentPath(health)).toMatch(/^\/api\/no-such-page-\w+$/);
    expect(absentPath(new URL('http://localhost'))).toMatch(/^\/?no-such-page-\w+$/);
  });

  it('costs another request only where it is doubtful', async () => {
    const log = recordedLog();
    let asked = 0;
    const way = {
      checkAbsent: () => {
        asked += 1;
        return Promise.resolve(page);
      },
    };
    const inputs = { health: { url: health, status: 200 } };
    await warnOfDoubt(way, json, inputs, log);
    await warnOfDoubt(way, response(502), inputs, log);
    expect(asked).toBe(0);
    await warnOfDoubt(way, page, inputs, log);
    expect(asked).toBe(1);
    expect(log.warnings.join()).toContain('this check means nothing');
  });
});

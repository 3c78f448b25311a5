import { afterEach, describe, expect, it } from '@jest/globals';

import { summarise } from '../../src/health/probe-summary.js';
import type { Sample } from '../../src/health/probe-summary.js';
import { startProbe } from '../../src/health/probe.js';
import type { HttpAnswer } from '../../src/health/http.js';
import { httpGet } from '../../src/health/http.js';
import { realClock } from '../ssh/server.js';
import { directDial, fakeClock, response, servers } from './servers.js';

const running = servers();

afterEach(() => running.close());

const refused: HttpAnswer = { kind: 'refused', message: 'refused', durationMs: 1 };
const lost: HttpAnswer = { kind: 'lost', message: 'lost', durationMs: 1 };

describe('the availability probe', () => {
  it('sends at once, and then at every interval', async () => {
    const clock = fakeClock();
    const probe = startProbe(() => Promise.resolve(response(200)), { intervalMs: 100 }, clock);
    await clock.advance(1_000);
    expect(probe.snapshot()).toEqual({
      sent: 11,
      failed: 0,
      lost: 0,
      longestGapMs: 0,
      p50Ms: 5,
      p99Ms: 5,
      failures: {},
    });
    expect(await probe.stop()).toMatchObject({ sent: 11 });
    await clock.advance(1_000);
    expect(probe.snapshot().sent).toBe(11);
  });

  it('counts failures by kind, and those that our connection lost apart', async () => {
    const clock = fakeClock();
    const answers = [response(200), response(502), refused, response(502), lost, response(404)];
    let next = 0;
    const probe = startProbe(
      () => Promise.resolve(answers[next++] ?? response(200)),
      { intervalMs: 100 },
      clock,
    );
    await clock.advance(700);
    expect(await probe.stop()).toMatchObject({
      sent: 7,
      failed: 3,
      lost: 1,
      longestGapMs: 500,
      failures: { 'status 502': 2, refused: 1 },
    });
  });

  it('holds a status to be a failure that is not the one asked for', async () => {
    const clock = fakeClock();
    const options = { intervalMs: 100, status: 200 };
    const probe = startProbe(() => Promise.resolve(response(404)), options, clock);
    expect(await probe.stop()).toMatchObject({ sent: 1, failures: { 'status 404': 1 } });
  });

  it('goes on while an answer is slow, with ten under way at most', async () => {
    const clock = fakeClock();
    const answer: (() => void)[] = [];
    const probe = startProbe(
      () =>
        new Promise((resolve) =>
          answer.push(() => {
            resolve(response(200));
          }),
        ),
      { intervalMs: 100 },
      clock,
    );
    await clock.advance(5_000);
    expect(answer).toHaveLength(10);
    for (const now of answer.splice(0, 4)) now();
    await clock.advance(1_000);
    expect(answer).toHaveLength(10);
    const stopped = probe.stop();
    for (const now of answer) now();
    expect(await stopped).toMatchObject({ sent: 14, failed: 0 });
  });

  it('tells what failed since a moment', async () => {
    const clock = fakeClock();
    let answer = response(500);
    const probe = startProbe(() => Promise.resolve(answer), { intervalMs: 100 }, clock);
    await clock.advance(250);
    answer = response(200);
    const mark = probe.mark();
    await clock.advance(200);
    expect(probe.failuresSince(mark)).toEqual({});
    answer = refused;
    await clock.advance(200);
    expect(probe.failuresSince(mark)).toEqual({ refused: 2 });
    expect(probe.snapshot().failures).toEqual({ 'status 500': 3, refused: 2 });
    await probe.stop();
  });

  it('sees a real server go away and come back', async () => {
    let healthy = true;
    const url = await running.http((_request, response) => {
      response.writeHead(healthy ? 200 : 503).end();
    });
    let checks = 0;
    let reached = (): void => undefined;
    const check = async (): Promise<HttpAnswer> => {
      const answer = await httpGet(directDial, url, { timeoutMs: 1_000 });
      checks += 1;
      healthy = checks < 5 || checks > 9;
      if (checks > 20) reached();
      return answer;
    };
    const enough = new Promise<void>((resolve) => (reached = resolve));
    const probe = startProbe(check, { intervalMs: 5 }, realClock);
    await enough;
    const summary = await probe.stop();
    expect(summary.failed).toBeGreaterThanOrEqual(4);
    expect(summary.failures).toEqual({ 'status 503': summary.failed });
    expect(summary.longestGapMs).toBeGreaterThan(0);
    expect(summary.p99Ms).toBeGreaterThanOrEqual(summary.p50Ms);
  });
});

describe('a summary', () => {
  const at = (sentAt: number, kind: 'ok' | 'failed' | 'lost', durationMs = 1): Sample => ({
    sentAt,
    durationMs,
    result: kind === 'failed' ? { kind, why: 'x' } : { kind },
  });

  it.each([
    ['nothing was sent', [], 0],
    ['nothing failed', [at(0, 'ok'), at(900, 'ok')], 0],
    ['one failed', [at(0, 'ok'), at(100, 'failed'), at(200, 'ok')], 200],
    ['the first failed', [at(100, 'failed'), at(250, 'ok')], 150],
    ['it is still down', [at(0, 'ok'), at(100, 'failed'), at(200, 'failed')], 1_000],
    [
      'they ended in another order',
      [at(300, 'ok'), at(0, 'ok'), at(100, 'failed'), at(200, 'ok')],
      200,
    ],
    [
      'there were two outages',
      [at(0, 'ok'), at(1, 'failed'), at(10, 'ok'), at(20, 'failed'), at(70, 'ok')],
      60,
    ],
    ['only our connection was lost', [at(0, 'ok'), at(100, 'lost'), at(900, 'ok')], 0],
  ])('knows the longest gap when %s', (_name, samples, gapMs) => {
    expect(summarise(samples, 1_000).longestGapMs).toBe(gapMs);
  });

  it('ranks the durations of good answers only', () => {
    const samples = Array.from({ length: 100 }, (_, i) => at(i, 'ok', 100 - i));
    expect(summarise([...samples, at(200, 'failed', 9_999)], 300)).toMatchObject({
      p50Ms: 50,
      p99Ms: 99,
    });
  });
});

import { afterEach, describe, expect, it } from '@jest/globals';

import { summarise } from '../../src/health/probe-summary.js';
import { startProbe } from '../../src/health/probe.js';
import type { HttpAnswer } from '../../src/health/http.js';
import { httpGet } from '../../src/health/http.js';
import { asVisitor, byStatus } from '../../src/health/sample.js';
import type { Pause, Sample } from '../../src/health/sample.js';
import { realClock } from '../ssh/server.js';
import { directDial, fakeClock, response, servers } from './servers.js';

const running = servers();

afterEach(() => running.close());

const refused: HttpAnswer = { kind: 'refused', message: 'refused', durationMs: 1 };
const EVERY_100_MS = { intervalMs: 100, judge: byStatus(200) };
const lost: HttpAnswer = { kind: 'lost', message: 'lost', durationMs: 1 };

describe('the availability probe', () => {
  it('sends at once, and then at every interval', async () => {
    const clock = fakeClock();
    const probe = startProbe(() => Promise.resolve(response(200)), EVERY_100_MS, clock);
    await clock.advance(1_000);
    expect(probe.snapshot()).toEqual({
      sent: 11,
      failed: 0,
      uncounted: {},
      longestGapMs: 0,
      longestPauseMs: 0,
      p50Ms: 5,
      p99Ms: 5,
      failedAtEnd: 0,
      failures: {},
      releases: [],
      latency: { fromMs: 0, partMs: 500, slowestMs: [5, 5] },
    });
    expect(await probe.stop()).toMatchObject({ sent: 11 });
    await clock.advance(1_000);
    expect(probe.snapshot().sent).toBe(11);
  });

  it.each([
    [[200, 502, 200], 0],
    [[200, 502, 502], 2],
    [[502, 502, 502], 3],
  ])('tells how many of the last answers were bad: %j', async (statuses, failedAtEnd) => {
    const clock = fakeClock();
    let next = 0;
    const ask = (): Promise<HttpAnswer> => Promise.resolve(response(statuses[next++] ?? 0));
    const probe = startProbe(ask, EVERY_100_MS, clock);
    await clock.advance(250);
    expect(await probe.stop()).toMatchObject({ sent: 3, failedAtEnd });
  });

  it('counts failures by kind, and those that our connection lost apart', async () => {
    const clock = fakeClock();
    const answers = [response(200), response(502), refused, response(502), lost, response(404)];
    let next = 0;
    const probe = startProbe(
      () => Promise.resolve(answers[next++] ?? response(200)),
      EVERY_100_MS,
      clock,
    );
    await clock.advance(700);
    expect(await probe.stop()).toMatchObject({
      sent: 7,
      failed: 4,
      uncounted: { 'the SSH connection was lost': 1 },
      longestGapMs: 600,
      failures: { 'status 502': 2, refused: 1, 'status 404': 1 },
    });
  });

  it('holds a status to be a failure that is not the one asked for', async () => {
    const clock = fakeClock();
    const options = { intervalMs: 100, judge: byStatus(204) };
    const probe = startProbe(() => Promise.resolve(response(200)), options, clock);
    expect(await probe.stop()).toMatchObject({ sent: 1, failures: { 'status 200': 1 } });
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
      EVERY_100_MS,
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
    const probe = startProbe(() => Promise.resolve(answer), EVERY_100_MS, clock);
    await clock.advance(250);
    answer = response(200);
    const mark = probe.mark();
    await clock.advance(200);
    expect(probe.since(mark)).toMatchObject({ sent: 2, failed: 0, failures: {} });
    answer = refused;
    await clock.advance(200);
    expect(probe.since(mark)).toMatchObject({ sent: 4, failed: 2, failures: { refused: 2 } });
    expect(probe.snapshot().failures).toEqual({ 'status 500': 3, refused: 2 });
    await probe.stop();
  });

  it('waits for late answers when it is told to settle, and not when there is a hurry', async () => {
    const clock = fakeClock();
    let answer = (): void => undefined;
    const probe = startProbe(
      () =>
        new Promise((resolve) => {
          answer = () => {
            resolve(refused);
          };
        }),
      { ...EVERY_100_MS, maxInFlight: 1 },
      clock,
    );
    let settled = false;
    const settling = probe.settle().then(() => (settled = true));
    await clock.advance(1_000);
    expect(settled).toBe(false);
    expect(await probe.stop(AbortSignal.abort())).toMatchObject({ sent: 0 });
    answer();
    await settling;
    expect(probe.snapshot()).toMatchObject({ failed: 1 });
  });

  it('settles without the answers that are not late, and counts them only where they come in time', async () => {
    const clock = fakeClock();
    let waitMs = 200;
    const check = async (): Promise<HttpAnswer> => {
      const durationMs = waitMs;
      await clock.sleep(durationMs);
      return { ...response(200), durationMs };
    };
    const probe = startProbe(check, EVERY_100_MS, clock);
    await clock.advance(1_050);
    await probe.settle();
    expect(probe.snapshot().sent).toBe(9);
    waitMs = 1_000;
    await clock.advance(450);
    expect(probe.snapshot().sent).toBe(11);
    // The oldest has been under way for 400 ms, twice as long as they took before.
    let stopped = false;
    const stopping = probe.stop().finally(() => (stopped = true));
    await clock.advance(500);
    expect(stopped).toBe(false);
    await clock.advance(200);
    expect(await stopping).toMatchObject({ failed: 0, sent: 13 });
  });

  it('does not blame the site for a connection of ours that is busy', async () => {
    const clock = fakeClock();
    let busy = false;
    let free = (): void => undefined;
    const isBusy = (): boolean => busy;
    const pulse = (): Promise<void> =>
      isBusy() ? new Promise((resolve) => (free = resolve)) : Promise.resolve();
    const timeout: HttpAnswer = { kind: 'timeout', message: 'none', durationMs: 5_000 };
    const check = async (): Promise<HttpAnswer> => {
      if (!isBusy()) return response(200);
      await clock.sleep(5_000);
      return isBusy() ? timeout : response(200);
    };
    const probe = startProbe(check, { ...EVERY_100_MS, pulse }, clock);
    await clock.advance(1_950);
    busy = true;
    await clock.advance(8_000);
    // It is told while it lasts, and after it.
    const during = probe.snapshot();
    expect(during).toMatchObject({ failed: 0, uncounted: { 'the SSH connection was busy': 10 } });
    busy = false;
    free();
    await clock.advance(6_000);
    const after = await probe.stop();
    expect(after.failed).toBe(0);
    expect(after.longestPauseMs).toBe(7_950);
  });

  it('counts requests without an answer while our connection is quick', async () => {
    const clock = fakeClock();
    const timeout: HttpAnswer = { kind: 'timeout', message: 'none', durationMs: 5_000 };
    const check = async (): Promise<HttpAnswer> => {
      await clock.sleep(5_000);
      return timeout;
    };
    const pulse = (): Promise<void> => clock.sleep(200);
    const probe = startProbe(check, { ...EVERY_100_MS, pulse }, clock);
    await clock.advance(6_000);
    expect(probe.snapshot()).toMatchObject({ failures: { timeout: 10 }, uncounted: {} });
  });

  it('goes on without a pulse where none can be had', async () => {
    const clock = fakeClock();
    const pulse = (): Promise<void> => Promise.reject(new Error('no more sessions'));
    const probe = startProbe(
      () => Promise.resolve(response(200)),
      { ...EVERY_100_MS, pulse },
      clock,
    );
    await clock.advance(10_000);
    expect(await probe.stop()).toMatchObject({ sent: 101, longestPauseMs: 0 });
  });

  it('does not blame the site for a process of ours that stands still', async () => {
    let answered = 0;
    let reached = (): void => undefined;
    const url = await running.http((_request, response) => {
      answered += 1;
      if (answered === 3) setImmediate(standStill);
      if (answered === 20) reached();
      response.end('{}');
    });
    const enough = new Promise<void>((resolve) => (reached = resolve));
    const probe = startProbe(
      () => httpGet(directDial, url, { timeoutMs: 400 }),
      { intervalMs: 20, judge: byStatus(200) },
      realClock,
    );
    await enough;
    const summary = await probe.stop();
    expect(summary.failures).toEqual({});
    expect(summary.longestPauseMs).toBeGreaterThan(500);
    expect(summary.p99Ms).toBeLessThan(400);
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
    const probe = startProbe(check, { intervalMs: 5, judge: byStatus(200) }, realClock);
    await enough;
    const summary = await probe.stop();
    expect(summary.failed).toBeGreaterThanOrEqual(4);
    expect(summary.failures).toEqual({ 'status 503': summary.failed });
    expect(summary.longestGapMs).toBeGreaterThan(0);
    expect(summary.p99Ms).toBeGreaterThanOrEqual(summary.p50Ms);
  });
});

/** Nothing of this process goes on meanwhile, timers and sockets included. */
function standStill(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
}

describe('a judgement', () => {
  const limited = 'our own requests were limited (status 429)';

  it.each([
    [response(200), { kind: 'ok' }],
    [response(204), { kind: 'failed', why: 'status 204', answered: true }],
    [response(429), { kind: 'uncounted', why: limited }],
    [refused, { kind: 'failed', why: 'refused', answered: true }],
    [lost, { kind: 'uncounted', why: 'the SSH connection was lost' }],
    [
      { kind: 'forbidden', message: 'administratively prohibited', durationMs: 1 },
      { kind: 'uncounted', why: 'sshd refused to forward the request' },
    ],
    [
      { kind: 'aborted', message: 'given up', durationMs: 1 },
      { kind: 'uncounted', why: 'the run ended before the answer' },
    ],
    [
      { kind: 'timeout', message: 'none', durationMs: 1 },
      { kind: 'failed', why: 'timeout', answered: false },
    ],
  ] satisfies [HttpAnswer, unknown][])('of %j by an exact status is %j', (answer, judgement) => {
    expect(byStatus(200)(answer)).toEqual(judgement);
  });

  it.each([
    [response(200), 'ok'],
    [response(301), 'ok'],
    [response(404), 'failed'],
    [response(502), 'failed'],
    [response(429), 'uncounted'],
    [response(403), 'failed'],
    [response(403, { headers: { 'cf-mitigated': 'challenge' } }), 'uncounted'],
  ])('of %j as a visitor is %s', (answer, kind) => {
    expect(asVisitor(answer).kind).toBe(kind);
  });

  it.each([
    ['its JSON', response(200, { body: '{"status":"ok","release":"r2"}' }), 'r2'],
    ['a version in its JSON', response(200, { body: '{"version": 12}' }), '12'],
    ['a header', response(200, { headers: { 'x-release': 'abc' }, body: '<p>{}</p>' }), 'abc'],
    ['nothing', response(200, { body: '{"status":"ok"}' }), undefined],
    ['broken JSON', response(200, { body: '{"release":' }), undefined],
    ['a text that is no name', response(200, { body: '{"release":"a\\nb"}' }), undefined],
    ['an object', response(200, { body: '{"release":{"name":"x"}}' }), undefined],
    ['a long text', response(200, { body: `{"release":"${'x'.repeat(100)}"}` }), undefined],
  ])('takes the release from %s', (_name, answer, release) => {
    expect(byStatus(200)(answer)).toMatchObject({ kind: 'ok', release });
  });
});

describe('a summary', () => {
  const at = (sentAt: number, kind: 'ok' | 'failed' | 'lost', durationMs = 1): Sample => ({
    sentAt,
    durationMs,
    result:
      kind === 'ok'
        ? { kind }
        : kind === 'failed'
          ? { kind, why: 'x', answered: false }
          : { kind: 'uncounted', why: 'lost' },
  });
  const pause = (from: number, until: number): Pause => ({ from, until, why: 'it stood still' });

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

  it('does not count what got no answer while our own side stood still, and says so', () => {
    const samples = [at(0, 'ok'), at(100, 'failed', 1_900), at(2_100, 'ok')];
    expect(summarise(samples, 3_000, [pause(200, 2_000)])).toMatchObject({
      sent: 2,
      failed: 0,
      uncounted: { 'it stood still': 1 },
      longestGapMs: 0,
      longestPauseMs: 1_800,
    });
  });

  it('counts a failure that a short pause does not explain', () => {
    const samples = [at(0, 'ok'), at(100, 'failed', 5_000)];
    expect(summarise(samples, 6_000, [pause(200, 2_000)])).toMatchObject({ failed: 1 });
  });

  it('counts what the site itself said, also while our own side stood still', () => {
    const result = { kind: 'failed', why: 'status 502', answered: true } as const;
    const samples = [{ sentAt: 100, durationMs: 1_900, result }];
    expect(summarise(samples, 3_000, [pause(0, 2_000)])).toMatchObject({
      failures: { 'status 502': 1 },
    });
  });

  it('does not rank an answer that was read late because our own side stood still', () => {
    const samples = [at(0, 'ok', 5), at(100, 'ok', 2_000)];
    expect(summarise(samples, 3_000, [pause(100, 2_100)])).toMatchObject({ sent: 2, p99Ms: 5 });
  });

  it('tells which releases answered, how often and when', () => {
    const answered = (sentAt: number, release: string): Sample => ({
      sentAt,
      durationMs: 1,
      result: { kind: 'ok', release },
    });
    const samples = [answered(1_000, 'r1'), answered(1_100, 'r1'), answered(1_200, 'r2')];
    expect(summarise([...samples, at(1_300, 'ok')], 2_000).releases).toEqual([
      { release: 'r1', answers: 2, firstMs: 0, lastMs: 100 },
      { release: 'r2', answers: 1, firstMs: 200, lastMs: 200 },
    ]);
  });

  it('tells no release where each answer names another', () => {
    const samples = Array.from({ length: 20 }, (_, i): Sample => ({
      sentAt: i,
      durationMs: 1,
      result: { kind: 'ok', release: String(i) },
    }));
    expect(summarise(samples, 100).releases).toEqual([]);
  });
});

import { afterEach, describe, expect, it } from '@jest/globals';

import type { HttpAnswer } from '../../src/health/http.js';
import { measurePublic, publicProblem, publicWay } from '../../src/health/public.js';
import { fakeClock, response, servers } from './servers.js';

const running = servers();

afterEach(() => running.close());

const ADDRESS = 'https://site.example/';
const refused: HttpAnswer = { kind: 'refused', message: 'connect ECONNREFUSED', durationMs: 1 };

/** Answers in this order; the last one is repeated. */
function answering(...answers: readonly HttpAnswer[]) {
  let asked = 0;
  return {
    asked: () => asked,
    ask: (): Promise<HttpAnswer> => {
      const answer = answers[Math.min(asked, answers.length - 1)] ?? response(200);
      asked += 1;
      return Promise.resolve(answer);
    },
  };
}

describe('measuring the public address', () => {
  it('asks no more than twice a second, whatever the interval', async () => {
    const clock = fakeClock();
    const site = answering(response(200));
    const measuring = measurePublic({ address: ADDRESS, intervalMs: 100 }, site.ask, clock);
    await clock.advance(5_000);
    // One to see that it answers, one at once, and two each second.
    expect(site.asked()).toBe(12);
    expect(await measuring.stop()).toMatchObject({
      kind: 'measured',
      address: ADDRESS,
      summary: { sent: 11, failed: 0 },
    });
  });

  it('keeps to a longer interval', async () => {
    const clock = fakeClock();
    const site = answering(response(200));
    const measuring = measurePublic({ address: ADDRESS, intervalMs: 2_000 }, site.ask, clock);
    await clock.advance(5_000);
    expect(site.asked()).toBe(4);
    await measuring.stop();
  });

  it('has one request under way at most, however slow the answers are', async () => {
    const clock = fakeClock();
    let underWay = 0;
    let most = 0;
    let answers = 0;
    const ask = async (): Promise<HttpAnswer> => {
      underWay += 1;
      most = Math.max(most, underWay);
      await clock.sleep(1_800);
      underWay -= 1;
      answers += 1;
      return response(200, { durationMs: 1_800 });
    };
    const measuring = measurePublic({ address: ADDRESS, intervalMs: 100 }, ask, clock);
    await clock.advance(20_000);
    expect(most).toBe(1);
    expect(answers).toBeGreaterThan(8);
    const stopped = measuring.stop();
    await clock.advance(2_000);
    expect(await stopped).toMatchObject({ summary: { failed: 0, p50Ms: 1_800 } });
  });

  it('takes a redirect for a good answer, and tells failures by kind', async () => {
    const clock = fakeClock();
    const site = answering(
      response(301),
      response(301),
      response(522),
      refused,
      response(429),
      response(200),
    );
    const measuring = measurePublic({ address: ADDRESS, intervalMs: 100 }, site.ask, clock);
    await clock.advance(2_400);
    expect(await measuring.stop()).toMatchObject({
      summary: {
        sent: 4,
        failed: 2,
        failures: { 'status 522': 1, refused: 1 },
        uncounted: { 'our own requests were limited (status 429)': 1 },
        longestGapMs: 2_000,
      },
    });
  });

  it('does not measure what did not answer before the deploy, and says what it said', async () => {
    const clock = fakeClock();
    const site = answering(response(521, { body: 'Web server is down' }), response(200));
    const measuring = measurePublic({ address: ADDRESS, intervalMs: 100 }, site.ask, clock);
    await clock.advance(5_000);
    expect(site.asked()).toBe(1);
    const measured = await measuring.stop();
    expect(measured.kind === 'unmeasured' && measured.why).toMatch(
      /^it did not answer before the deploy \(status 521 after 5 ms: Web server is down\)$/,
    );
  });

  it('does not hold up a deploy that is quicker than the first answer', async () => {
    const clock = fakeClock();
    const ask = async (): Promise<HttpAnswer> => {
      await clock.sleep(3_000);
      return response(200);
    };
    const measuring = measurePublic({ address: ADDRESS, intervalMs: 100 }, ask, clock);
    const stopped = measuring.stop();
    await clock.advance(3_000);
    expect(await stopped).toEqual({
      kind: 'unmeasured',
      address: ADDRESS,
      why: 'the deploy was over before its first answer came',
    });
  });

  it('gives up the answer under way when the run is cancelled', async () => {
    const url = await running.http(() => undefined);
    const cancel = new AbortController();
    const clock = fakeClock();
    const measuring = measurePublic(
      { address: url.href, intervalMs: 100 },
      publicWay(url.href),
      clock,
    );
    const stopped = measuring.stop(cancel.signal);
    cancel.abort();
    expect(await stopped).toMatchObject({ kind: 'unmeasured' });
  });
});

describe('the public way', () => {
  it('asks the address itself, on a fresh connection', async () => {
    const ports = new Set<number | undefined>();
    const url = await running.http((request, answer) => {
      ports.add(request.socket.remotePort);
      answer.end(request.headers.host);
    });
    const ask = publicWay(url.href);
    expect(await ask()).toMatchObject({ kind: 'response', status: 200, body: url.host });
    await ask();
    expect(ports.size).toBe(2);
  });

  it('answers what went wrong', async () => {
    expect(await publicWay('http://127.0.0.1:1/')()).toMatchObject({ kind: 'refused' });
    expect(await publicWay('http://no-such-name.invalid/')()).toMatchObject({
      kind: 'unknown-name',
    });
  });
});

describe('the public check after a deploy', () => {
  it('is content with one good answer', async () => {
    const clock = fakeClock();
    const site = answering(refused, response(200));
    const problem = publicProblem(site.ask, clock);
    await clock.advance(2_000);
    expect(await problem).toBeUndefined();
    expect(site.asked()).toBe(2);
  });

  it('tells the last of three bad ones', async () => {
    const clock = fakeClock();
    const site = answering(refused, refused, response(502, { body: 'Bad Gateway' }));
    const problem = publicProblem(site.ask, clock);
    await clock.advance(4_000);
    expect(await problem).toBe('status 502 after 5 ms: Bad Gateway');
    expect(site.asked()).toBe(3);
  });

  it('rejects with the reason of its signal', async () => {
    const clock = fakeClock();
    const cancel = new AbortController();
    const site = answering(refused);
    const problem = publicProblem(site.ask, clock, cancel.signal);
    const rejected = expect(problem).rejects.toThrow('cancelled');
    await clock.advance(100);
    cancel.abort(new Error('cancelled'));
    await rejected;
  });
});

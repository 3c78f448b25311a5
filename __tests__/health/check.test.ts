import { describe, expect, it } from '@jest/globals';

import { waitForHealth } from '../../src/health/check.js';
import type { HealthResult, HealthRule } from '../../src/health/check.js';
import type { HttpAnswer } from '../../src/health/http.js';
import { fakeClock, response } from './servers.js';

const rule: HealthRule = { status: 200, successes: 3, timeoutMs: 1_000, intervalMs: 100 };

/** Health as judged from these answers; the last one is repeated. */
async function judge(answers: readonly HttpAnswer[], changes: Partial<HealthRule> = {}) {
  const clock = fakeClock();
  let next = 0;
  const check = (): Promise<HttpAnswer> => {
    const answer = answers[Math.min(next, answers.length - 1)];
    next += 1;
    if (answer === undefined) throw new Error('no answers given');
    return Promise.resolve(answer);
  };
  const result = waitForHealth(check, { ...rule, ...changes }, clock);
  await clock.advance(10_000);
  return result;
}

function unhealthy(result: HealthResult): Extract<HealthResult, { kind: 'unhealthy' }> {
  if (result.kind === 'unhealthy') return result;
  throw new Error(`it is ${result.kind}`);
}

describe('waiting for health', () => {
  it('is over after the successes in a row, without a pause after the last', async () => {
    expect(await judge([response(200)])).toMatchObject({
      kind: 'healthy',
      checks: 3,
      durationMs: 200,
      status: 200,
    });
    expect(await judge([response(200)], { successes: 1 })).toMatchObject({ durationMs: 0 });
  });

  it('starts to count again after a bad answer', async () => {
    const flaky = [response(200), response(200), response(502), response(200)];
    expect(await judge(flaky)).toMatchObject({ kind: 'healthy', checks: 6 });
  });

  it('takes exactly the status that was asked for', async () => {
    expect((await judge([response(204)])).kind).toBe('unhealthy');
    expect((await judge([response(204)], { status: 204 })).kind).toBe('healthy');
  });

  it('ends when the time is over, with the last answers as evidence', async () => {
    const result = unhealthy(
      await judge([
        response(500, { body: 'long ago' }),
        { kind: 'refused', message: 'connect ECONNREFUSED', durationMs: 1 },
        response(502, { body: `<h1>\n  Bad   Gateway ${'x'.repeat(1_000)}` }),
      ]),
    );
    expect(result.durationMs).toBe(1_000);
    expect(result.checks).toBe(10);
    const lines = result.evidence.split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^status 502 after 5 ms: <h1> Bad Gateway x+$/);
    expect(lines[0]?.length).toBeLessThan(330);
  });

  it('shows how the last requests failed', async () => {
    const result = unhealthy(
      await judge([{ kind: 'refused', message: 'connect ECONNREFUSED', durationMs: 1 }]),
    );
    expect(result.evidence).toContain('refused after 1 ms: connect ECONNREFUSED');
    expect(result.hint).toContain('Nothing listens');
  });

  it('does not wait for a check that hangs', async () => {
    const clock = fakeClock();
    const result = waitForHealth(() => new Promise(() => undefined), rule, clock);
    await clock.advance(1_000);
    expect(unhealthy(await result)).toMatchObject({
      checks: 0,
      evidence: 'no answer at all within 1000 ms',
    });
  });

  it('does not wait for an answer before it asks again, and judges in the order of asking', async () => {
    const clock = fakeClock();
    let underWay = 0;
    let most = 0;
    const after = async (ms: number, status: number): Promise<HttpAnswer> => {
      underWay += 1;
      most = Math.max(most, underWay);
      await clock.sleep(ms);
      underWay -= 1;
      return response(status);
    };
    // The second comes last; it is bad, and starts the count again.
    const delays = [400, 900, 400, 400, 400];
    let asked = 0;
    const waiting = waitForHealth(
      () => {
        asked += 1;
        return after(delays[asked - 1] ?? 400, asked === 2 ? 502 : 200);
      },
      { ...rule, timeoutMs: 10_000 },
      clock,
    );
    await clock.advance(10_000);
    // Asked at 0, 100, 200, 400 and 1000 ms, when the one before the last two was judged.
    expect(await waiting).toMatchObject({ kind: 'healthy', checks: 5, durationMs: 1_400 });
    expect(most).toBe(3);
  });

  it('says where a redirect points, and what to set', async () => {
    const moved = response(301, { headers: { location: 'https://site.example/api/health/' } });
    const result = unhealthy(await judge([moved]));
    expect(result.evidence).toContain('status 301 to https://site.example/api/health/');
    expect(result.hint).toBe(
      'Redirects are not followed; set `health-url` to https://site.example/api/health/',
    );
  });

  it('says of a redirect from the host itself what asks the same proxy by that name', async () => {
    const moved = response(308, { headers: { location: 'https://site.example/api/health/' } });
    const url = new URL('http://localhost/api/health/');
    const clock = fakeClock();
    const waiting = waitForHealth(() => Promise.resolve(moved), { ...rule, url }, clock);
    await clock.advance(60_000);
    expect(unhealthy(await waiting).hint).toBe(
      'Redirects are not followed; set `health-url: https://localhost/api/health/` and `health-host: site.example`',
    );
  });

  it('names `health-host` where TLS fails, for a proxy that has certificates for names only', async () => {
    const failed: HttpAnswer = { kind: 'tls', message: 'internal error', durationMs: 1 };
    expect(unhealthy(await judge([failed])).hint).toContain('health-host: links.example.com');
  });

  it('thinks of ALLOWED_HOSTS when the answer is 400', async () => {
    expect(unhealthy(await judge([response(400)])).hint).toContain('health-host');
  });

  it('judges nothing when our own connection is lost', async () => {
    const lost: HttpAnswer = { kind: 'lost', message: 'gone', durationMs: 1 };
    expect(await judge([response(200), lost])).toEqual({ kind: 'lost', message: 'gone' });
  });

  it('rejects with the reason of its signal', async () => {
    const clock = fakeClock();
    const stop = new AbortController();
    const waiting = waitForHealth(() => Promise.resolve(response(500)), rule, clock, stop.signal);
    const rejected = expect(waiting).rejects.toThrow('cancelled');
    await clock.advance(150);
    stop.abort(new Error('cancelled'));
    await rejected;
  });
});

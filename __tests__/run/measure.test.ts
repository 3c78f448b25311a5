import { afterEach, describe, expect, it } from '@jest/globals';
import type { Entrance } from '../../src/health/entrance.js';
import type { HttpAnswer } from '../../src/health/http.js';
import type { Availability } from '../../src/health/measurement.js';
import { startProbe } from '../../src/health/probe.js';
import { byStatus } from '../../src/health/sample.js';
import { checkPublicUrl, startMeasuring, type Measuring } from '../../src/run/measure.js';
import { createProgress, type Progress } from '../../src/run/progress.js';
import { systemClock } from '../../src/system-clock.js';
import { response, servers } from '../health/servers.js';
import { accepted } from '../inputs/given.js';
import { PROBE } from '../report/outcome-of.js';
import { recordedLog } from '../ssh/server.js';

const running = servers();

afterEach(() => running.close());

/** An entrance that gives this answer each time, and whether it was closed. */
function entranceThat(answer: HttpAnswer): Entrance & { readonly closed: () => boolean } {
  let closed = false;
  const check = (): Promise<HttpAnswer> => Promise.resolve(answer);
  return {
    check,
    checkAbsent: check,
    askPath: check,
    first: answer,
    startProbe: (intervalMs) =>
      Promise.resolve(startProbe(check, { intervalMs, judge: byStatus(200) }, systemClock)),
    close: () => {
      closed = true;
      return Promise.resolve();
    },
    closed: () => closed,
  };
}

function start(entrance: Entrance, given: Readonly<Record<string, string>>): Promise<Measuring> {
  const signal = new AbortController().signal;
  return startMeasuring(entrance, accepted(given), {
    clock: systemClock,
    log: recordedLog(),
    signal,
  });
}

describe('measuring a deploy', () => {
  it('measures the entrance and the public address apart', async () => {
    let asked = 0;
    let reached = (): void => undefined;
    const enough = new Promise<void>((resolve) => (reached = resolve));
    const url = await running.http((_request, answer) => {
      asked += 1;
      if (asked > 1) reached();
      answer.writeHead(asked === 1 ? 200 : 502).end();
    });
    const entrance = entranceThat(response(200));
    const measuring = await start(entrance, { url: url.href, 'probe-interval': '20ms' });
    await enough;
    const { entrance: here, public: there } = await measuring.stop();
    expect(here).toMatchObject({ kind: 'measured', summary: { failed: 0 } });
    expect(there).toMatchObject({ kind: 'measured', summary: { failures: { 'status 502': 1 } } });
    expect(entrance.closed()).toBe(true);
  });

  it('measures no entrance that did not answer well before, and says what it said', async () => {
    const entrance = entranceThat(response(502, { body: 'Bad Gateway' }));
    const measuring = await start(entrance, {});
    expect(measuring.probe).toBeUndefined();
    expect(await measuring.stop()).toMatchObject({
      entrance: {
        kind: 'unmeasured',
        why: 'it did not answer 200 before the deploy (status 502 after 5 ms: Bad Gateway)',
      },
      public: undefined,
    });
    expect(entrance.closed()).toBe(true);
  });

  it('sends nothing where probe-interval is 0, also not to the public address', async () => {
    let asked = 0;
    const url = await running.http((_request, answer) => {
      asked += 1;
      answer.end();
    });
    const measuring = await start(entranceThat(response(200)), {
      url: url.href,
      'probe-interval': '0',
    });
    expect(await measuring.stop()).toMatchObject({
      entrance: { why: '`probe-interval` is 0' },
      public: undefined,
    });
    expect(asked).toBe(0);
  });
});

describe('the public check', () => {
  const check = async (url: URL | undefined, signal = new AbortController().signal) => {
    const log = recordedLog();
    const inputs = accepted(url === undefined ? {} : { url: url.href });
    const clock = { ...systemClock, sleep: () => Promise.resolve() };
    await checkPublicUrl(inputs, { clock, log, signal });
    return log;
  };

  it('warns where the public address does not answer, and fails nothing', async () => {
    const url = await running.http((_request, answer) => answer.writeHead(521).end());
    const { warnings } = await check(url);
    expect(warnings.join()).toMatch(/^the release serves, but .* does not answer.*status 521/);
  });

  it('is content with a redirect', async () => {
    const url = await running.http((_request, answer) => answer.writeHead(301).end());
    expect(await check(url)).toMatchObject({ warnings: [], infos: [`${url.href} answers`] });
  });

  it('asks nothing where there is no address, and ends with the run', async () => {
    expect((await check(undefined)).infos).toEqual([]);
    const url = await running.http(() => undefined);
    expect((await check(url, AbortSignal.abort())).warnings).toEqual([]);
  });
});

describe('the phases of a run', () => {
  it('tell which one failed', async () => {
    const progress = createProgress(systemClock, recordedLog(), () => undefined);
    await progress.phase('observe', () => Promise.resolve());
    await expect(
      progress.phase('build', () => Promise.reject(new Error('no space left'))),
    ).rejects.toThrow('no space left');
    expect(progress.facts.phases).toMatchObject([
      { name: 'observe', failed: false },
      { name: 'build', failed: true },
    ]);
  });
});

describe('what is told of the public address at the end', () => {
  const seen = (failed: number): Availability => {
    const failures: Readonly<Record<string, number>> = failed === 0 ? {} : { timeout: failed };
    const summary = { ...PROBE, sent: 40, failed, failures };
    return {
      entrance: { kind: 'measured', address: 'http://localhost/', summary: PROBE },
      public: { kind: 'measured', address: 'https://site.example/', summary },
    };
  };
  const told = async (availability: Availability, end: Parameters<Progress['end']>[0]) => {
    const log = recordedLog();
    const progress = createProgress(systemClock, log, () => undefined);
    progress.measuring({ probe: undefined, stop: () => Promise.resolve(availability) });
    progress.end(end);
    await progress.measured();
    await progress.measured();
    expect(progress.facts.availability).toBe(availability);
    return log;
  };

  it('is a warning on a good run', async () => {
    const { warnings } = await told(seen(3), 'deployed');
    expect(warnings).toEqual([
      '3 of 40 requests to https://site.example/ failed during the deploy (timeout: 3); the summary tells more',
    ]);
  });

  it('is no second annotation on a failed one', async () => {
    const { warnings, infos } = await told(seen(3), 'rolled-back');
    expect(warnings).toEqual([]);
    expect(infos).toEqual(['3 of 40 requests to https://site.example/ failed (timeout: 3)']);
  });

  it('is a line where nothing failed', async () => {
    const { warnings, infos } = await told(seen(0), 'deployed');
    expect(warnings).toEqual([]);
    expect(infos).toEqual(['0 of 40 requests to https://site.example/ failed']);
  });

  it('is why where it was not measured', async () => {
    const why = 'it did not answer before the deploy (refused)';
    const elsewhere = { kind: 'unmeasured', address: 'https://site.example/', why } as const;
    const { infos } = await told({ ...seen(0), public: elsewhere }, 'deployed');
    expect(infos).toEqual([`availability was not measured at https://site.example/: ${why}`]);
  });

  it('is nothing on a run that measured nothing', async () => {
    const log = recordedLog();
    const progress = createProgress(systemClock, log, () => undefined);
    await progress.measured();
    expect(progress.facts.availability).toBeUndefined();
    expect(log.infos).toEqual([]);
  });
});

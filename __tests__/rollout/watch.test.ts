import { describe, expect, it } from '@jest/globals';
import { DeployError } from '../../src/errors.js';
import type { HttpAnswer } from '../../src/health/http.js';
import { startProbe } from '../../src/health/probe.js';
import { byStatus } from '../../src/health/sample.js';
import { requireHealth, requireLastAnswers, soak } from '../../src/rollout/watch.js';
import type { RolloutContext } from '../../src/rollout/context.js';
import { StepError, type Step } from '../../src/rollout/transaction.js';
import { fakeClock, response, type FakeClock } from '../health/servers.js';
import { accepted } from '../inputs/given.js';
import { observed, options } from '../plan/observed.js';
import { recordedLog, type RecordedLog } from '../ssh/server.js';

const plan = { services: [] };

interface Site {
  readonly context: RolloutContext;
  readonly clock: FakeClock;
  readonly log: RecordedLog;
  /** What is answered from now on. */
  answer(next: HttpAnswer | (() => HttpAnswer)): void;
  /** Starts the probe, as a deploy does long before the soak. */
  readonly soaking: () => Promise<unknown>;
}

/** A rollout whose containers survive a soak of so many seconds, with a site that answers as it is told. */
function siteOf(given: Readonly<Record<string, string>> = {}): Site {
  const clock = fakeClock();
  const log = recordedLog();
  const inputs = accepted({ soak: '10s', ...given });
  let current: () => HttpAnswer = () => response(200);
  const check = (): Promise<HttpAnswer> => Promise.resolve(current());
  const probe = startProbe(check, { intervalMs: 100, judge: byStatus(200) }, clock);
  const context: RolloutContext = {
    transaction: {
      step: async ({ name }) => {
        if (name === 'soak') await clock.sleep(inputs.soakMs);
        return '';
      },
      close: () => Promise.resolve(),
    },
    observation: observed(),
    inputs,
    planOptions: options,
    compose: '',
    run: 'run',
    fence: '1',
    checkHealth: check,
    probe,
    runnerImages: undefined,
    upload: () => Promise.reject(new Error('nothing is shipped')),
    clock,
    log,
    signal: new AbortController().signal,
    results: {
      candidates: new Map(),
      imageIds: new Map(),
      shipment: undefined,
      healthyAfterMs: 0,
      heldConnections: 0,
    },
  };
  return {
    context,
    clock,
    log,
    answer: (next) => {
      current = typeof next === 'function' ? next : () => next;
    },
    soaking: () =>
      soak(context, plan).then(
        () => 'stays',
        (error: unknown) => error,
      ),
  };
}

function failure(verdict: unknown): DeployError {
  if (verdict instanceof DeployError) return verdict;
  throw new Error(`it is ${String(verdict)}`);
}

describe('the soak', () => {
  it('lets a release stay that answers well', async () => {
    const { soaking, clock } = siteOf();
    const verdict = soaking();
    await clock.advance(10_000);
    expect(await verdict).toBe('stays');
  });

  it('is left out where it is 0', async () => {
    expect(await siteOf({ soak: '0' }).soaking()).toBe('stays');
  });

  it('forgives one flaky answer, and tells of it', async () => {
    const { soaking, clock, answer, log } = siteOf();
    const verdict = soaking();
    await clock.advance(5_050);
    answer(response(502));
    await clock.advance(60);
    answer(response(200));
    await clock.advance(10_000);
    expect(await verdict).toBe('stays');
    expect(log.infos.join()).toMatch(/1 of \d+ requests failed during the soak \(status 502: 1\)/);
  });

  it('takes a release back that fails a second request', async () => {
    const { soaking, clock, answer } = siteOf();
    const verdict = soaking();
    for (const passed of [3_050, 1_980]) {
      await clock.advance(passed);
      answer(response(502));
      await clock.advance(60);
      answer(response(200));
    }
    await clock.advance(10_000);
    const error = failure(await verdict);
    expect(error.what).toMatch(/^2 of \d+ requests failed during the soak \(status 502: 2\)$/);
    expect(error.where).toBe('http://localhost/api/health/');
  });

  it('takes a release back for one failure among few requests', async () => {
    const { soaking, clock, answer } = siteOf({ soak: '500ms' });
    const verdict = soaking();
    await clock.advance(150);
    answer(response(500));
    await clock.advance(100);
    answer(response(200));
    await clock.advance(10_000);
    expect(failure(await verdict).what).toContain('1 of 5 requests failed');
  });

  it('waits for requests that hang when the soak is over', async () => {
    const { context, clock } = siteOf();
    const hangFrom = 8_000;
    const check = async (): Promise<HttpAnswer> => {
      if (clock.now() < hangFrom) return response(200);
      await clock.sleep(5_000);
      return { kind: 'timeout', message: 'none', durationMs: 5_000 };
    };
    const probe = startProbe(check, { intervalMs: 100, judge: byStatus(200) }, clock);
    const verdict = soak({ ...context, probe }, plan).catch((error: unknown) => error);
    await clock.advance(20_000);
    expect(failure(await verdict).what).toContain('timeout: 10');
  });

  it.each([
    ['while the last answers are late', 5_000],
    ['and requests failed', 1],
  ])('tells that a candidate has ended when the soak is over, %s', async (_, lateMs) => {
    const { context, clock } = siteOf();
    const endsAt = 9_800;
    const check = async (): Promise<HttpAnswer> => {
      if (clock.now() < endsAt) return response(200);
      await clock.sleep(lateMs);
      return { kind: 'timeout', message: 'none', durationMs: lateMs };
    };
    const probe = startProbe(check, { intervalMs: 100, judge: byStatus(200) }, clock);
    const ended = new StepError('look', {
      code: 72,
      stdout: 'failed api a1 it exited with 1',
      stderr: '',
    });
    const step = ({ name }: Step): Promise<string> =>
      name === 'soak' ? clock.sleep(10_000).then(() => '') : Promise.reject(ended);
    const transaction = { ...context.transaction, step };
    const verdict = soak({ ...context, probe, transaction }, plan).catch((error: unknown) => error);
    await clock.advance(11_200);
    expect(await Promise.race([verdict, Promise.resolve('it goes on')])).toBe(ended);
  });

  it('forgives what failed before the soak', async () => {
    const { soaking, clock, answer } = siteOf();
    answer(response(502));
    await clock.advance(3_000);
    answer(response(200));
    await clock.advance(100);
    const verdict = soaking();
    await clock.advance(10_000);
    expect(await verdict).toBe('stays');
  });

  it('does not blame the release for what our own side did', async () => {
    const { soaking, clock, answer } = siteOf();
    const verdict = soaking();
    await clock.advance(2_050);
    answer({ kind: 'forbidden', message: 'administratively prohibited', durationMs: 1 });
    await clock.advance(300);
    answer(response(429));
    await clock.advance(300);
    answer(response(200));
    await clock.advance(10_000);
    expect(await verdict).toBe('stays');
  });

  it('blames no release for what was so before the first change', async () => {
    const { context, soaking, clock, answer } = siteOf();
    const limited = (): HttpAnswer => (clock.now() % 400 < 200 ? response(200) : response(503));
    answer(limited);
    await clock.advance(8_000);
    context.probe?.begin();
    const verdict = soaking();
    await clock.advance(10_000);
    expect(await verdict).toBe('stays');
  });

  it('takes a release back that fails in a new way, whatever was before', async () => {
    const { context, soaking, clock, answer } = siteOf();
    answer(() => (clock.now() % 400 < 200 ? response(200) : response(503)));
    await clock.advance(8_000);
    context.probe?.begin();
    answer(() => (clock.now() % 3_000 < 1_500 ? response(200) : response(502)));
    const verdict = soaking();
    await clock.advance(10_000);
    expect(failure(await verdict).what).toMatch(
      /requests failed during the soak \(status 502: \d+\)/,
    );
  });

  it('takes a release back whose health endpoint fails so many times in a row', async () => {
    const { context, clock } = siteOf({ 'health-successes': '3' });
    let asked = 0;
    const watched = {
      ...context,
      probe: undefined,
      checkHealth: () => {
        asked += 1;
        // One bad answer between good ones starts no count.
        return Promise.resolve(
          response(asked === 2 || asked > 4 ? 503 : 200, { body: 'no broker' }),
        );
      },
    };
    const verdict = soak(watched, plan).catch((error: unknown) => error);
    await clock.advance(10_000);
    const error = failure(await verdict);
    expect(error.what).toBe('the health endpoint failed 3 times in a row during the soak');
    expect(error.evidence).toBe('status 503 after 5 ms: no broker');
    expect(asked).toBe(7);
  });

  it('fails with the step on the host that watches the containers', async () => {
    const { context, clock } = siteOf();
    const step = (): Promise<string> => Promise.reject(new Error('it exited'));
    const watched = { ...context, transaction: { ...context.transaction, step } };
    const verdict = soak(watched, plan).catch((error: unknown) => error);
    await clock.advance(1_000);
    expect(await verdict).toEqual(new Error('it exited'));
  });
});

describe('what is watched during the soak', () => {
  it('are the containers of the release, and no job, which exits when it is done', async () => {
    const { context, clock } = siteOf();
    const planned = {
      services: [
        { service: 'api', role: 'routed' },
        { service: 'migrate', role: 'job' },
      ],
    } as const;
    const [container] = context.observation.containers;
    if (container === undefined) throw new Error('the fixture has containers');
    const steps: Step[] = [];
    context.results.candidates.set('api', [{ ...container, service: 'api', id: 'a1' }]);
    context.results.candidates.set('migrate', [{ ...container, service: 'migrate', id: 'm1' }]);
    const step = (seen: Step): Promise<string> => {
      steps.push(seen);
      return Promise.resolve('');
    };
    const soaked = soak({ ...context, transaction: { ...context.transaction, step } }, planned);
    await clock.advance(100);
    await soaked;
    expect(steps.map(({ variables }) => variables['CANDIDATES'])).toEqual(['api a1\n']);
  });

  it('are answers only from when the release was seen healthy', async () => {
    const { context, clock, answer } = siteOf();
    answer(response(502));
    let healthy = (): void => undefined;
    const seen = new Promise<void>((resolve) => (healthy = resolve));
    const verdict = soak(context, plan, 'whole', seen).then(() => 'stays');
    await clock.advance(5_050);
    answer(response(200));
    healthy();
    await clock.advance(10_000);
    expect(await verdict).toBe('stays');
  });
});

describe('once the incumbents have stopped', () => {
  const part = (site: Site, which: 'beside' | 'alone'): Promise<unknown> =>
    soak(site.context, plan, which).then(
      () => 'stays',
      (error: unknown) => error,
    );

  it('what failed while nobody watched counts as well', async () => {
    const site = siteOf();
    const beside = part(site, 'beside');
    await site.clock.advance(10_000);
    expect(await beside).toBe('stays');
    // They are drained and stopped.
    for (let n = 0; n < 2; n += 1) {
      await site.clock.advance(450);
      site.answer(response(502));
      await site.clock.advance(60);
      site.answer(response(200));
    }
    const alone = part(site, 'alone');
    await site.clock.advance(10_000);
    expect(failure(await alone).what).toMatch(/^2 of \d+ requests failed during the soak/);
  });

  it('one failure among all requests since the soak began is forgiven, but never the last answer', async () => {
    const site = siteOf({ 'health-timeout': '2s' });
    const beside = part(site, 'beside');
    await site.clock.advance(10_000);
    expect(await beside).toBe('stays');
    const alone = part(site, 'alone');
    await site.clock.advance(9_850);
    site.answer(response(502));
    await site.clock.advance(60);
    site.answer({ kind: 'forbidden', message: 'administratively prohibited', durationMs: 1 });
    await site.clock.advance(10_000);
    expect(failure(await alone).what).toContain('did not answer 200 3 times in a row within 2 s');
  });
});

describe('when the old containers are gone', () => {
  const last = (site: Site): Promise<unknown> =>
    requireLastAnswers(site.context).then(
      () => 'green',
      (error: unknown) => error,
    );

  it('a run is green whose last answers are well, whatever was before', async () => {
    const site = siteOf();
    site.answer(response(502));
    await site.clock.advance(500);
    site.answer(response(200));
    await site.clock.advance(150);
    expect(await last(site)).toBe('green');
  });

  it('a run is green that answers again', async () => {
    const site = siteOf();
    await site.clock.advance(450);
    site.answer(response(502));
    await site.clock.advance(100);
    site.answer(response(200));
    const verdict = last(site);
    await site.clock.advance(1_000);
    expect(await verdict).toBe('green');
  });

  it('a run whose last answers were bad is not, and the remedy is told', async () => {
    const site = siteOf({ 'health-timeout': '2s' });
    await site.clock.advance(450);
    site.answer(response(502, { body: 'bad gateway' }));
    await site.clock.advance(300);
    const verdict = last(site);
    await site.clock.advance(10_000);
    const error = failure(await verdict);
    expect(error.what).toContain(
      'since the old containers were removed: the last 3 of its answers',
    );
    expect(error.next).toContain('operation: rollback');
    expect(error.evidence).toContain('bad gateway');
  });
});

describe('requiring health', () => {
  it('asks more seldom where it is limited, and counts the good answers', async () => {
    const { context, clock } = siteOf();
    let left = 2;
    const checkHealth = (): Promise<HttpAnswer> => {
      left -= 1;
      return Promise.resolve(response(left === 0 ? 200 : 429));
    };
    // One request each second is let through.
    const refill = async (): Promise<void> => {
      for (;;) {
        await clock.sleep(1_000);
        left = 1;
      }
    };
    void refill();
    const required = requireHealth({ ...context, checkHealth }).then(() => 'healthy');
    await clock.advance(20_000);
    expect(await required).toBe('healthy');
  });

  it('is content with the login that the old release asked for, and warns', async () => {
    const { context, clock, log, answer } = siteOf();
    answer(response(401));
    const entrance = Promise.resolve({
      first: response(401),
      checkAbsent: () => Promise.resolve(response(401)),
    });
    const required = requireHealth({ ...context, entrance });
    await clock.advance(1_000);
    await required;
    expect(log.warnings.join()).toMatch(/answered 401 before this deploy.*health-status: 401/);
    log.warnings.length = 0;
    answer(response(200));
    const better = requireHealth({ ...context, entrance });
    await clock.advance(1_000);
    await better;
    expect(log.warnings).toEqual([]);
  });

  it('is over after so many good answers in a row', async () => {
    const { context, clock, log } = siteOf({ 'health-successes': '2' });
    const required = requireHealth(context);
    await clock.advance(100);
    await required;
    expect(log.infos).toEqual(['http://localhost/api/health/ answered 200, 2 times in a row']);
  });

  it('fails with the last answers, where, and a hint', async () => {
    const { context, clock, answer } = siteOf({ 'health-timeout': '1s' });
    answer(response(301, { headers: { location: 'https://site.example/' } }));
    const required = requireHealth(context).catch((error: unknown) => error);
    await clock.advance(1_000);
    const error = failure(await required);
    expect(error.what).toContain('did not answer 200 3 times in a row within 1 s');
    expect(error.where).toBe('http://localhost/api/health/');
    expect(error.next).toContain(
      'set `health-url: https://localhost/` and `health-host: site.example`',
    );
    expect(error.evidence).toContain('status 301 to https://site.example/');
  });

  it('judges nothing over a connection that is lost', async () => {
    const { context, answer } = siteOf();
    answer({ kind: 'lost', message: 'the SSH connection to it was lost', durationMs: 1 });
    await expect(requireHealth(context)).rejects.toThrow('was lost');
  });
});

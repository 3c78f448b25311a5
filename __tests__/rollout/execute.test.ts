import { describe, expect, it } from '@jest/globals';
import type { RolloutContext } from '../../src/rollout/context.js';
import { countHeld } from '../../src/rollout/cutover.js';
import { executePlan, sendImages } from '../../src/rollout/execute.js';
import type { Step } from '../../src/rollout/transaction.js';
import { fakeClock, response } from '../health/servers.js';
import { accepted } from '../inputs/given.js';
import {
  container,
  imageId,
  observed,
  options,
  planned,
  services,
  type Situation,
} from '../plan/observed.js';
import { recordedLog } from '../ssh/server.js';

interface Sent {
  readonly step: Step;
  /** How many steps before it had not answered yet. */
  readonly underWay: number;
}

interface Given {
  /** What each build makes of the references; undefined: nothing is built. */
  readonly builds?: Readonly<Record<string, string>>;
  readonly soak?: string;
  readonly allowDowntime?: string;
}

/** Executes the plan of a situation on a host that takes every step a turn of the event loop. */
async function sentFor(
  situation: Situation,
  { builds, soak = '0', allowDowntime = 'false' }: Given = {},
): Promise<readonly Sent[]> {
  const sent: Sent[] = [];
  let underWay = 0;
  let failed = false;
  const observation = observed(situation);
  const images = builds === undefined ? 'none' : 'host';
  const lines = Object.entries(builds ?? {}).map((built) => built.join(' '));
  const answer = (step: Step): string => {
    if (/^(start|replace)\b/.test(step.name)) return inspected(step, sent.length);
    if (step.name === 'build') return lines.join('\n');
    const unless = step.variables['UNLESS']?.split('\n') ?? [];
    if (lines.some((line) => unless.includes(line))) throw new Error('not as foreseen');
    return '';
  };
  const context: RolloutContext = {
    transaction: {
      step: async (step) => {
        if (underWay === 0) failed = false;
        const entry = { step, underWay };
        underWay += 1;
        try {
          await new Promise((resolve) => setImmediate(resolve));
          if (failed) throw new Error('a step before it failed');
          sent.push(entry);
          return answer(step);
        } catch (error) {
          failed = true;
          throw error;
        } finally {
          underWay -= 1;
        }
      },
      close: () => Promise.resolve(),
    },
    observation,
    inputs: accepted({
      soak,
      'allow-downtime': allowDowntime,
      build: 'none',
      'health-successes': '1',
      'drain-timeout': '4s',
    }),
    planOptions: { ...options, images, allowDowntime: allowDowntime === 'true' },
    compose: '',
    run: 'run',
    fence: '1',
    checkHealth: () => Promise.resolve(response(200)),
    probe: undefined,
    runnerImages: undefined,
    upload: () => Promise.reject(new Error('nothing is shipped')),
    clock: fakeClock(),
    log: recordedLog(),
    signal: new AbortController().signal,
    results: {
      candidates: new Map(),
      imageIds: new Map(),
      shipment: undefined,
      healthyAfterMs: 0,
      heldConnections: 0,
    },
  };
  const { plan } = planned(situation, { images });
  await executePlan(plan, context, {
    images: sendImages(plan, context),
    watched: Promise.resolve(),
    phased: (_operation, _title, work) => work(),
  });
  return sent;
}

/** What `docker inspect` says of the one container that a step starts of each of its services. */
function inspected(step: Step, number: number): string {
  const names = String(step.variables['SERVICES']).split(' ');
  return JSON.stringify(
    names.map((service) => {
      const { id } = container(service, 100 + number);
      const labels = { 'com.docker.compose.service': service };
      const networks = { tiny_default: { IPAddress: '198.19.1.99', Aliases: [service] } };
      return { Id: id, Config: { Labels: labels }, NetworkSettings: { Networks: networks } };
    }),
  );
}

describe('what is sent to the host', () => {
  const definition = { environment: { CHANGED: 'yes' } };

  it('goes together where nothing of it needs the answer of another', async () => {
    const sent = await sentFor({ wants: services({ worker: definition, api: definition }) });
    const waits = sent.map(({ step, underWay }) => `${step.name} after ${String(underWay)}`);
    expect(waits.slice(0, 3)).toEqual(['start after 0', 'stop after 1', 'cutover after 0']);
  });

  describe('while images are built', () => {
    const situation: Situation = { changes: ['worker/worker.py', 'api/server.py'] };
    const waits = async (builds: Readonly<Record<string, string>>): Promise<readonly string[]> => {
      const sent = await sentFor(situation, { builds });
      return sent.map(({ step, underWay }) => `${step.name} after ${String(underWay)}`);
    };

    it('is what comes next where each of them turns out to be another', async () => {
      expect(await waits({ 'tiny-api': 'sha256:new', 'tiny-worker': 'sha256:another' })).toEqual([
        'build after 0',
        'foreseen after 1',
        'files after 2',
        'start after 3',
        'stop after 4',
        'cutover after 0',
        'note after 1',
        'stop after 1',
        'finish after 0',
      ]);
    });

    it('is not done where one is the same, and what is left is sent anew', async () => {
      expect(
        await waits({ 'tiny-api': 'sha256:new', 'tiny-worker': imageId('tiny-worker') }),
      ).toEqual([
        'build after 0',
        'foreseen after 1',
        'files after 0',
        'start after 1',
        'cutover after 0',
        'note after 1',
        'stop after 1',
        'finish after 0',
      ]);
    });
  });

  it('drains as long on the way back as on the way forward, also where the proxy lingers longer', async () => {
    const sent = await sentFor({ wants: services({ api: definition }) });
    const seconds = (name: string, pattern: RegExp): unknown => {
      const step = sent.find((each) => each.step.name === name)?.step;
      return pattern.exec(`${String(step?.undo)} ${String(step?.script)}`)?.[1];
    };
    expect(seconds('cutover', /cutover_back nginx .* yes (\d+) /)).toBe('15');
    expect(seconds('stop', /proxy_drain nginx \S+ (\d+) /)).toBe('15');
  });

  it('lets nginx find what was replaced again once that runs again, whatever else fails before', async () => {
    const wants = services({ api: { ...definition, container_name: 'api' } });
    const was = services({ api: { container_name: 'api' } });
    const sent = await sentFor({ was, wants }, { allowDowntime: 'true' });
    const undo = (name: string) => sent.find(({ step }) => step.name === name)?.step;
    expect(undo('recreate-api')?.afterUndos).toEqual(["lead_again nginx 'proxy-1' yes ''"]);
    expect(String(undo('cutover')?.undo)).toMatch(/^cutover_back nginx .*\|\| say /m);
  });

  it('has an undo of its own for each service that it replaces', async () => {
    const first = { deploy: { update_config: { order: 'stop-first' } } };
    const was = services({ api: first, worker: first });
    const wants = services({
      api: { ...first, ...definition },
      worker: { ...first, ...definition },
    });
    const sent = await sentFor({ was, wants }, { allowDowntime: 'true' });
    const names = sent.map(({ step }) => step.name).filter((name) => name.startsWith('replace'));
    expect(names.sort()).toEqual(['replace-api', 'replace-worker']);
  });

  it('starts what it stopped again before requests go there, and asks for its port', async () => {
    const sent = await sentFor({ wants: services({ api: definition }) });
    const undone = sent.flatMap(({ step }) => [step.undo ?? []].flat()).reverse();
    expect(undone.slice(0, 1)).toEqual(['serve_again api-1:3000']);
    expect(undone[1]).toMatch(/cutover_back/);
  });

  it('sees that nobody goes on with the incumbents before it stops them, unless a gap is accepted', async () => {
    const stop = async (input: string): Promise<unknown> =>
      (await sentFor({ wants: services({ api: definition }) }, { allowDowntime: input })).find(
        ({ step }) => step.name === 'stop',
      )?.step.script;
    expect(await stop('false')).toMatch(
      /^while_alive "\$CANDIDATES" 'together .*proxy_drain.*\nrequire_left yes api-1\nstop_timed api-1$/,
    );
    expect(await stop('true')).toContain('require_left no api-1');
    const sent = await sentFor({ wants: services({ api: definition }) });
    expect(sent.find(({ step }) => step.name === 'note')?.step.variables).toEqual({
      LEAVING: 'api-1',
      MOVED: 'nginx proxy-1\n',
      LATE: '',
    });
  });

  it('watches the release without the incumbents from the moment that they have stopped', async () => {
    const sent = await sentFor({ wants: services({ api: definition }) }, { soak: '100ms' });
    const waits = sent.map(({ step, underWay }) => `${step.name} after ${String(underWay)}`);
    expect(waits).toEqual([
      'start after 0',
      'cutover after 0',
      'note after 1',
      'soak after 2',
      'stop after 0',
      'soak after 1',
      'finish after 0',
    ]);
    const soaks = sent.filter(({ step }) => step.name === 'soak').map(({ step }) => step.variables);
    expect(soaks).toMatchObject([
      { HUNDREDTHS_TO_SOAK: '8', GOES_ON: '' },
      { HUNDREDTHS_TO_SOAK: '3', GOES_ON: 'yes' },
    ]);
  });

  it('waits for the last start of a service before the next: how many there are decides', async () => {
    const inParts = { deploy: { replicas: 3, update_config: { parallelism: 1 } } };
    const sent = await sentFor({
      was: services({ worker: inParts }),
      wants: services({ worker: definition }),
    });
    expect(
      sent
        .filter(({ step }) => step.name === 'start')
        .map(
          ({ step, underWay }) => `${String(step.variables['SCALES'])} after ${String(underWay)}`,
        ),
    ).toEqual(['--scale worker=4 after 0', '--scale worker=5 after 0', '--scale worker=6 after 0']);
  });
});

describe('connections that outlast a drain', () => {
  it('are counted over all that a step says of them', () => {
    const results = {
      candidates: new Map(),
      imageIds: new Map(),
      shipment: undefined,
      healthyAfterMs: 0,
      heldConnections: 1,
    };
    countHeld({ results }, 'held 2\nsomething else\nheld 3\nwithheld 9\n');
    expect(results.heldConnections).toBe(6);
  });
});

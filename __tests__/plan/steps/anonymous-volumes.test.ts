import { describe, expect, it } from '@jest/globals';
import { parseContainers } from '../../../src/host/containers.js';
import type { Container } from '../../../src/plan/observation.js';
import {
  actions,
  changing,
  container,
  imageId,
  operationsOf,
  planned,
  services,
  serviceIn,
  type Situation,
} from '../observed.js';

const NAME = (digit: string): string => digit.repeat(64);
const mount = (target: string, digit = 'a') => ({
  source: `/var/lib/docker/volumes/${NAME(digit)}/_data`,
  target,
  volume: NAME(digit),
});
const handed = (id: string, target: string, digit = 'a') => ({
  container: id,
  volumes: [{ target, volume: NAME(digit) }],
});

/** The worker changes, and its container has these volumes. */
function worker(mounts: Container['mounts'], other: Situation = {}): Situation {
  return { changes: ['api/x'], containers: changing('worker', { mounts }), ...other };
}

function told(situation: Situation): readonly string[] {
  return planned(situation).plan.warnings.filter((warning) => warning.includes('anonymous'));
}

describe('an anonymous volume', () => {
  it('is seen in a container by its name', () => {
    const seen = parseContainers(
      JSON.stringify([
        {
          Mounts: [
            { Type: 'volume', Name: NAME('a'), Source: '/v/a', Destination: '/data' },
            { Type: 'volume', Name: 'shop_things', Source: '/v/things', Destination: '/things' },
            { Type: 'bind', Source: '/srv', Destination: '/srv' },
          ],
        },
      ]),
    );
    expect(seen[0]?.mounts.map(({ volume }) => volume)).toEqual([NAME('a'), undefined, undefined]);
  });

  it('of a service without requests means stop-first, and goes on', () => {
    const plan = planned(worker([mount('/state')]));
    expect(serviceIn(plan, 'worker')).toMatchObject({
      action: 'replace',
      single: 'only it writes to /state',
    });
    expect(operationsOf(plan, 'replace')).toMatchObject([
      { service: 'worker', handed: [handed('worker-1', '/state')] },
    ]);
    expect(operationsOf(plan, 'finish')).toMatchObject([{ volumes: [] }]);
    expect(told(worker([mount('/state')]))).toEqual([
      'worker: the anonymous volume at /state goes on to the new container',
    ]);
  });

  it('goes on to a candidate where two may share it', () => {
    const labels = { 'resee.deploy.order': 'start-first' };
    const plan = planned(worker([mount('/state')], { was: services({ worker: { labels } }) }));
    const [start] = operationsOf(plan, 'start');
    expect(start?.services.find(({ service }) => service === 'worker')).toMatchObject({
      handed: [handed('worker-1', '/state')],
    });
  });

  it.each([
    ['/app/node_modules', {}],
    ['/app/.venv', {}],
    ['/tmp', {}],
    ['/app/dist', { volumes: [{ type: 'bind', source: '/home/ec2-user/tiny', target: '/app' }] }],
  ])('at %s is made anew from the image, and the old one goes', (target, patch) => {
    const situation = worker([mount(target)], { was: services({ worker: patch }) });
    const plan = planned(situation);
    expect(serviceIn(plan, 'worker').action).toBe('roll');
    const scales = operationsOf(plan, 'start').flatMap((start) => start.services);
    expect(scales.find(({ service }) => service === 'worker')).toMatchObject({ handed: [] });
    expect(operationsOf(plan, 'finish')).toMatchObject([{ volumes: [NAME('a')] }]);
    expect(told(situation)[0]).toContain(`at ${target} is made anew from the image`);
  });

  it.each(['/app/logs', '/app/dist', '/app/uploads'])('at %s goes on', (target) => {
    const plan = planned(worker([mount(target)]));
    expect(operationsOf(plan, 'finish')).toMatchObject([{ volumes: [] }]);
    expect(told(worker([mount(target)]))[0]).toContain(`at ${target} goes on`);
  });

  it('stays where a volume with a name takes its place, and where its service is gone', () => {
    const wants = services({
      worker: { volumes: [{ type: 'volume', source: 'store', target: '/state' }] },
    });
    const gone = services({ worker: undefined });
    for (const situation of [
      worker([mount('/state')], { wants }),
      worker([mount('/state')], { wants: gone }),
    ]) {
      expect(operationsOf(planned(situation), 'finish')).toMatchObject([{ volumes: [] }]);
      expect(told(situation)[0]).toMatch(
        /worker: no container uses the anonymous volume aaaaaaaaaaaa any more .*docker volume rm a{64}$/,
      );
    }
  });

  it('of data goes on where somebody lets it change', () => {
    const wants = services({ store: { image: 'redis:9' } });
    const containers = changing('store', { mounts: [mount('/var/lib/other')] });
    const plan = planned({ wants, containers }, { allowDataChanges: ['store'] });
    expect(operationsOf(plan, 'replace')).toMatchObject([
      { service: 'store', handed: [handed('store-1', '/var/lib/other')] },
    ]);
  });

  it('goes on from a container that has died, which stays until the release is proven', () => {
    const dead = { running: false, mounts: [mount('/state')] };
    const plan = planned({ containers: changing('worker', dead) });
    const [start] = operationsOf(plan, 'start');
    expect(start?.services).toMatchObject([{ handed: [handed('worker-1', '/state')] }]);
    expect(operationsOf(plan, 'finish')).toMatchObject([{ retire: ['worker-1'] }]);
  });

  it('of each replica goes on to one new container, in parts too', () => {
    const deploy = { update_config: { order: 'start-first', parallelism: 1 } };
    const was = services({ worker: { scale: 2, deploy } });
    const containers = (all: readonly Container[]): readonly Container[] =>
      all.map((each) => ({
        ...each,
        mounts: each.service === 'worker' ? [mount('/state', each.id.slice(-1))] : each.mounts,
      }));
    const plan = planned({ was, changes: ['api/x'], containers });
    const scales = operationsOf(plan, 'start')
      .flatMap((start) => start.services)
      .filter(({ service }) => service === 'worker');
    expect(scales.map((scale) => scale.handed)).toEqual([
      [handed('worker-1', '/state', '1')],
      [handed('worker-2', '/state', '2')],
    ]);
  });

  it('of an image is looked into like any other where requests come', () => {
    const containers = changing('api', { mounts: [mount('/state')] });
    const asked = planned({ changes: ['api/x'], containers });
    expect(serviceIn(asked, 'api').single).toBe('only it writes to /state');
    const found = { service: 'api', target: '/state', database: undefined, unknown: undefined };
    const plan = planned({ changes: ['api/x'], containers, storage: [found] });
    expect(actions(plan)).toMatchObject({ api: 'roll?' });
  });

  it('is no reason to take storage that the commit adds for one that moved', () => {
    const wants = services({
      api: { volumes: [{ type: 'volume', source: 'store', target: '/new' }] },
      store: undefined,
    });
    const storage = [{ service: 'api', target: '/state', database: undefined, unknown: undefined }];
    const containers = changing('api', { mounts: [mount('/state')] });
    expect(actions(planned({ wants, containers, storage }))).toMatchObject({ api: 'roll' });
  });

  it('of a job goes on to its next run', () => {
    const was = services({ worker: { labels: { 'resee.deploy.role': 'job' } } });
    const ended = { running: false, mounts: [mount('/state')], imageId: imageId('another') };
    const plan = planned({ was, containers: changing('worker', ended) });
    expect(operationsOf(plan, 'run-job')).toMatchObject([
      { service: 'worker', handed: [handed(container('worker', 1).id, '/state')] },
    ]);
  });
});

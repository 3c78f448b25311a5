import { describe, expect, it } from '@jest/globals';
import type { ReleaseRecord } from '../../src/plan/observation.js';
import { isObject, type JsonObject } from '../../src/plan/compose/json.js';
import { makePlan, type Planned } from '../../src/plan/planner.js';
import type { PlanOptions } from '../../src/plan/plan-options.js';
import { noResults } from '../../src/rollout/context.js';
import { releasedServices } from '../../src/rollout/released-services.js';
import {
  actions,
  changing,
  container,
  LIVE_SHA,
  observed,
  operationsOf,
  options,
  planned,
  refusalsOf,
  serviceIn,
  services,
  SHA,
  type Situation,
} from './observed.js';

const EARLIER = '3333333333333333333333333333333333333333';
const mount = (source: string) => ({
  volumes: [
    { type: 'bind', source: `/home/ec2-user/tiny/${source}`, target: '/conf', read_only: true },
  ],
});

function merged(one: JsonObject, other: JsonObject): JsonObject {
  return {
    ...one,
    ...Object.fromEntries(
      Object.entries(other).map(([key, value]) => {
        const below = one[key];
        return [key, isObject(below) && isObject(value) ? merged(below, value) : value];
      }),
    ),
  };
}

/** The record that a deploy leaves behind. */
function recordAfter(situation: Situation, other: Partial<PlanOptions> = {}): ReleaseRecord {
  const observation = observed(situation);
  const planOptions = { ...options, ...other };
  const { plan } = makePlan(observation, planOptions);
  return {
    name: '00000002-222222222222.json',
    sha: SHA,
    deployedAt: '2026-11-24T04:30:31.437Z',
    services: releasedServices({ observation, planOptions, results: noResults() }, plan),
  };
}

/** The deploy after the one that left that record: of a commit that changes a README. */
function plannedAfter(
  record: ReleaseRecord,
  situation: Situation,
  other: Partial<PlanOptions> = {},
): Planned {
  const observation = observed({ changes: ['README.md'], ...situation });
  return makePlan(
    { ...observation, releases: [record], live: { ...observation.live, head: SHA } },
    { ...options, ...other },
  );
}

describe('what an earlier deploy left out', () => {
  const leftAt = { worker: EARLIER, proxy: EARLIER, api: EARLIER };
  const since = (...paths: readonly string[]): Situation => ({
    leftAt,
    since: { [EARLIER]: paths.map((path) => ({ path, status: 'modified' })) },
    changes: ['README.md'],
  });

  it('is built from what changed since, not since the last release', () => {
    expect(actions(planned(since('api/server.py')))).toEqual({ api: 'roll?', worker: 'roll?' });
    expect(actions(planned(since('README.md')))).toEqual({});
  });

  it('is rolled for a mounted file, and a proxy loads what has been there for a while', () => {
    const plan = planned({
      ...since('conf/a', 'nginx/nginx.conf'),
      was: services({ worker: mount('conf') }),
    });
    expect(actions(plan)).toEqual({ worker: 'roll', proxy: 'reload' });
    expect(operationsOf(plan, 'cutover')).toMatchObject([
      { paths: [], reloads: true, mounted: [{ path: 'nginx/nginx.conf' }] },
    ]);
  });

  it('is taken for changed in every file where the host does not have its commit any more', () => {
    const files = ['worker/worker.py'];
    const plan = planned({ leftAt: { worker: EARLIER }, changes: ['README.md'], files });
    expect(actions(plan)).toEqual({ worker: 'roll?' });
  });

  it('is looked for where the record is of an earlier version: the build tells', () => {
    const observation = observed({ changes: ['README.md'] });
    const [record] = observation.releases;
    if (record === undefined) throw new Error('no release');
    const former = Object.fromEntries(
      Object.entries(record.services).map(([name, { image, imageId }]) => [
        name,
        { image, imageId, keptAs: undefined, definition: 'd' },
      ]),
    );
    const releases = [{ ...record, services: former }];
    expect(actions(makePlan({ ...observation, releases }, options))).toEqual({
      api: 'roll?',
      worker: 'roll?',
    });
  });

  describe('by the input services', () => {
    const was = services({ worker: mount('conf') });
    const wants = services({ worker: { command: ['new'] } });
    const changes = ['conf/a', 'api/server.py', 'nginx/nginx.conf'];
    const record = recordAfter({ was, wants, changes }, { services: ['api'] });

    it('stands in the record: the commit and the definition that it goes on with', () => {
      const { api, worker, proxy } = record.services;
      expect([api?.commit, worker?.commit, proxy?.commit]).toEqual([SHA, LIVE_SHA, LIVE_SHA]);
      const before = observed({ was }).releases[0]?.services['worker'];
      expect(worker?.runs).toEqual(before?.runs);
      expect(worker?.imageId).toBe(before?.imageId);
    });

    it('comes with the next deploy', () => {
      const since = { [LIVE_SHA]: changes.map((path) => ({ path, status: 'modified' }) as const) };
      const next = plannedAfter(record, { was: merged(was, wants), since });
      expect(actions(next)).toEqual({ worker: 'roll', proxy: 'reload' });
      expect(serviceIn(next, 'worker').why).toBe('its definition changed (command)');
    });

    it('is unknown where somebody else has deployed before', () => {
      const { services: of } = recordAfter({ live: { head: EARLIER } }, { services: ['api'] });
      expect(of['worker']).toMatchObject({ commit: '', runs: undefined });
      const next = plannedAfter({ ...record, services: of }, {});
      expect(actions(next)).toMatchObject({ worker: 'roll?' });
    });
  });
});

describe('what the commit removes, and a proxy that `services` leaves out needs', () => {
  const nginx = 'server { location / { proxy_pass http://feed:80; } }';
  const feed = { image: 'acme/feed:1', networks: { default: null } };
  const was = services({ feed });
  const situation: Situation = { was, wants: services({ feed: undefined }), nginx };
  const limited = { services: ['api'] };
  const record = recordAfter(situation, limited);
  /** The host afterwards: its Compose file knows nothing of the service any more. */
  const next = (other: Partial<PlanOptions> = {}, given: Partial<Situation> = {}): Planned => {
    const { containers } = observed(situation);
    return plannedAfter(record, { nginx: '', containers: () => containers, ...given }, other);
  };

  it('stays, and that is told', () => {
    const of = planned(situation, limited);
    expect(actions(of)['feed']).toBe('leave');
    expect(serviceIn(of, 'feed').told).toEqual([
      'it stays, and goes with the next deploy that services does not limit',
    ]);
  });

  it('goes with the next deploy, where nothing needs it any more', () => {
    expect(actions(next())['feed']).toBe('remove');
    expect(actions(next(limited))['feed']).toBe('remove');
  });

  it('stays with the next one that is limited as well', () => {
    const again = next(limited, { nginx });
    expect(actions(again)['feed']).toBe('leave');
    expect(serviceIn(again, 'feed').told).toHaveLength(1);
  });

  it('goes also where somebody else had deployed before', () => {
    const unknown = recordAfter({ ...situation, live: { head: EARLIER } }, limited);
    expect(unknown.services['feed']).toMatchObject({ removed: 'worker', commit: '' });
  });

  it('is data still where it was, and not removed unless somebody names it', () => {
    const files = { image: 'minio/minio:1', networks: { default: null } };
    const data: Situation = { ...situation, was: services({ feed: files }) };
    const left = recordAfter(data, limited);
    const { containers } = observed(data);
    const given = { nginx: '', containers: () => containers };
    expect(refusalsOf(plannedAfter(left, given))).toMatchObject([
      { what: 'feed holds data, and the commit removed it' },
    ]);
    const named = plannedAfter(left, given, { allowDataChanges: ['feed'] });
    expect(refusalsOf(named)).toEqual([]);
    expect(actions(named)['feed']).toBe('remove');
  });

  it('is not what is of other profiles', () => {
    const { services: of } = recordAfter({ containers: (all) => [...all, container('other', 1)] });
    expect(of['other']).toBeUndefined();
    const others = { containers: () => [container('other', 1)] };
    expect(actions(plannedAfter(record, others))['other']).toBe('leave');
  });
});

describe('a model that a service gets, without a word of how', () => {
  it('is a change of the service', () => {
    expect(actions(planned({ wants: services({ worker: { models: { llm: {} } } }) }))).toEqual({
      worker: 'roll',
    });
  });
});

describe('a rollback', () => {
  it('records the commit that each kept image was built from', () => {
    const kept = {
      images: 'kept',
      keptImages: { 'tiny-api': 'sha256:old', 'tiny-worker': 'sha256:tiny-worker' },
      keptCommits: { api: EARLIER, worker: LIVE_SHA },
    } as const;
    const { api, worker, proxy } = recordAfter({}, kept).services;
    expect([api?.commit, worker?.commit, proxy?.commit]).toEqual([EARLIER, LIVE_SHA, SHA]);
  });
});

describe('a change of what holds data', () => {
  const shared = { environment: { TOKEN: 'new' } };
  const was = services({
    api: { environment: { TOKEN: 'old' } },
    store: { environment: { TOKEN: 'old' } },
  });
  const wants = services({ api: shared, store: shared });

  it('by a variable that other services have as well is told, and waits', () => {
    const plan = planned({ was, wants });
    expect(plan.kind).toBe('plan');
    expect(actions(plan)).toEqual({ api: 'roll' });
    expect(plan.plan.warnings).toContain(
      'store: environment.TOKEN changed, as for other services, and it goes on with what it has. To let it have the new, with a gap: allow-data-changes: store',
    );
  });

  it('is told until it is named, and then comes', () => {
    const record = recordAfter({ was, wants });
    const later = { was: merged(was, wants) };
    const has = changing('store', { environment: { TOKEN: 'old' } });
    const next = plannedAfter(record, { ...later, containers: has });
    expect(actions(next)).toEqual({});
    expect(next.plan.warnings.join('\n')).toContain('store: environment.TOKEN changed');
    const named = plannedAfter(
      record,
      { ...later, containers: has },
      { allowDataChanges: ['store'] },
    );
    expect([named.kind, actions(named)]).toEqual(['plan', { store: 'replace' }]);
    const renewed = recordAfter({ was, wants }, { allowDataChanges: ['store'] });
    expect(actions(plannedAfter(renewed, later))).toEqual({});
  });

  it('is no matter any more where somebody has created its container anew', () => {
    const next = plannedAfter(recordAfter({ was, wants }), {
      was: merged(was, wants),
    });
    expect(next.plan.warnings.join('\n')).not.toContain('store');
  });

  it('by a variable that is gone, or by how Docker watches it, waits as well', () => {
    const plan = planned({
      was,
      wants: services({ store: { environment: undefined, healthcheck: { test: ['CMD', 'x'] } } }),
    });
    expect(actions(plan)).toEqual({});
    expect(serviceIn(plan, 'store').waits).toEqual(['environment.TOKEN', 'healthcheck.test']);
  });

  it.each<[string, object]>([
    ['image', { image: 'redis:9' }],
    ['command', { command: ['redis-server', '--save', ''] }],
    ['volumes', mount('elsewhere')],
    ['ports', { ports: [{ target: 6379, published: '6379' }] }],
    ['environment.OWN', { environment: { OWN: '1' } }],
  ])('by its %s is refused, with what changed, unless it is named', (place, definition) => {
    const situation = { wants: services({ store: { ...definition } }) };
    const [refusal] = refusalsOf(planned(situation));
    expect(refusal?.what).toContain('store holds data, and its definition changed: ');
    expect(refusal?.what).toMatch(new RegExp(`[:;] ${place.replace('.', '\\.')}`));
    expect(refusal?.next).toContain('allow-data-changes: store');
    const named = planned(situation, { allowDataChanges: ['store'] });
    expect([named.kind, actions(named)]).toEqual(['plan', { store: 'replace' }]);
  });

  it('is refused where the values are of files on the host, with their names', () => {
    const observation = observed({ wants: services({ store: { image: 'redis:9' } }) });
    const { wanted } = observation;
    const [refusal] = refusalsOf(makePlan({ ...observation, installed: wanted }, options));
    expect(refusal?.what).toBe('store holds data, and its definition changed: image');
  });

  it('does not limit the deploy where it is named', () => {
    const plan = planned(
      { wants: services({ store: { image: 'redis:9' } }), changes: ['api/server.py'] },
      { allowDataChanges: ['store'] },
    );
    expect(actions(plan)).toEqual({ api: 'roll?', worker: 'roll?', store: 'replace' });
  });

  it('names no service that there is not', () => {
    const [refusal] = refusalsOf(planned({}, { allowDataChanges: ['strore'] }));
    expect(refusal?.what).toBe('allow-data-changes names "strore", which is no service');
  });

  it('by a mounted file waits for a restart, and is told until there was one', () => {
    const of = { was: services({ store: mount('redis.conf') }) };
    const record = recordAfter({ ...of, changes: ['redis.conf'] });
    expect(record.services['store']?.commit).toBe(LIVE_SHA);
    const since = { [LIVE_SHA]: [{ path: 'redis.conf', status: 'modified' } as const] };
    const notes = (situation: Situation) =>
      plannedAfter(record, { ...of, since, ...situation }).plan.warnings.join('\n');
    expect(notes({})).toContain('store: mounted files wait for a restart: redis.conf');
    const startedMs = Date.parse(record.deployedAt) + 1;
    expect(notes({ containers: changing('store', { startedMs }) })).not.toContain('restart');
    const named = planned({ ...of, changes: ['redis.conf'] }, { allowDataChanges: ['store'] });
    expect(actions(named)).toEqual({ store: 'replace' });
  });
});

describe('a change of the proxy', () => {
  const shared = { environment: { TOKEN: 'new' } };

  it('by a variable that others have as well waits until a gap is allowed', () => {
    const wants = services({ api: shared, proxy: shared });
    const plan = planned({ wants });
    expect([plan.kind, actions(plan)]).toEqual(['plan', { api: 'roll' }]);
    expect(plan.plan.warnings.join('\n')).toContain('proxy: environment.TOKEN changed');
    expect(actions(planned({ wants }, { allowDowntime: true }))).toMatchObject({
      proxy: 'replace',
    });
  });

  it('still loads its changed file', () => {
    const wants = services({ api: shared, proxy: shared });
    const plan = planned({ wants, changes: ['nginx/nginx.conf'] });
    expect(actions(plan)).toEqual({ api: 'roll', proxy: 'reload' });
    expect(serviceIn(plan, 'proxy').waits).toEqual(['environment.TOKEN']);
  });
});

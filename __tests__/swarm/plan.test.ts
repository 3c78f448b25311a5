import { describe, expect, it } from '@jest/globals';
import { isObject, objectOf, type JsonObject } from '../../src/plan/compose/json.js';
import type { SwarmStack } from '../../src/plan/observation.js';
import type { PlanOptions } from '../../src/plan/plan-options.js';
import { planSwarm, settleSwarmPlan } from '../../src/swarm/plan.js';
import {
  actions,
  fixtureText,
  observed,
  options,
  refusalsOf,
  services,
  without,
  type Situation,
} from '../plan/observed.js';

const tiny = objectOf(JSON.parse(fixtureText('tiny.json')));
const STARTS_FIRST = services({ api: { deploy: { update_config: { order: 'start-first' } } } });

function laid(below: JsonObject, above: JsonObject): JsonObject {
  const entries = Object.entries(above).map(([key, value]) => {
    const old = below[key];
    return [key, isObject(value) ? laid(isObject(old) ? old : {}, value) : value] as const;
  });
  return { ...below, ...Object.fromEntries(entries) };
}

function stackOf(wants: JsonObject, other: Partial<SwarmStack> = {}): SwarmStack {
  return {
    services: ['api', 'proxy', 'store', 'worker'],
    nodes: ['one'],
    lacks: [],
    project: laid(tiny, wants),
    contents: {},
    uses: {},
    ...other,
  };
}

function planned(
  situation: Situation,
  other: Partial<PlanOptions> = {},
  stack: Partial<SwarmStack> = {},
) {
  return planSwarm(observed(situation), stackOf(situation.wants ?? {}, stack), {
    ...options,
    ...other,
  });
}

function refused(...given: Parameters<typeof planned>): readonly string[] {
  return refusalsOf(planned(...given)).map(({ what }) => what);
}

const kinds = (of: ReturnType<typeof planned>) => of.plan.operations.map(({ kind }) => kind);

describe('a plan for a Swarm', () => {
  it('starts everything on an empty Swarm, data before what needs it', () => {
    const first = planned(
      { containers: () => [] },
      { preDeploy: [{ service: 'api', command: 'migrate' }] },
      { services: [] },
    );
    expect(first.kind).toBe('plan');
    expect(kinds(first)).toEqual([
      'prepare-images',
      'update-services',
      'run-command',
      'update-services',
      'check-health',
      'soak',
      'finish',
    ]);
    const updated = first.plan.operations.flatMap((each) =>
      each.kind === 'update-services' ? [each.services] : [],
    );
    expect(updated).toEqual([['store'], ['api', 'proxy', 'worker']]);
    expect(first.plan.warnings[0]).toBe('engine: Docker Swarm (the input engine says so)');
  });

  it('updates what a commit may have changed, and names no other service', () => {
    const was = STARTS_FIRST;
    const plan = planned({ was, wants: STARTS_FIRST, changes: ['api/x'] });
    expect(plan.kind).toBe('plan');
    expect(actions(plan)).toEqual({ api: 'roll?', worker: 'replace?' });
    expect(plan.plan.warnings[0]).toBe('engine: Docker Swarm (the stack runs there)');
  });

  it('does nothing for equal images', () => {
    const situation = { was: STARTS_FIRST, wants: STARTS_FIRST, changes: ['api/x'] };
    const observation = observed(situation);
    const { plan } = planned(situation);
    const same = Object.fromEntries(
      plan.services.map(({ image, oldImageId }) => [image, oldImageId ?? '']),
    );
    const settled = settleSwarmPlan(plan, same, observation, options);
    expect(settled.operations.map(({ kind }) => kind)).toEqual(['install-files', 'finish']);
  });

  it('takes what stands below deploy for a change, as Swarm does', () => {
    const wants = services({ worker: { deploy: { update_config: { parallelism: 2 } } } });
    expect(actions(planned({ wants }))).toEqual({ worker: 'replace' });
  });

  it('updates a service whose config has another content, and no other', () => {
    const wants = {
      ...services({ worker: { configs: [{ source: 'words' }] } }),
      configs: { words: { file: '/stage/words' } },
    };
    const contents = { '/stage/words': 'c'.repeat(64) };
    const name = `tiny_words-${'c'.repeat(12)}`;
    const plan = (used: string) =>
      planned({ was: wants, wants }, {}, { contents, uses: { worker: [used] } });
    expect(actions(plan(name))).toEqual({});
    expect(actions(plan('tiny_words-before'))).toEqual({ worker: 'replace' });
  });

  it('leaves such a change of data, and tells it', () => {
    const wants = services({ store: { deploy: { update_config: { parallelism: 2 } } } });
    const plan = planned({ wants });
    expect(actions(plan)).toEqual({});
    expect(plan.plan.warnings).toContainEqual(
      expect.stringMatching(/store: .* waits until allow-data-changes: store/),
    );
  });

  it('refuses a changed database that nobody has named', () => {
    const wants = services({ store: { command: ['redis-server', '--save', ''] } });
    expect(refused({ wants })[0]).toMatch(/store/);
    expect(planned({ wants }, { allowDataChanges: ['store'] }).kind).toBe('plan');
  });

  it('refuses a gap that nobody has accepted', () => {
    const wants = services({ proxy: { user: '1' } });
    expect(refused({ wants })).toEqual([
      expect.stringMatching(/proxy cannot change without a gap: Swarm stops its old task/),
    ]);
    expect(planned({ wants }, { allowDowntime: true }).kind).toBe('plan');
  });

  it('takes a new configuration of the proxy for an update', () => {
    expect(actions(planned({ changes: ['nginx/nginx.conf'] }, { allowDowntime: true }))).toEqual({
      proxy: 'replace',
    });
  });

  it('refuses two of a database at once, and a port of the node that two would need', () => {
    const order = { deploy: { update_config: { order: 'start-first' } } };
    const ports = [{ mode: 'host', target: 80, published: '80' }];
    const wants = services({ store: order, proxy: { ...order, ports } });
    expect(refused({ wants, containers: () => [] })).toEqual([
      expect.stringMatching(/proxy publishes port 80 of the node/),
      expect.stringMatching(/store holds data/),
    ]);
  });

  it('tells of a healthcheck that fails after Swarm has stopped looking, and of none', () => {
    const { warnings } = planned({ containers: () => [] }).plan;
    expect(warnings).toContainEqual(
      'api: deploy.update_config.monitor (5 s) is shorter than its healthcheck needs to fail (start_period + interval × retries: 90 s)',
    );
    expect(warnings).toContainEqual(expect.stringMatching(/worker has no healthcheck/));
  });

  it.each<[string, Situation, Partial<PlanOptions>, Partial<SwarmStack>, RegExp]>([
    ['several nodes', {}, {}, { nodes: ['one', 'two'] }, /has 2 nodes/],
    ['a host without curl', {}, {}, { lacks: ['curl'] }, /lacks curl/],
    ['services', {}, { services: ['api'] }, {}, /services does not limit/],
    ['build: runner', {}, { buildsOnRunner: true }, {}, /build: runner/],
    ['post-deploy', {}, { postDeploy: [{ service: 'api', command: 'x' }] }, {}, /post-deploy/],
    [
      'a removed service',
      { wants: services({ worker: undefined }) },
      {},
      {},
      /the commit removed worker/,
    ],
    [
      'a changed volume',
      { wants: { volumes: { store: { driver: 'nfs' } } } },
      {},
      {},
      /volume "store"/,
    ],
    [
      'a key that Swarm ignores',
      { wants: services({ api: { privileged: true } }) },
      {},
      {},
      /privileged/,
    ],
  ])('refuses %s', (_, situation, other, stack, what) => {
    expect(refused(situation, { allowDowntime: true, ...other }, stack)).toContainEqual(
      expect.stringMatching(what),
    );
  });

  it('goes back to kept images without a build', () => {
    const keptImages = { 'tiny-api': 'sha256:old', 'tiny-worker': 'sha256:old' };
    const plan = planned(
      { was: STARTS_FIRST, wants: STARTS_FIRST },
      { images: 'kept', keptImages },
    );
    expect(plan.kind).toBe('plan');
    expect(actions(plan)).toEqual({ api: 'roll', worker: 'replace' });
    expect(kinds(plan)[0]).toBe('restore-images');
  });

  it('touches nothing of data and proxy that did not run in this order', () => {
    const plan = planned({ containers: without('worker') });
    expect(actions(plan)).toEqual({ worker: 'start' });
  });
});

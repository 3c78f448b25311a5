import { describe, expect, it } from '@jest/globals';
import type { Container } from '../../../src/plan/observation.js';
import type { Operation, Route } from '../../../src/plan/plan.js';
import { changing, operationsOf, planned, services, type Situation } from '../observed.js';

const CHANGE = ['api/x'];

/** What happens between the first candidate and the health check at the end, in a word or two. */
function rollout(situation: Situation): readonly string[] {
  return planned({ changes: CHANGE, ...situation }).plan.operations.flatMap(brief);
}

function brief(operation: Operation): readonly string[] {
  switch (operation.kind) {
    case 'start':
      return [
        `start ${operation.services.map(({ service, replicas }) => `${service} ${String(replicas)}`).join(' + ')}`,
      ];
    case 'cutover':
      return operation.routes.map(
        ({ service, staying }) => `cutover ${[service, ...staying].join(' beside ')}`,
      );
    case 'stop-incumbents':
      return [`stop ${operation.ids.join(' + ')}${operation.drained.length > 0 ? ' drained' : ''}`];
    case 'check-health':
      return [operation.kind];
    case 'soak':
      return [`soak ${operation.part}`];
    default:
      return [];
  }
}

describe('with memory for all candidates', () => {
  it('all of a release take over together', () => {
    expect(rollout({})).toEqual([
      'start api 1 + worker 1',
      'stop worker-1',
      'cutover api',
      'check-health',
      'soak beside',
      'stop api-1 drained',
      'check-health',
      'soak alone',
    ]);
  });

  it('nothing is said about batches', () => {
    expect(planned({ changes: CHANGE }).plan.warnings).toEqual([]);
  });
});

describe('where memory does not hold all candidates at once', () => {
  const tight: Situation = {
    host: { memoryAvailableKb: 150_000 },
    containers: (before) =>
      changing('worker', { memoryKb: 90_000 })(changing('api', { memoryKb: 80_000 })(before)),
  };

  it('one service after the other takes over, workers first', () => {
    expect(rollout(tight)).toEqual([
      'start worker 1',
      'stop worker-1',
      'start api 1',
      'cutover api',
      'check-health',
      'soak beside',
      'stop api-1 drained',
      'check-health',
      'soak alone',
    ]);
  });

  it('the plan says why', () => {
    expect(planned({ changes: CHANGE, ...tight }).plan.warnings).toContain(
      'one service after the other: all candidates together need about 166 MiB, and 132 MiB are free',
    );
  });

  it('free swap counts as well', () => {
    const host = { memoryAvailableKb: 150_000, swapFreeKb: 100_000 };
    expect(rollout({ ...tight, host })[0]).toBe('start api 1 + worker 1');
  });
});

describe('what is held at incumbents, where one service after the other takes over', () => {
  const two = services({
    api: { environment: { FEED: 'http://worker:80' } },
    web: {
      image: 'acme/web:1',
      environment: { API: 'http://api:3000', FEED: 'http://worker:80' },
      networks: { default: null },
    },
  });
  const tight = (before: readonly Container[]): readonly Container[] =>
    changing('worker', { memoryKb: 90_000 })(changing('api', { memoryKb: 80_000 })(before));
  const situation: Situation = {
    was: two,
    host: { memoryAvailableKb: 150_000 },
    containers: tight,
    changes: CHANGE,
  };

  it('stays so for who calls several, until the last of them has taken over', () => {
    const pointed = operationsOf(planned(situation), 'point-callers').map(({ to, routes }) => [
      to,
      routes
        .filter(({ caller }) => caller === 'web')
        .map(({ service, staying }) => [service, ...staying].join(' ')),
    ]);
    expect(pointed).toEqual([
      ['incumbents', ['worker', 'api']],
      ['candidates', ['worker', 'api api-1']],
      ['candidates', ['api']],
    ]);
  });

  it('stays so for a Caddy, which looks names up at each connection', () => {
    const config = JSON.stringify({ upstreams: [{ dial: 'api:3000' }, { dial: 'worker:80' }] });
    const networks = ['tiny_default'];
    const proxies = [
      { kind: 'caddy' as const, containerId: 'proxy-1', name: 'proxy', networks, config },
    ];
    const of = planned({ ...situation, proxies });
    const held = (routes: readonly Route[]): readonly string[] =>
      routes.map(({ service, incumbents }) => `${service} ${incumbents.join(' ')}`);
    expect(operationsOf(of, 'hold').map(({ routes }) => held(routes))).toEqual([
      ['api api-1', 'worker worker-1'],
    ]);
    expect(
      operationsOf(of, 'cutover').map(({ routes, holds }) => [held(routes), held(holds)]),
    ).toEqual([
      [['api api-1'], ['worker worker-1']],
      [['worker worker-1'], []],
    ]);
  });
});

describe('update_config.parallelism', () => {
  const inPairs = services({
    api: { deploy: { replicas: 3, update_config: { parallelism: 2 } } },
  });

  it('lets so many candidates of a service take over at a time, the last with all others', () => {
    expect(rollout({ was: inPairs })).toEqual([
      'start api 2',
      'cutover api beside api-3',
      'check-health',
      'stop api-1 + api-2 drained',
      'start api 1 + worker 1',
      'stop worker-1',
      'cutover api',
      'check-health',
      'soak beside',
      'stop api-3 drained',
      'check-health',
      'soak alone',
    ]);
  });

  it('undoes each cutover to those that served before it', () => {
    const cutovers = planned({ changes: CHANGE, was: inPairs }).plan.operations.flatMap(
      (operation) => (operation.kind === 'cutover' ? operation.routes : []),
    );
    expect(cutovers.map(({ incumbents }) => incumbents)).toEqual([
      ['api-1', 'api-2', 'api-3'],
      ['api-3'],
    ]);
  });

  it.each([[0], [3], [7]])('%d is all at once for three replicas', (parallelism) => {
    const was = services({ api: { deploy: { replicas: 3, update_config: { parallelism } } } });
    expect(rollout({ was })[0]).toBe('start api 3 + worker 1');
  });
});

import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../../src/plan/compose/json.js';
import type { Container } from '../../../src/plan/observation.js';
import type { Operation, PointCallersOperation } from '../../../src/plan/plan.js';
import { actions, planned, services, type Situation } from '../observed.js';

const CHANGED = services({ worker: { environment: { CHANGED: 'yes' } } });

/** The stack in which `web` has these variables, and `worker` changes. */
function operations(environment: JsonObject, other: Partial<Situation> = {}): readonly Operation[] {
  const web = { image: 'acme/web:1', environment, networks: { default: null } };
  return planned({ was: services({ web }), wants: CHANGED, ...other }).plan.operations;
}

function pointed(operation: readonly Operation[]): readonly PointCallersOperation[] {
  return operation.filter((each): each is PointCallersOperation => each.kind === 'point-callers');
}

describe('who calls a service by its name', () => {
  it.each([
    'http://worker:8000',
    'http://worker/api',
    'http://worker.tiny_default:8000/api',
    'worker.tiny_default',
    'https://user:pass@worker',
    'worker:50051',
    'worker',
    'one:1,worker:2',
    'postgres://db/x host=worker',
  ])('%s does', (URL) => {
    expect(pointed(operations({ URL })).map(({ to }) => to)).toEqual(['incumbents', 'candidates']);
  });

  it.each(['http://my-worker:8000', 'worker.example.com', 'the worker runs', 'workers:1', '1'])(
    '%s does not',
    (URL) => {
      expect(pointed(operations({ URL }))).toEqual([]);
    },
  );

  it('is known by its command as well, where that is an address, and no program', () => {
    const commanded = (command: readonly string[]) =>
      pointed(
        operations(
          {},
          {
            containers: (before) =>
              before.map((each) => (each.service === 'web' ? { ...each, command } : each)),
          },
        ),
      ).length > 0;
    expect(commanded(['web', '--api', 'http://worker:80'])).toBe(true);
    expect(commanded(['web', '--api=worker'])).toBe(true);
    expect(commanded(['worker', '-A', 'shop', 'worker'])).toBe(false);
  });

  it('is known by its connections, wherever the address stands', () => {
    const calling = (calls: readonly string[]) => (before: readonly Container[]) =>
      before.map((each) => (each.service === 'web' ? { ...each, calls } : each));
    const seen = (calls: readonly string[]) =>
      pointed(operations({}, { containers: calling(calls) })).map(({ to }) => to);
    expect(seen(['worker-1'])).toEqual(['incumbents', 'candidates']);
    expect(seen(['db-1'])).toEqual([]);
  });

  it('stays with the incumbents before a candidate starts, and leaves them before they stop', () => {
    const kinds = operations({ URL: 'http://worker' }).map((each) =>
      each.kind === 'point-callers' ? each.to : each.kind,
    );
    const order = ['incumbents', 'start', 'candidates', 'stop-incumbents'];
    expect(kinds.filter((kind) => order.includes(kind))).toEqual(order);
  });

  it('is told the names, the network, and the containers', () => {
    const [hold] = pointed(operations({ URL: 'http://worker' }));
    expect(hold?.routes).toEqual([
      {
        caller: 'web',
        service: 'worker',
        network: 'tiny_default',
        names: expect.arrayContaining(['worker']),
        incumbents: ['worker-1'],
        staying: [],
      },
    ]);
  });

  it('is not pinned where it does not run, shares no network, or nothing of the service runs', () => {
    const URL = 'http://worker';
    const without = (test: (container: Container) => boolean) => (before: readonly Container[]) =>
      before.filter((container) => !test(container));
    for (const service of ['web', 'worker'])
      expect(
        pointed(operations({ URL }, { containers: without((each) => each.service === service) })),
      ).toEqual([]);
    const elsewhere = (before: readonly Container[]) =>
      before.map((each) => (each.service === 'web' ? { ...each, networks: {} } : each));
    expect(pointed(operations({ URL }, { containers: elsewhere }))).toEqual([]);
  });

  it('is a matter of a roll only: where the incumbent stops first there is nobody to call', () => {
    const stopFirst = { deploy: { update_config: { order: 'stop-first' } } };
    const web = { image: 'acme/web:1', environment: { URL: 'http://worker' } };
    const plan = planned({ was: services({ web, worker: stopFirst }), wants: CHANGED });
    expect(actions(plan)['worker']).toBe('replace');
    expect(pointed(plan.plan.operations)).toEqual([]);
  });
});

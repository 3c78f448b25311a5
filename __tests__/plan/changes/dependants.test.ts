import { describe, expect, it } from '@jest/globals';
import { settlePlan } from '../../../src/plan/planner.js';
import {
  actions,
  imageId,
  observed,
  operationsOf,
  options,
  planned,
  refusalsOf,
  serviceIn,
  services,
} from '../observed.js';

const on = (service: string, restart = true) => ({
  depends_on: { [service]: { condition: 'service_started', required: true, restart } },
});
const storeChanges = services({ store: { command: ['redis-server', '--save', ''] } });
const ACCEPTED = { allowDataChanges: ['store'] };

describe('a service that depends on another one with `restart: true`', () => {
  it('gets new containers where the data that it depends on does, after these', () => {
    const was = services({ api: on('store'), worker: on('store') });
    const of = planned({ was, wants: storeChanges }, ACCEPTED);
    expect(refusalsOf(of)).toEqual([]);
    expect(actions(of)).toEqual({ store: 'replace', api: 'roll', worker: 'roll' });
    expect(serviceIn(of, 'api').why).toBe(
      'it depends on store, which gets a new container, with restart: true',
    );
    const kinds = of.plan.operations.map(({ kind }) => kind);
    expect(kinds.indexOf('replace')).toBeLessThan(kinds.indexOf('start'));
    expect(operationsOf(of, 'cutover')).toHaveLength(1);
  });

  it('goes on without it, as Compose lets it', () => {
    const was = services({ api: on('store', false), worker: on('store') });
    expect(actions(planned({ was, wants: storeChanges }, ACCEPTED))).toEqual({
      store: 'replace',
      worker: 'roll',
    });
    // What nobody lets change is not replaced, and nothing follows it.
    expect(actions(planned({ was, wants: services({}) }))).toEqual({});
  });

  it('is followed by what depends on it in the same way', () => {
    const was = services({ api: on('store'), worker: on('api') });
    expect(actions(planned({ was, wants: storeChanges }, ACCEPTED))).toEqual({
      store: 'replace',
      api: 'roll',
      worker: 'roll',
    });
  });

  it('follows an image once it is known to be another one', () => {
    const other = { image: 'other:1', networks: { default: null }, ...on('api') };
    const situation = { was: services({ other }), changes: ['api/x'] };
    const of = planned(situation);
    expect(actions(of)).toEqual({ api: 'roll?', worker: 'roll?' });
    expect(of.plan.warnings).toContainEqual(
      expect.stringMatching(/^other: it may change as well: it depends on api/),
    );
    const settled = (image: string) => {
      const ids = { 'tiny-api': image, 'tiny-worker': imageId('tiny-worker') };
      const { services: all } = settlePlan(of.plan, ids, observed(situation), options);
      return all.find(({ service }) => service === 'other')?.action;
    };
    expect(settled('sha256:another')).toBe('roll');
    expect(settled(imageId('tiny-api'))).toBe('keep');
  });

  it('is left to the cutover where it is a proxy that can be led to the new containers', () => {
    const was = services({ proxy: on('api') });
    const wants = services({ api: { environment: { A: 'b' } } });
    expect(actions(planned({ was, wants }))).toEqual({ api: 'roll' });
  });

  it('is told where that means a gap, and restarted where that is accepted', () => {
    const was = services({ api: { ...on('store'), ports: [{ target: 3000, published: '3000' }] } });
    const situation = { was, wants: storeChanges, nginx: undefined };
    const of = planned(situation, ACCEPTED);
    expect(actions(of)).toEqual({ store: 'replace' });
    expect(of.plan.warnings).toContainEqual(
      expect.stringMatching(/^api: it depends on store.*docker compose restart api$/),
    );
    expect(actions(planned(situation, { ...ACCEPTED, allowDowntime: true }))).toEqual({
      store: 'replace',
      api: 'replace',
    });
  });

  it('is told where it would start before what it depends on', () => {
    const was = services({ worker: { container_name: 'jobs' }, api: on('worker') });
    const wants = services({ worker: { environment: { A: 'b' } } });
    const of = planned({ was, wants });
    expect(actions(of)).toEqual({ worker: 'replace' });
    expect(of.plan.warnings).toContainEqual(expect.stringMatching(/^api: it depends on worker/));
  });
});

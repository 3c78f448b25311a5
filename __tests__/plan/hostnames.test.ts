import { describe, expect, it } from '@jest/globals';
import {
  actions,
  changing,
  operationsOf,
  planned,
  refusedOnceBuilt,
  serviceIn,
  services,
} from './observed.js';

describe('a hostname', () => {
  const nginx = 'server { location / { proxy_pass http://backend:3000; } }';
  const was = services({ api: { hostname: 'backend' } });
  const networks = {
    tiny_default: { addresses: ['198.19.1.10'], names: ['api', 'backend'] },
  };
  const situation = { was, nginx, changes: ['api/x'], containers: changing('api', { networks }) };

  it('is a name that nginx reaches a service by', () => {
    const of = planned(situation);
    expect([of.kind, serviceIn(of, 'api').role, actions(of)['api']]).toEqual([
      'plan',
      'routed',
      'roll?',
    ]);
    expect(operationsOf(of, 'cutover')).toMatchObject([{ routes: [{ names: ['backend'] }] }]);
  });

  it('counts once the images are built as it did before', () => {
    const wants = services({
      api: undefined,
      site: { image: 'tiny-api', hostname: 'backend', networks: { default: null } },
    });
    expect(planned({ ...situation, wants }).kind).toBe('plan');
    expect(refusedOnceBuilt({ ...situation, wants })).toEqual([]);
    const resolving = `http { resolver 127.0.0.11; server { location / { set $up backend; proxy_pass http://$up; } } }`;
    expect(refusedOnceBuilt({ ...situation, nginx: resolving })).toMatchObject([
      { what: expect.stringContaining('resolves backend while it runs') },
    ]);
  });

  it('is one that callers are held by', () => {
    const calling = services({
      api: { hostname: 'backend' },
      worker: { environment: { API: 'http://backend:3000' } },
    });
    const [hold] = operationsOf(planned({ was: calling, changes: ['api/x'] }), 'point-callers');
    expect(hold?.routes.find(({ caller }) => caller === 'worker')?.names).toContain('backend');
  });

  it('is none where the engine does not put it into its DNS', () => {
    const host = { engineVersion: '24.0.9' };
    expect(serviceIn(planned({ was, nginx, host }), 'api').role).toBe('worker');
  });
});

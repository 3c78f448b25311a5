import { describe, expect, it } from '@jest/globals';
import { settlePlan } from '../../src/plan/planner.js';
import { actions, changing, observed, options, planned, serviceIn, services } from './observed.js';

const JOB = { labels: { 'resee.deploy.role': 'job' } };

describe('the image of a service', () => {
  it('is compared with a job that still runs, too', () => {
    const situation = { was: services({ worker: JOB }), changes: ['api/x'] };
    const observation = observed(situation);
    const { plan } = planned(situation);
    const settled = settlePlan(plan, { 'tiny-worker': 'sha256:new' }, observation, options);
    expect(settled.services).toContainEqual(
      expect.objectContaining({ service: 'worker', action: 'run' }),
    );
  });

  it('may change where another service that is started is built as the same one', () => {
    const image = { image: 'shop/app' };
    const situation = {
      was: services({ worker: image, api: image }),
      containers: changing('api', { running: false }),
    };
    expect(actions(planned(situation))).toEqual({ api: 'start', worker: 'roll?' });
  });

  it('of a proxy that reloads is told where it may have changed, and taken where the gap is accepted', () => {
    const build = { build: { context: '/home/ec2-user/tiny/nginx' } };
    const situation = { was: services({ proxy: build }), changes: ['nginx/nginx.conf'] };
    expect(actions(planned(situation))).toEqual({ proxy: 'reload' });
    expect(planned(situation).plan.warnings).toContainEqual(
      expect.stringMatching(/^proxy: its image may have changed as well.*allow-downtime: true/),
    );
    const all = { ...options, allowDowntime: true };
    const accepted = planned(situation, all);
    expect(actions(accepted)).toEqual({ proxy: 'replace?' });
    const { image, oldImageId = '' } = serviceIn(accepted, 'proxy');
    const same = settlePlan(accepted.plan, { [image]: oldImageId }, observed(situation), all);
    expect(same.services).toContainEqual(
      expect.objectContaining({ service: 'proxy', action: 'reload' }),
    );
  });

  it('of data that has ended is the old one, unless somebody lets it change', () => {
    const situation = {
      containers: changing('store', { running: false }),
      images: { 'redis:8-alpine': 'sha256:newer' },
    };
    expect(actions(planned(situation))).toEqual({ store: 'start' });
    expect(actions(planned(situation, { allowDataChanges: ['store'] }))).toEqual({
      store: 'replace',
    });
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { keptReference } from '../../../src/plan/steps/kept-image.js';

const SHA = '0123456789abcdef0123456789abcdef01234567';
const REFERENCE =
  /^([a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*\/)*[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*:\w{12}$/;

describe('the reference that keeps an image', () => {
  it('is named like the service', () => {
    expect(keptReference({ project: 'shop', service: 'api' }, SHA)).toBe(
      'resee/shop/api:0123456789ab',
    );
  });

  it('is one that Docker takes, and another one for each service of each project', () => {
    const service = fc.stringMatching(/^[a-zA-Z0-9._-]{1,20}$/);
    const project = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,12}$/);
    fc.assert(
      fc.property(project, service, project, service, (one, api, other, web) => {
        const reference = keptReference({ project: one, service: api }, SHA);
        expect(reference).toMatch(REFERENCE);
        const same = one === other && api === web;
        expect(reference === keptReference({ project: other, service: web }, SHA)).toBe(same);
      }),
      { numRuns: 1_000 },
    );
  });

  it('tells releases of one commit apart', () => {
    expect(keptReference({ project: 'shop', service: 'api' }, SHA, '7')).toBe(
      'resee/shop/api:0123456789ab-7',
    );
  });

  it('is one for names such as Web_', () => {
    expect(keptReference({ project: 'shop', service: 'Web_' }, SHA)).toBe(
      'resee/shop/x/5765625f:0123456789ab',
    );
  });
});

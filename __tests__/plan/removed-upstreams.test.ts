import { describe, expect, it } from '@jest/globals';
import { planned, refusalsOf, services, type Situation } from './observed.js';

const config = 'http { server { location / { proxy_pass http://api; } } }';
const gone: Situation = { nginx: config, wants: services({ api: undefined }) };
const what = (why: string) =>
  `api goes (${why}), and proxy-1 would go on sending requests to api: they would fail, and nginx does not start again with a name that is gone`;
const refused = (situation: Situation) => refusalsOf(planned(situation)).map((each) => each.what);

describe('a service that a proxy still names', () => {
  it('is neither removed, nor scaled to 0', () => {
    expect(refused(gone)).toEqual([what('the commit removed it')]);
    const wants = services({ api: { deploy: { replicas: 0 } } });
    expect(refused({ nginx: config, wants })).toEqual([what('scaled to 0')]);
  });

  it('goes with the commit that takes it out of the configuration, and not with one that leaves it in', () => {
    const change = { ...gone, changes: ['nginx/nginx.conf'] };
    expect(refused(change)).toEqual([]);
    const proxyFiles = { 'nginx/nginx.conf': config };
    expect(refused({ ...change, proxyFiles })).toEqual([what('the commit removed it')]);
  });

  it('goes where another one has its name', () => {
    const worker = { networks: { default: { aliases: ['api'] } } };
    expect(refused({ ...gone, wants: services({ api: undefined, worker }) })).not.toContain(
      what('the commit removed it'),
    );
  });
});

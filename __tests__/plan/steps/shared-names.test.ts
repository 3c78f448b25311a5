import { describe, expect, it } from '@jest/globals';
import { operationsOf, planned, services } from '../observed.js';

/** Both answer to `pool`; the one is changed, the other one stays. */
const alias = { default: { aliases: ['pool'] } };
const other = { image: 'whoami:1', networks: alias };

describe('a name that two services have', () => {
  it('stands for both after the cutover of one: nginx is pinned to what stays as well', () => {
    const nginx =
      'server { location / { proxy_pass http://pool:3000; } location /a { proxy_pass http://api:3000; } }';
    const was = services({ api: { networks: alias }, other });
    const network = 'tiny_default';
    expect(operationsOf(planned({ was, nginx, changes: ['api/x'] }), 'cutover')).toMatchObject([
      {
        routes: [
          { names: ['api'], network, incumbents: ['api-1'], staying: [] },
          { names: ['pool'], network, incumbents: ['api-1', 'other-1'], staying: ['other-1'] },
        ],
      },
    ]);
  });

  it('stands for both also for who calls it', () => {
    const was = services({
      api: { networks: alias },
      other,
      worker: { environment: { API: 'http://pool:3000' } },
    });
    const steps = operationsOf(planned({ was, changes: ['api/x'] }), 'point-callers');
    const [hold, point] = steps.map(({ routes }) =>
      routes.filter(({ caller }) => caller === 'worker'),
    );
    for (const routes of [hold, point]) {
      expect(routes).toContainEqual(
        expect.objectContaining({ incumbents: ['api-1', 'other-1'], staying: ['other-1'] }),
      );
      expect(routes?.find(({ names }) => names.includes('api'))?.incumbents).toEqual(['api-1']);
    }
  });

  it('is no reason to wait: nothing is drained for what stays', () => {
    const nginx = 'server { location / { proxy_pass http://pool:3000; } }';
    const was = services({ api: { networks: alias, container_name: 'api' }, other });
    const wants = services({ api: { environment: { A: '1' } } });
    const of = planned({ was, wants, nginx }, { allowDowntime: true });
    expect(operationsOf(of, 'cutover')).toMatchObject([
      { routes: [{ incumbents: ['other-1'], staying: ['other-1'] }] },
    ]);
    for (const { drained } of operationsOf(of, 'stop-incumbents')) expect(drained).toEqual([]);
  });
});

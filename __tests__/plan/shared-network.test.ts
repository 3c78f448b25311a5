import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/plan/json.js';
import { planned, refusalsOf, serviceIn, services } from './observed.js';

const PORT = { target: 8080, published: '8080', protocol: 'tcp', mode: 'ingress' };

/** A worker that changes, in the network of another service. */
function joining(mode: string, other: JsonObject, nginx: string, options = {}) {
  const own = { networks: undefined, network_mode: mode };
  const was = services({
    vpn: { image: 'x/vpn', networks: { default: null }, ...other },
    worker: own,
  });
  const wants = services({ worker: { environment: { X: '1' } } });
  return planned({ was, wants, nginx }, options);
}

const passing = (name: string) => `http { server { location / { proxy_pass http://${name}; } } }`;

describe('a service in the network of another one', () => {
  it.each<[string, string, JsonObject, string]>([
    ['that publishes a port', 'service:vpn', { ports: [PORT] }, passing('api')],
    ['that the proxy names', 'service:vpn', {}, passing('vpn:8080')],
    ['that sends requests to itself', 'service:proxy', {}, passing('127.0.0.1:8000')],
  ])('%s is not replaced without a gap', (_, mode, other, nginx) => {
    const of = joining(mode, other, nginx);
    expect(serviceIn(of, 'worker')).toMatchObject({ role: 'routed', action: 'replace' });
    const [, joined = ''] = mode.split(':');
    expect(refusalsOf(of).map(({ what }) => what)).toEqual([
      `worker cannot have a candidate beside its incumbent: it shares the network or the processes of ${joined}`,
    ]);
    expect(joining(mode, other, nginx, { allowDowntime: true }).kind).toBe('plan');
  });

  it.each<[string, string, JsonObject]>([
    ['that nothing sends requests to', 'service:vpn', {}],
    ['that is a proxy, and sends itself nothing', 'service:proxy', {}],
    ['that is in none', 'bridge', { ports: [PORT] }],
  ])('%s stays a worker', (_, mode, other) => {
    const of = joining(mode, other, passing('api'));
    expect(serviceIn(of, 'worker').role).toBe('worker');
    expect(of.kind).toBe('plan');
  });
});

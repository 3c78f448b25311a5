import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../../src/plan/compose/json.js';
import { planned, refusalsOf, serviceIn, services } from '../observed.js';

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

  it('that lets requests in by a network of its own is not replaced without a gap', () => {
    const of = joining('service:vpn', { image: 'tailscale/tailscale:v1' }, passing('api'));
    expect(serviceIn(of, 'worker').reason).toBe(
      'it is in the network of vpn, which lets requests in',
    );
    expect(refusalsOf(of).map(({ what }) => what)).toEqual([
      'worker cannot have a candidate beside its incumbent: it shares the network or the processes of vpn',
    ]);
    const out = joining('service:vpn', { image: 'qmcgaw/gluetun' }, passing('api'));
    expect([serviceIn(out, 'worker').role, out.kind]).toEqual(['worker', 'plan']);
  });

  const web = { image: 'example/web:1' };
  const told = /it is in the network of vpn, which .*: where it takes requests, set .*: routed$/;

  it.each<[string, JsonObject, JsonObject, string]>([
    ['beside a server that publishes a port', { ...web, ports: [PORT] }, {}, passing('api')],
    ['beside one that the proxy names', web, {}, passing('vpn:8080')],
    [
      'that asks that server',
      web,
      { environment: { URI: 'tcp://127.0.0.1:8080/status' } },
      passing('vpn:8080'),
    ],
    [
      'beside another one that has the port',
      {},
      { command: ['./scrape'], 'x-other': true },
      passing('vpn:8080'),
    ],
    [
      'in a VPN that lets others in itself',
      { image: 'qmcgaw/gluetun', ports: [{ ...PORT, target: 8888 }] },
      {},
      passing('api'),
    ],
  ])(
    'as a helper %s stays a worker, and is told',
    (_, other, { 'x-other': beside, ...more }, nginx) => {
      const own = { networks: undefined, network_mode: 'service:vpn', ...more };
      const ui = { image: 'example/ui:1', network_mode: 'service:vpn', expose: ['8080'] };
      const was = services({
        vpn: { image: 'x/vpn', networks: { default: null }, ...other },
        worker: own,
        ...(beside === true ? { ui } : {}),
      });
      const of = planned({ was, wants: services({ worker: { labels: { a: 'b' } } }), nginx });
      expect(serviceIn(of, 'worker')).toMatchObject({ role: 'worker', action: 'replace' });
      expect(serviceIn(of, 'worker').reason).toMatch(told);
      expect(of.kind).toBe('plan');
    },
  );

  it.each<[string, JsonObject]>([
    ['by its command', { command: ['gunicorn', '--bind', '0.0.0.0:8080', 'app'] }],
    ['by a variable', { environment: { PORT: '8080' } }],
    ['by its healthcheck', { healthcheck: { test: ['CMD', 'curl', 'http://localhost:8080/'] } }],
  ])('is routed where it says that it has the port: %s', (_, more) => {
    const own = { networks: undefined, network_mode: 'service:vpn', ...more };
    const was = services({ vpn: { ...web, networks: { default: null } }, worker: own });
    const of = planned({ was, nginx: passing('vpn:8080') });
    expect(serviceIn(of, 'worker').role).toBe('routed');
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

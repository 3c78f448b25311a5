import { describe, expect, it } from '@jest/globals';
import type { HeldPort } from '../../../src/plan/host-facts.js';
import type { Operation } from '../../../src/plan/plan.js';
import { actions, planned, refusalsOf, services, type Situation } from '../observed.js';

const ACCEPTED = { allowDowntime: true };
const PORT = { mode: 'ingress', target: 80, published: '80', protocol: 'tcp' };
const CADDY = { image: 'caddy:2', networks: { default: null }, ports: [PORT] };
/** The one that the containers of the stack hold now. */
const held = (name: string, port = 80): HeldPort => ({
  protocol: 'tcp',
  address: '0.0.0.0',
  port,
  by: { kind: 'container', name, project: 'tiny' },
});

/** The steps that stop and start containers, and whose. */
function steps(situation: Situation): readonly string[] {
  const of = planned(situation, ACCEPTED);
  expect(refusalsOf(of)).toEqual([]);
  const told = (operation: Operation): readonly string[] => {
    switch (operation.kind) {
      case 'start':
        return operation.services.map(({ service }) => `start ${service}`);
      case 'replace':
        return [`replace ${operation.service}`];
      case 'stop-incumbents':
        return operation.services.map((service) => `stop ${service}`);
      default:
        return [];
    }
  };
  return of.plan.operations.flatMap(told);
}

function whats(situation: Situation, other: Parameters<typeof planned>[1] = {}): string {
  return refusalsOf(planned(situation, other))
    .map(({ what }) => what)
    .join('\n');
}

describe('a port that goes from one service of the stack to another', () => {
  const another: Situation = {
    wants: services({ proxy: undefined, edge: CADDY }),
    heldPorts: [held('proxy-1')],
  };

  it('is a gap: one proxy in the place of another', () => {
    expect(whats(another)).toBe(
      'port 80/tcp goes from proxy to edge, and only one container can hold it: the old one of proxy must be gone before edge starts',
    );
    expect(steps(another)).toEqual(['stop proxy', 'start edge']);
    const { kind, ...plan } = planned(another, ACCEPTED);
    expect(kind).toBe('plan');
    expect(plan.plan.operations.at(-1)).toMatchObject({ kind: 'finish', retire: ['proxy-1'] });
  });

  it('is a gap also where a rule of another address is in its way', () => {
    const one = { ...PORT, host_ip: '127.0.0.1' };
    const wants = services({ proxy: undefined, edge: { ...CADDY, ports: [one] } });
    expect(whats({ ...another, wants })).toContain('port 127.0.0.1:80/tcp goes from proxy to edge');
  });

  const inFront: Situation = {
    was: services({ proxy: undefined, api: { ports: [PORT] } }),
    wants: services({
      api: { ports: null },
      front: { image: 'nginx:1', networks: { default: null }, ports: [PORT] },
    }),
    nginx: undefined,
    heldPorts: [held('api-1')],
  };

  it('is a gap: a proxy in front of what was published until now', () => {
    const routed = { 'front.conf': 'server { location / { proxy_pass http://api:3000; } }' };
    for (const proxyFiles of [{}, routed]) {
      const of = planned({ ...inFront, proxyFiles });
      expect(whats({ ...inFront, proxyFiles })).toContain('port 80/tcp');
      expect(actions(of)).toEqual({ api: 'replace', front: 'start' });
      expect(steps({ ...inFront, proxyFiles })).toEqual(['replace api', 'start front']);
    }
  });

  it('lets the one go first that has it, whatever their names', () => {
    const two = (first: string, second: string) =>
      services({
        proxy: undefined,
        alpha: { ...CADDY, ports: [{ ...PORT, published: first }] },
        omega: { ...CADDY, ports: [{ ...PORT, published: second }] },
      });
    const of = (was: readonly [string, string], wants: readonly [string, string]): Situation => ({
      was: two(...was),
      wants: two(...wants),
      nginx: undefined,
      heldPorts: [held('alpha-1', Number(was[0])), held('omega-1', Number(was[1]))],
    });
    expect(steps(of(['80', '81'], ['82', '80']))).toEqual(['replace alpha', 'replace omega']);
    expect(steps(of(['80', '81'], ['81', '82']))).toEqual(['replace omega', 'replace alpha']);
    const swapped = of(['80', '81'], ['81', '80']);
    expect(whats(swapped, ACCEPTED)).toBe(
      'alpha is to have port 81/tcp, which omega has still when it starts: Docker would not start the new container',
    );
  });

  it('lets a new service start after one that gives its port away', () => {
    const gives = {
      was: services({ api: { ports: [{ ...PORT, published: '8000' }] } }),
      wants: services({
        api: { ports: [{ ...PORT, published: '8001' }] },
        another: { ...CADDY, ports: [{ ...PORT, published: '8000' }] },
      }),
      heldPorts: [held('proxy-1'), held('api-1', 8000)],
    };
    expect(steps(gives)).toEqual(['replace api', 'start another']);
  });

  it('is refused where the deploy leaves the one that has it', () => {
    const only = { ...inFront, heldPorts: [held('api-1')] };
    const [refusal] = refusalsOf(planned(only, { ...ACCEPTED, services: ['front'] }));
    expect(refusal).toEqual({
      what: 'front is to have port 80/tcp, which api has, and goes on with',
      next: 'This deploy leaves api as it is: name it in services as well, or leave front out.',
    });
  });
});

describe('a fixed address that goes from one service to another', () => {
  const fixed = (address: string | null) => ({
    default: address === null ? null : { ipv4_address: address },
  });
  const other = { image: 'other:1' };

  it('goes when the old container of the one has stopped', () => {
    const was = services({ worker: { networks: fixed('198.19.1.40') } });
    const wants = services({
      worker: { networks: fixed(null) },
      other: { ...other, networks: fixed('198.19.1.40') },
    });
    expect(actions(planned({ was, wants }))).toEqual({ worker: 'replace', other: 'start' });
    expect(steps({ was, wants })).toEqual(['replace worker', 'start other']);
  });

  it('is refused where a container has it by chance, and stays', () => {
    const wants = services({ other: { ...other, networks: fixed('198.19.1.30') } });
    expect(refusalsOf(planned({ wants }, ACCEPTED))).toEqual([
      {
        what: 'other is to have the address 198.19.1.30, which store has, and goes on with',
        next: 'Give other another one, or take it from store first.',
      },
    ]);
  });
});

describe('a container_name that goes from one service to another', () => {
  const was = services({ worker: { container_name: 'jobs' } });
  const containers: Situation['containers'] = (before) =>
    before.map((each) => (each.service === 'worker' ? { ...each, name: 'jobs' } : each));
  const other = { image: 'other:1', networks: { default: null }, container_name: 'jobs' };

  it.each([
    ['the commit renames the service', { worker: undefined, other }],
    ['the one has no name any more', { worker: { container_name: null }, other }],
  ])('is refused where %s: the old one has it to the end', (_name, patch) => {
    const [refusal, ...others] = refusalsOf(
      planned({ was, containers, wants: services(patch) }, ACCEPTED),
    );
    expect(others).toEqual([]);
    expect(refusal?.what).toBe(
      'other is to have the name jobs, which worker has until the deploy is over: Docker would not make the new container',
    );
    expect(refusal?.next).toContain('in two deploys');
  });
});

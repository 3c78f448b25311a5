import { describe, expect, it } from '@jest/globals';
import type { ComposeProject, HeldPort } from '../../../src/plan/host-facts.js';
import {
  changing,
  operationsOf,
  planned,
  refusalsOf,
  services,
  without,
  type Situation,
} from '../observed.js';

function refused(situation: Situation, other: Parameters<typeof planned>[1] = {}) {
  return refusalsOf(planned(situation, other));
}

/** Nothing of the stack runs yet. */
const FIRST: Situation = { containers: () => [], nginx: undefined, recorded: false };

const process = (address: string, port = 80, protocol: HeldPort['protocol'] = 'tcp'): HeldPort => ({
  protocol,
  address,
  port,
  by: { kind: 'process', uid: 0 },
});
const container = (project: string, address = '0.0.0.0', port = 80): HeldPort => ({
  protocol: 'tcp',
  address,
  port,
  by: { kind: 'container', name: 'web-1', project },
});
const publishing = (...ports: object[]) => services({ proxy: { ports } });

describe('a port of the host that the stack wants', () => {
  it('is refused where a process holds it', () => {
    expect(refused({ ...FIRST, heldPorts: [process('0.0.0.0')] })).toEqual([
      {
        what: 'proxy publishes port 80/tcp of the host, and a process of root holds it',
        next: "On the host, see which one: sudo ss -ltnp 'sport = :80'. Stop it for good (a web server of the system: sudo systemctl disable --now nginx), or publish another port.",
      },
    ]);
  });

  it('is refused where a container of another project holds it', () => {
    const [refusal] = refused({ ...FIRST, heldPorts: [process('0.0.0.0'), container('shop')] });
    expect(refusal?.what).toBe(
      'proxy publishes port 80/tcp of the host, and the container web-1, of the project shop, holds it',
    );
    expect(refusal?.next).toContain('docker stop web-1');
    expect(refusal?.next).not.toContain('path:');
    const projects = [{ name: 'shop', directory: '/srv/shop', elsewhere: 'there' as const }];
    const [known] = refused({ ...FIRST, projects, heldPorts: [container('shop')] });
    expect(known?.next).toMatch(
      /^If that is this stack, started from \/srv\/shop so far: path: \/srv\/shop\. /,
    );
    const [alone] = refused({ ...FIRST, heldPorts: [container('')] });
    expect(alone?.what).toContain('which is of no Compose project');
  });

  it('is no matter where the stack itself holds it', () => {
    const heldPorts = [process('0.0.0.0'), container('tiny'), container('other')];
    const wants = services({ proxy: { environment: { A: 'b' } } });
    const gap = refused({ heldPorts, wants }).map(({ what }) => what);
    expect(gap).toEqual([expect.stringContaining('without a gap')]);
    expect(refused({ ...FIRST, heldPorts })).toEqual([]);
  });

  it('is no matter where nothing of the stack is to hold it anew', () => {
    expect(refused({ heldPorts: [process('0.0.0.0')], changes: ['api/x'] })).toEqual([]);
    expect(refused({ heldPorts: [process('0.0.0.0')], containers: without('proxy') })).toHaveLength(
      1,
    );
  });

  it.each<[string, object, HeldPort, 'refused' | 'told' | 'no matter']>([
    ['every address, and one of them', { host_ip: '0.0.0.0' }, process('127.0.0.1'), 'refused'],
    ['one address, and all of them', { host_ip: '127.0.0.1' }, process('0.0.0.0'), 'refused'],
    ['the same address', { host_ip: '127.0.0.1' }, process('127.0.0.1'), 'refused'],
    ['the same address of IPv6', { host_ip: '0:0::1' }, process('::1'), 'refused'],
    ['every address of IPv6', { host_ip: '::' }, process('::1'), 'refused'],
    ['whatever the engine takes, and all', {}, process('::'), 'refused'],
    ['whatever the engine takes, and one', {}, process('127.0.0.53'), 'told'],
    ['IPv4, and perhaps IPv6 alone', { host_ip: '0.0.0.0' }, process('::'), 'told'],
    ['IPv6, and IPv4 alone', { host_ip: '::1' }, process('0.0.0.0'), 'no matter'],
    ['IPv4, and IPv6 alone', { host_ip: '127.0.0.1' }, process('::1'), 'no matter'],
    ['two addresses', { host_ip: '127.0.0.1' }, process('198.18.0.2'), 'no matter'],
    ['another port', {}, process('0.0.0.0', 8080), 'no matter'],
    ['another protocol', {}, process('0.0.0.0', 80, 'udp'), 'no matter'],
    ['UDP', { protocol: 'udp' }, process('0.0.0.0', 80, 'udp'), 'refused'],
  ])('%s', (_name, port, held, verdict) => {
    const wants = publishing({ mode: 'ingress', target: 80, published: '80', ...port });
    const found = planned({ ...FIRST, wants, heldPorts: [held] });
    expect(refusalsOf(found)).toHaveLength(verdict === 'refused' ? 1 : 0);
    const notes = found.plan.warnings.filter((text) =>
      text.includes('the container may not start'),
    );
    expect(notes).toHaveLength(verdict === 'told' ? 1 : 0);
  });

  it('is told where a client may have taken it for a moment', () => {
    const wants = publishing({ target: 1, published: '51820', protocol: 'udp', mode: 'host' });
    const found = planned({ ...FIRST, wants, heldPorts: [process('0.0.0.0', 51_820, 'udp')] });
    expect(refusalsOf(found)).toEqual([]);
    expect(found.plan.warnings).toContainEqual(
      expect.stringMatching(/port 51820\/udp .* root holds it: .*sudo ss -lunp/),
    );
  });

  it.each([{}, { published: '8000-8010' }, { published: '0' }])(
    'is none where Docker chooses: %j',
    (port) => {
      const wants = publishing({ mode: 'ingress', target: 80, ...port });
      expect(refused({ ...FIRST, wants, heldPorts: [process('0.0.0.0', 8000)] })).toEqual([]);
    },
  );

  it('is none where no container of the service is to run', () => {
    const wants = services({ proxy: { scale: 0, deploy: { replicas: 0 } } });
    const what = refused({ ...FIRST, wants, heldPorts: [process('0.0.0.0')] }).map(
      (each) => each.what,
    );
    expect(what.filter((text) => text.includes('port 80'))).toEqual([]);
  });

  it.each(['host', 'none', 'service:api'])('is none with network_mode: %s', (network_mode) => {
    const wants = services({ proxy: { network_mode, networks: null } });
    const heldPorts = [process('0.0.0.0')];
    const what = refused({ ...FIRST, wants, heldPorts }).map((each) => each.what);
    expect(what.filter((text) => text.includes('port 80'))).toEqual([]);
  });

  it('may be held by the stack itself, where one of its services is on the network of the host', () => {
    const was = services({ api: { network_mode: 'host', networks: null } });
    const wants = services({
      api: { network_mode: null, networks: { default: null }, ports: [{ published: '3000' }] },
    });
    const permitted = { allowDowntime: true };
    const heldPorts = [process('0.0.0.0', 3000)];
    const containers = changing('api', { networks: { host: { addresses: [], names: [] } } });
    expect(refused({ was, wants, heldPorts, containers }, permitted)).toEqual([]);
    expect(refused({ ...FIRST, was, wants, heldPorts }, permitted)).toHaveLength(1);
  });
});

describe('a project of the same name', () => {
  const of = (
    directory: string,
    elsewhere: ComposeProject['elsewhere'],
    name = 'tiny',
  ): ComposeProject => ({ name, directory, elsewhere });
  const there = of('/srv/tiny', 'there');

  it('of another directory is refused', () => {
    const [refusal, ...others] = refused({ projects: [there] });
    expect(others).toEqual([]);
    expect(refusal?.what).toMatch(/project tiny on this host were started from \/srv\/tiny/);
    expect(refusal?.next).toMatch(/project-name: tiny-2.*path: \/srv\/tiny.*mv \/srv\/tiny /);
  });

  it('of a directory that nobody may look for is stopped, where it is this one', () => {
    const [refusal] = refused({ projects: [of('/root/tiny', 'hidden')] });
    expect(refusal?.next).toContain('docker compose --project-name tiny down');
    expect(refusal?.next).not.toContain('mv ');
  });

  it('is this stack where any of its containers is of this directory, or of one that is gone', () => {
    const here = of('/home/ec2-user/tiny', undefined);
    expect(refused({ projects: [there, here] })).toEqual([]);
    expect(refused({ projects: [of('/srv/gone', undefined)] })).toEqual([]);
    expect(refused({ projects: [of('/srv/tiny', 'there', 'shop')] })).toEqual([]);
  });
});

describe('room for images', () => {
  const room = (freeMiB: number, freeInodes: number | undefined = 500_000) => ({
    imageRoom: { path: '/var/lib/docker', freeKb: freeMiB * 1024, freeInodes },
  });
  const wanted = (situation: Situation) =>
    operationsOf(planned({ changes: ['api/x'], ...situation }), 'prepare-images')[0]?.room;
  const sizes = { imageSizesKb: { 'tiny-api': 100 * 1024, 'tiny-worker': 100 * 1024 } };

  it('is none to talk about where there is enough', () => {
    expect(wanted({ ...sizes, host: room(300) })).toBeUndefined();
    expect(planned({ ...sizes, host: room(300), changes: ['api/x'] }).plan.warnings).toEqual([]);
  });

  it('is made where there is less than the images take that may be made', () => {
    const situation = { ...sizes, host: room(150), changes: ['api/x'] };
    expect(wanted(situation)).toEqual({
      path: '/var/lib/docker',
      project: 'tiny',
      wantedKb: 200 * 1024,
      leastKb: 32 * 1024,
      leastInodes: 1_000,
    });
    expect(refused(situation)).toEqual([]);
    expect(planned(situation).plan.warnings).toEqual([
      'only 150 MiB and 500000 inodes are free in /var/lib/docker, and the images that are made may take 200 MiB: what no release needs is removed first (images of this project without a name, the cache of builds)',
    ]);
  });

  it('counts one image once, one that is not there yet as 256 MiB, and half a GiB as enough for all', () => {
    const images = { 'tiny-api': 'sha256:same', 'tiny-worker': 'sha256:same' };
    expect(wanted({ ...sizes, images, host: room(10) })?.wantedKb).toBe(100 * 1024);
    expect(wanted({ host: room(500) })?.wantedKb).toBe(512 * 1024);
    expect(wanted({ host: room(512) })).toBeUndefined();
    const large = { 'tiny-api': 9_000_000, 'tiny-worker': 1 };
    expect(wanted({ imageSizesKb: large, host: room(500) })?.wantedKb).toBe(512 * 1024);
  });

  it('is one of inodes as well', () => {
    expect(wanted({ ...sizes, host: room(5_000, 900) })).toBeDefined();
    expect(wanted({ ...sizes, host: room(5_000, 1_000) })).toBeUndefined();
    const made = { imageRoom: { path: '/', freeKb: 5_000_000, freeInodes: undefined } };
    expect(wanted({ ...sizes, host: made })).toBeUndefined();
  });

  it('is nothing that a plan without images needs', () => {
    const other = { images: 'none' } as const;
    const situation = { host: room(8), containers: without('worker') };
    expect(refused(situation, other)).toEqual([]);
    expect(refused({ host: room(0, 0) }, other)).toEqual([]);
    expect(refused({ ...situation, host: room(3, 50) }, other)).toEqual([
      {
        what: 'only 3 MiB and 50 inodes are free in /var/lib/docker, and new containers need 4 MiB and 100 inodes',
        next: 'Make room on the host: docker system df; docker image prune; docker builder prune; sudo journalctl --vacuum-size=100M.',
      },
    ]);
    expect(refused({ ...situation, host: room(50, 99) }, other)).toHaveLength(1);
    expect(refused({ ...situation, host: { imageRoom: undefined } }, other)).toEqual([]);
  });
});

describe('memory', () => {
  const notes = (situation: Situation, other: Parameters<typeof planned>[1] = {}) =>
    planned({ changes: ['api/x'], ...situation }, other).plan.warnings;

  it('is told where the build has little', () => {
    const host = { memoryAvailableKb: 200_000 };
    expect(notes({ host })).toEqual([
      expect.stringMatching(/^195 MiB of memory and swap are free for the build.*swapon.*runner$/),
    ]);
    expect(notes({ host: { ...host, swapFreeKb: 100_000, swapTotalKb: 100_000 } })).toEqual([]);
    expect(notes({ host }, { images: 'none' })).toEqual([]);
  });

  it('is told where not even one candidate fits beside the others', () => {
    const host = { memoryAvailableKb: 300_000, swapTotalKb: 1 };
    const containers = changing('api', { memoryKb: 400_000 });
    expect(notes({ host, containers })).toContainEqual(
      '292 MiB of memory and swap are free, and a new container of api needs about 390 MiB: the kernel may kill it, or something else. Stop something else, or take a larger host',
    );
  });
});

describe('versions', () => {
  const build: Situation = { changes: ['api/x'] };

  it.each<[string, string | undefined, 'refused' | 'told' | 'fine']>([
    ['2.40.3', '0.12.1', 'refused'],
    ['v5.0.0', '0.16.9-desktop.1', 'refused'],
    ['2.40.3+ds1', '0.13.1+ds1', 'told'],
    ['2.40.1', 'none', 'told'],
    ['2.40.3', '0.17.0', 'fine'],
    ['2.40.3', 'v0.30.1', 'fine'],
    ['2.40.0', '0.12.1', 'fine'],
    ['2.26.1', undefined, 'fine'],
  ])('Compose %s with Buildx %s', (composeVersion, buildxVersion, verdict) => {
    const host = { composeVersion, buildxVersion };
    expect(refused({ ...build, host })).toHaveLength(verdict === 'refused' ? 1 : 0);
    const notes = (other: Parameters<typeof planned>[1] = {}): readonly string[] =>
      planned({ ...build, host }, other).plan.warnings.filter((text) => text.includes('Buildx'));
    expect(notes()).toHaveLength(verdict === 'told' ? 1 : 0);
    for (const other of [{ images: 'pull' }, { buildsOnRunner: true }] as const) {
      expect(refused({ ...build, host }, other)).toEqual([]);
      expect(notes(other)).toEqual([]);
    }
  });

  it('that nobody has tried are told', () => {
    const notes = (host: NonNullable<Situation['host']>) =>
      planned({ ...build, host }).plan.warnings;
    expect(notes({ engineVersion: '20.10.24', composeVersion: '2.18.1' })).toEqual([
      'Docker Engine 20.10.24 is older than all that this action was tried with: update it to 23.0.0 or later',
      'Docker Compose 2.18.1 is older than all that this action was tried with: update it to 2.20.0 or later',
    ]);
    expect(notes({ engineVersion: '29.1', composeVersion: '5.0.1' })).toEqual([]);
    expect(notes({ engineVersion: 'dev', composeVersion: '' })).toEqual([]);
  });
});

import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { parseContainers, parseTasks } from '../../src/host/containers.js';

describe('parseContainers', () => {
  // Of Engine 26.1.5, from a stack that had been deployed to four times.
  const containers = parseContainers(readFileSync('__tests__/host/fixtures/inspect.json', 'utf8'));
  const of = (service: string) => containers.find((container) => container.service === service);

  it('reads what `docker inspect` prints', () => {
    expect(of('api')).toEqual({
      id: 'b745ee7d24f85788d1c9bca717875d14f0fa06e4a4147c5f874b91b23b11ccef',
      name: 'tiny-api-4',
      service: 'api',
      oneOff: false,
      running: true,
      startedMs: Date.UTC(2026, 10, 23, 4, 30, 51, 628),
      ended: undefined,
      imageId: 'sha256:43c020966c45dab65ea7612547d55213eed62a52d249ff9b4426ced2c58e9bfd',
      networks: {
        tiny_default: {
          addresses: of('api')?.networks['tiny_default']?.addresses,
          names: ['tiny-api-4', 'api', 'b745ee7d24f8'],
        },
      },
      mounts: [],
      environment: expect.objectContaining({ GREETING: 'hello', LANG: 'C.UTF-8' }),
      command: ['python', 'server.py'],
      processes: [],
      calls: [],
      memoryKb: undefined,
    });
    expect(of('api')?.networks['tiny_default']?.addresses).toEqual([
      expect.stringMatching(/^198\.19\.1\.\d+$/),
    ]);
  });

  it('knows every service of the stack', () => {
    expect(containers.map(({ service }) => service)).toEqual(['worker', 'api', 'proxy', 'store']);
  });

  it('reads what is mounted: directories and files of the host, and volumes', () => {
    expect(of('proxy')?.mounts).toEqual([
      {
        source: '/home/ec2-user/tiny/nginx/nginx.conf',
        target: '/etc/nginx/nginx.conf',
        readOnly: true,
      },
    ]);
    expect(of('store')?.mounts).toEqual([
      {
        source: '/var/lib/docker/volumes/tiny_store/_data',
        target: '/data',
        named: 'tiny_store',
      },
    ]);
  });

  const inspected = (other: object) =>
    parseContainers(JSON.stringify([{ Id: 'a', Name: '/shop-web-1', ...other }]))[0];

  it('knows a container that was made by `docker compose run`', () => {
    const labels = { 'com.docker.compose.service': 'web', 'com.docker.compose.oneoff': 'True' };
    expect(inspected({ Config: { Labels: labels } })?.oneOff).toBe(true);
  });

  it.each(['exited', 'created', 'dead'])('takes one that is %s for not running', (status) => {
    expect(inspected({ State: { Status: status, Running: false } })?.running).toBe(false);
  });

  it('reads IPv4 and IPv6 addresses, and leaves out what is none', () => {
    const endpoint = { Aliases: ['web'], GlobalIPv6Address: '2001:db8::2' };
    const networks = {
      six: { ...endpoint, IPAddress: '' },
      none: { ...endpoint, IPAddress: 'invalid IP' },
      both: { ...endpoint, IPAddress: '198.19.1.2' },
    };
    const names = ['web', 'shop-web-1'];
    expect(inspected({ NetworkSettings: { Networks: networks } })?.networks).toEqual({
      six: { addresses: ['2001:db8::2'], names },
      none: { addresses: ['2001:db8::2'], names },
      both: { addresses: ['198.19.1.2', '2001:db8::2'], names },
    });
  });

  it('copes with a container that is on no network, and with an engine that tells little', () => {
    expect(inspected({ NetworkSettings: { Networks: null }, Mounts: null })).toEqual({
      id: 'a',
      name: 'shop-web-1',
      service: '',
      oneOff: false,
      running: false,
      startedMs: undefined,
      ended: undefined,
      imageId: '',
      networks: {},
      mounts: [],
      environment: {},
      command: [],
      processes: [],
      calls: [],
      memoryKb: undefined,
    });
    const stopped = { default: { Aliases: null, DNSNames: null, IPAddress: '' } };
    expect(inspected({ NetworkSettings: { Networks: stopped } })?.networks).toEqual({
      default: { addresses: [], names: ['shop-web-1'] },
    });
  });

  it('tells how one ended, and nothing of one that never ran', () => {
    const StartedAt = '2026-11-23T04:30:50Z';
    const FinishedAt = '2026-11-23T04:30:51.5Z';
    const state = { Status: 'exited', Running: false, ExitCode: 0, StartedAt, FinishedAt };
    expect(inspected({ State: state })).toMatchObject({
      startedMs: Date.parse(StartedAt),
      ended: { code: 0, atMs: Date.parse(FinishedAt) },
    });
    const never = { StartedAt: '0001-01-01T00:00:00Z', FinishedAt: '0001-01-01T00:00:00Z' };
    expect(inspected({ State: { ...state, ...never } })).toMatchObject({
      startedMs: undefined,
      ended: undefined,
    });
  });

  it.each(['', '\n', '[]'])('reads %j as none', (text) => {
    expect(parseContainers(text)).toEqual([]);
  });
});

describe('tasks of a Swarm', () => {
  const labels = {
    'com.docker.compose.project': 'shop',
    'com.docker.compose.service': 'api',
  };
  const text = JSON.stringify([
    { Id: '1', Config: { Labels: labels } },
    { Id: '2', Config: { Labels: { ...labels, 'com.docker.swarm.service.name': 'shop_worker' } } },
  ]);

  it('are no containers of Compose, though an image that Compose has built has its labels', () => {
    expect(parseContainers(text).map(({ id }) => id)).toEqual(['1']);
  });

  it('are of the service that Swarm runs', () => {
    expect(parseTasks(text)).toMatchObject([{ id: '2', service: 'shop_worker' }]);
  });
});

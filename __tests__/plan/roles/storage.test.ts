import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../../src/plan/compose/json.js';
import { assignRoles } from '../../../src/plan/roles/roles.js';
import { NO_EVIDENCE } from '../../../src/plan/roles/evidence.js';
import { parseStack } from '../../../src/plan/compose/compose-config.js';
import type { Container, StorageContents } from '../../../src/plan/observation.js';
import { storageToInspect } from '../../../src/plan/roles/storage.js';
import {
  actions,
  container,
  observed,
  planned,
  refusalsOf,
  services,
  type Situation,
} from '../observed.js';

const BUILD = { build: { context: '/srv/shop' } };
const bind = (source: string, target = '/data') => ({ type: 'bind', source, target });
const volume = (source: string | undefined, target = '/data') => ({
  type: 'volume',
  source,
  target,
});

/** Why there are never two of the service `it`. */
function singleOf(it: JsonObject, others: JsonObject = {}, files: readonly string[] = []) {
  const text = JSON.stringify({ name: 'shop', services: { it: { ...BUILD, ...it }, ...others } });
  const seen = { ...NO_EVIDENCE, files };
  return assignRoles(parseStack(text, '/srv/shop'), [], seen)['it']?.single;
}

const ORDER = 'resee.deploy.order';

describe('storage of its own', () => {
  it.each<[string, JsonObject, string]>([
    ['a volume', { volumes: [volume('things')] }, 'things'],
    ['a directory', { volumes: [bind('/srv/shop/data')] }, './data'],
    ['a hidden directory', { volumes: [bind('/home/me/.n8n')] }, '/home/me/.n8n'],
    ['a directory outside', { volumes: [bind('/opt/redash/things')] }, '/opt/redash/things'],
    ['an anonymous volume', { volumes: [volume(undefined)] }, '/data'],
    [
      'a database that is a single file',
      { volumes: [bind('/srv/shop/app.db', '/app.db')] },
      './app.db',
    ],
  ])('%s is never used by two containers at once', (_, it, place) => {
    expect(singleOf(it)).toBe(`only it writes to ${place}`);
  });

  it.each<[string, JsonObject]>([
    ['what it only reads', { volumes: [{ ...bind('/srv/shop/data'), read_only: true }] }],
    ['memory', { volumes: [{ type: 'tmpfs', target: '/data' }] }],
    ['a configuration', { volumes: [bind('/srv/shop/conf.yml', '/conf.yml')] }],
    ['a socket', { volumes: [bind('/var/run/docker.sock', '/var/run/docker.sock')] }],
    ['the system’s time', { volumes: [bind('/etc/localtime', '/etc/localtime')] }],
    ['logs', { volumes: [volume('logs', '/app/logs')] }],
    ['a cache', { volumes: [volume('models', '/root/.cache/models')] }],
    ['uploads', { volumes: [volume('media', '/app/media')] }],
    ['source code', { volumes: [bind('/srv/shop', '/app')] }],
    [
      'dependencies that an anonymous volume keeps below it',
      { volumes: [bind('/srv/shop/web', '/app'), volume(undefined, '/app/node_modules')] },
    ],
    ['what its replicas share', { volumes: [volume('things')], scale: 2 }],
  ])('is not %s', (_, it) => {
    expect(singleOf(it, {}, ['README.md', 'web/index.js'])).toBeUndefined();
  });

  it('is a directory of which git holds no more than its name', () => {
    const it = { volumes: [bind('/srv/shop/data')] };
    expect(singleOf(it, {}, ['data/.gitkeep'])).toBe('only it writes to ./data');
    expect(singleOf(it, {}, ['data/.gitkeep', 'data/seed.json'])).toBeUndefined();
  });

  it('is not what a sibling uses as well, unless that is a backup, only reads it, has ended, or mounts all sources', () => {
    const it = { volumes: [bind('/srv/shop/data')] };
    const sibling = { ...BUILD, volumes: [bind('/srv/shop/data', '/media')] };
    expect(singleOf(it, { sibling })).toBeUndefined();
    expect(
      singleOf(it, { sibling: { ...sibling, volumes: [bind('/srv/shop/data/a')] } }),
    ).toBeUndefined();
    expect(
      singleOf(it, { backup: { ...sibling, image: 'offen/docker-volume-backup:v2' } }),
    ).toBeDefined();
    const reads = { ...BUILD, volumes: [{ ...bind('/srv/shop/data'), read_only: true }] };
    expect(singleOf(it, { reads })).toBeDefined();
    expect(singleOf(it, { reads, sibling })).toBeUndefined();
    const waits = {
      ...BUILD,
      depends_on: { sibling: { condition: 'service_completed_successfully' } },
    };
    expect(singleOf(it, { sibling, waits })).toBeDefined();
    const sources = { ...BUILD, volumes: [bind('/srv/shop', '/app')] };
    expect(singleOf(it, { sources }, ['app.py'])).toBeDefined();
  });

  describe('of a service that requests come to', () => {
    /** Why there are never two of a service behind the proxy, with this service beside it. */
    const routed = (it: JsonObject, beside: JsonObject): string | undefined => {
      const text = JSON.stringify({ name: 'shop', services: { it, beside } });
      const upstream = { name: 'it', port: 80 };
      return assignRoles(parseStack(text, '/srv/shop'), [upstream])['it']?.single;
    };
    const at = (target: string) => ({ volumes: [volume('things', target)] });

    it.each<[string, JsonObject, JsonObject]>([
      ['a file browser', { image: 'louislam/uptime-kuma:1' }, { image: 'filebrowser/filebrowser' }],
      ['a viewer of databases', BUILD, { image: 'coleifer/sqlite-web' }],
      ['an image of nobody’s', { image: 'ghost:5' }, { image: 'busybox' }],
    ])('is looked into, though %s mounts it as well', (_, it, beside) => {
      expect(routed({ ...it, ...at('/data') }, { ...beside, ...at('/srv') })).toBe(
        'only it writes to things',
      );
    });

    it.each<[string, JsonObject, JsonObject]>([
      ['the same image', { image: 'acme/app:1' }, { image: 'acme/app:2', command: 'worker' }],
      ['the same author', { image: 'ghcr.io/me/web' }, { image: 'ghcr.io/me/jobs@sha256:12' }],
      ['builds of the stack', BUILD, { build: { context: '/srv/shop/jobs' } }],
    ])('is shared on purpose by %s', (_, it, beside) => {
      expect(routed({ ...it, ...at('/data') }, { ...beside, ...at('/srv') })).toBeUndefined();
    });

    it('may lie where caches do: a volume there was named on purpose', () => {
      const it = { image: 'binwiederhier/ntfy:v2', ...at('/var/cache/ntfy') };
      expect(routed(it, {})).toBe('only it writes to things');
      expect(routed({ ...it, ...at('/app/cache') }, {})).toBeUndefined();
    });
  });

  it.each<[string, JsonObject]>([
    ['publishes a port', { image: 'nginx:1.27', ports: [{ target: 80, published: '80' }] }],
    ['is behind a tunnel', { image: 'caddy:2' }],
    [
      'is built, and started as nginx',
      { ...BUILD, command: ['nginx'], ports: [{ target: 80, published: '80' }] },
    ],
  ])('is also what a proxy serves, which %s and forgot to say that it only reads', (_, proxy) => {
    const it = { volumes: [volume('things')] };
    const front = { ...proxy, volumes: [volume('things', '/srv/things')] };
    expect(singleOf(it, { front })).toBe('only it writes to things');
    expect(singleOf({ volumes: [volume('files', '/app/mediafiles')] }, { front })).toBeUndefined();
  });

  it('bears two containers where the file or a label says so, the label first', () => {
    const it = { volumes: [volume('things')] };
    const startFirst = { deploy: { update_config: { order: 'start-first' } } };
    expect(singleOf({ ...it, ...startFirst })).toBeUndefined();
    expect(singleOf({ ...it, labels: { [ORDER]: 'start-first' } })).toBeUndefined();
    expect(singleOf({ ...it, ...startFirst, labels: { [ORDER]: 'stop-first' } })).toBe(
      'label resee.deploy.order is stop-first',
    );
  });
});

describe('a service that shares the network of another', () => {
  it.each([
    ['service:vpn', {}],
    ['container:tunnel', { container_name: 'tunnel' }],
    ['container:shop-vpn-1', {}],
  ])('by %s is never there twice', (network_mode, patch) => {
    const vpn = { image: 'acme/vpn:1', ...patch };
    expect(singleOf({ network_mode }, { vpn })).toBe(
      'it shares the network or the processes of vpn',
    );
  });

  it('may be there twice where that container is of no service of the stack', () => {
    expect(singleOf({ network_mode: 'container:elsewhere' })).toBeUndefined();
  });
});

describe('a service with storage of its own', () => {
  const storage = { volumes: [volume('things')] };
  const change = { environment: { GREETING: 'hi' } };

  it('is stopped before its successor starts', () => {
    const plan = planned({
      was: services({ worker: storage }),
      wants: services({ worker: change }),
    });
    expect(actions(plan)).toEqual({ worker: 'replace' });
    expect(refusalsOf(plan)).toEqual([]);
  });

  it('is refused where a proxy sends it requests, and told the way out', () => {
    const situation = { was: services({ api: storage }), wants: services({ api: change }) };
    const [refusal, ...others] = refusalsOf(planned(situation));
    expect(others).toEqual([]);
    expect(refusal?.what).toBe(
      'api cannot have a candidate beside its incumbent: only it writes to things',
    );
    expect(refusal?.next).toContain('label resee.deploy.order: start-first');
    expect(refusalsOf(planned(situation, { allowDowntime: true }))).toEqual([]);
  });

  describe('that a proxy sends requests to', () => {
    const situation = (storage: readonly Partial<StorageContents>[] = []): Situation => ({
      was: services({ api: storageOfApi }),
      wants: services({ api: change }),
      storage: storage.map((known) => ({
        service: 'api',
        target: '/data',
        database: undefined,
        unknown: undefined,
        ...known,
      })),
    });
    const storageOfApi = { volumes: [volume('things')] };

    it('is looked into before it is judged, once, and only where the service changes', () => {
      const asked = (given: Situation) =>
        storageToInspect(observed(given), planned(given).plan.services);
      expect(asked(situation())).toEqual([
        { service: 'api', containerId: container('api', 1).id, target: '/data' },
      ]);
      expect(asked(situation([{}]))).toEqual([]);
      expect(asked({ ...situation(), wants: {} })).toEqual([]);
    });

    it('has a candidate where no database lies in it', () => {
      const plan = planned(situation([{}]));
      expect(actions(plan)).toEqual({ api: 'roll' });
      expect(refusalsOf(plan)).toEqual([]);
      expect(plan.plan.services.find(({ service }) => service === 'api')?.reason).toContain(
        'no database in things',
      );
    });

    it.each<[Partial<StorageContents>, string]>([
      [{ database: '/data/app.sqlite3' }, 'things, which holds /data/app.sqlite3'],
      [{ unknown: 'find: not found' }, 'things (not looked into: find: not found)'],
    ])('is refused with what was found: %j', (found, told) => {
      const [refusal] = refusalsOf(planned(situation([found])));
      expect(refusal?.what).toContain(`only it writes to ${told}`);
    });

    it('is new with this commit: no other container has it', () => {
      const added = { wants: services({ api: storageOfApi }) };
      expect(actions(planned(added))).toEqual({ api: 'roll' });
      const moved = (before: readonly Container[]) =>
        before.map((each) =>
          each.service === 'api'
            ? {
                ...each,
                mounts: [{ source: '/var/lib/docker/volumes/things/_data', target: '/old' }],
              }
            : each,
        );
      expect(actions(planned({ ...added, containers: moved }))).toEqual({ api: 'replace' });
    });
  });

  it('is replaced, too, where a rollback brings another image', () => {
    const plan = planned(
      { was: services({ worker: storage }) },
      { images: 'kept', keptImages: { 'tiny-worker': 'sha256:older' } },
    );
    expect(actions(plan)).toEqual({ worker: 'replace' });
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { changedPlaces } from '../../../src/plan/changes/changes.js';
import { formerDigest } from '../../../src/plan/compose/definition.js';
import type { JsonObject } from '../../../src/plan/compose/json.js';
import type { Observation } from '../../../src/plan/observation.js';
import {
  actions,
  changing,
  observed,
  planned,
  serviceIn,
  services,
  stackOf,
  type Situation,
} from '../observed.js';

/**
 * Every key that the Compose specification has for a service, each with two values as `docker compose config`
 * prints them. `build` and `deploy` come by the keys below them.
 */
const KEYS: Readonly<Record<string, readonly [unknown, unknown]>> = {
  annotations: [{ a: '1' }, { a: '2' }],
  attach: [true, false],
  'build.additional_contexts': [{ x: '/home/ec2-user/tiny/x' }, { x: '/home/ec2-user/tiny/y' }],
  'build.args': [{ VERSION: '1' }, { VERSION: '2' }],
  'build.cache_from': [['a'], ['b']],
  'build.cache_to': [['a'], ['b']],
  'build.context': ['/home/ec2-user/tiny/a', '/home/ec2-user/tiny/b'],
  'build.dockerfile': ['Dockerfile', 'Dockerfile.slim'],
  'build.dockerfile_inline': ['FROM a\n', 'FROM b\n'],
  'build.entitlements': [['network.host'], ['security.insecure']],
  'build.extra_hosts': [['a=1'], ['a=2']],
  'build.isolation': ['a', 'b'],
  'build.labels': [{ a: '1' }, { a: '2' }],
  'build.network': ['host', 'none'],
  'build.no_cache': [true, false],
  'build.platforms': [['linux/amd64'], ['linux/arm64']],
  'build.privileged': [true, false],
  'build.pull': [true, false],
  'build.secrets': [[{ source: 'a' }], [{ source: 'b' }]],
  'build.shm_size': ['1', '2'],
  'build.ssh': [['default'], ['other']],
  'build.tags': [['a'], ['b']],
  'build.target': ['slim', 'full'],
  'build.ulimits': [{ nofile: 1 }, { nofile: 2 }],
  blkio_config: [{ weight: 1 }, { weight: 2 }],
  cap_add: [['NET_ADMIN'], ['SYS_ADMIN']],
  cap_drop: [['ALL'], ['KILL']],
  cgroup: ['host', 'private'],
  cgroup_parent: ['a', 'b'],
  command: [['a'], ['b']],
  configs: [[{ source: 'a' }], [{ source: 'b' }]],
  container_name: ['one', 'two'],
  cpu_count: [1, 2],
  cpu_percent: [1, 2],
  cpu_period: [1, 2],
  cpu_quota: [1, 2],
  cpu_rt_period: [1, 2],
  cpu_rt_runtime: [1, 2],
  cpu_shares: [1, 2],
  cpus: [1, 2],
  cpuset: ['0', '1'],
  credential_spec: [{ file: 'a' }, { file: 'b' }],
  depends_on: [
    { store: { condition: 'service_started' } },
    { store: { condition: 'service_healthy' } },
  ],
  'deploy.endpoint_mode': ['vip', 'dnsrr'],
  'deploy.labels': [{ a: '1' }, { a: '2' }],
  'deploy.mode': ['replicated', 'global'],
  'deploy.placement': [{ constraints: ['a'] }, { constraints: ['b'] }],
  'deploy.replicas': [1, 2],
  'deploy.resources': [{ limits: { memory: '1' } }, { limits: { memory: '2' } }],
  'deploy.restart_policy': [{ condition: 'any' }, { condition: 'on-failure' }],
  'deploy.rollback_config': [{ delay: '1s' }, { delay: '2s' }],
  'deploy.update_config': [{ order: 'start-first' }, { parallelism: 1 }],
  develop: [{ watch: ['a'] }, { watch: ['b'] }],
  device_cgroup_rules: [['a'], ['b']],
  devices: [['/dev/a'], ['/dev/b']],
  dns: [['1.1.1.1'], ['9.9.9.9']],
  dns_opt: [['a'], ['b']],
  dns_search: [['a'], ['b']],
  domainname: ['a', 'b'],
  entrypoint: [['a'], ['b']],
  environment: [{ A: '1' }, { A: '2' }],
  expose: [['1'], ['2']],
  external_links: [['a'], ['b']],
  extra_hosts: [['a=1'], ['a=2']],
  gpus: [[{ count: 1 }], [{ count: 2 }]],
  group_add: [['1'], ['2']],
  healthcheck: [{ test: ['CMD', 'a'] }, { test: ['CMD', 'b'] }],
  hostname: ['a', 'b'],
  image: ['one:1', 'two:1'],
  init: [true, false],
  ipc: ['private', 'shareable'],
  isolation: ['a', 'b'],
  labels: [{ a: '1' }, { a: '2' }],
  links: [['store'], ['store:s']],
  logging: [{ driver: 'local' }, { driver: 'none' }],
  mac_address: ['a', 'b'],
  mem_limit: ['1', '2'],
  mem_reservation: ['1', '2'],
  mem_swappiness: ['1', '2'],
  memswap_limit: ['1', '2'],
  models: [{ a: null }, { a: { endpoint_var: 'X' } }],
  network_mode: ['bridge', 'none'],
  networks: [{ default: null }, { default: { aliases: ['x'] } }],
  oom_kill_disable: [true, false],
  oom_score_adj: [1, 2],
  pid: ['host', 'private'],
  pids_limit: [1, 2],
  platform: ['linux/amd64', 'linux/arm64'],
  ports: [[{ target: 1, published: '1' }], [{ target: 2, published: '2' }]],
  post_start: [[{ command: ['a'] }], [{ command: ['b'] }]],
  pre_stop: [[{ command: ['a'] }], [{ command: ['b'] }]],
  privileged: [true, false],
  profiles: [['a'], ['b']],
  provider: [{ type: 'a' }, { type: 'b' }],
  pull_policy: ['always', 'missing'],
  pull_refresh_after: ['1h', '2h'],
  read_only: [true, false],
  restart: ['always', 'unless-stopped'],
  runtime: ['a', 'b'],
  scale: [1, 2],
  secrets: [[{ source: 'a' }], [{ source: 'b' }]],
  security_opt: [['a'], ['b']],
  shm_size: ['1', '2'],
  stdin_open: [true, false],
  stop_grace_period: ['1s', '2s'],
  stop_signal: ['SIGINT', 'SIGQUIT'],
  storage_opt: [{ size: '1' }, { size: '2' }],
  sysctls: [{ a: '1' }, { a: '2' }],
  tmpfs: [['/a'], ['/b']],
  tty: [true, false],
  ulimits: [{ nofile: 1 }, { nofile: 2 }],
  use_api_socket: [true, false],
  user: ['1', '2'],
  userns_mode: ['host', 'private'],
  uts: ['host', 'private'],
  volumes: [
    [{ type: 'volume', source: 'a', target: '/a' }],
    [{ type: 'volume', source: 'b', target: '/a' }],
  ],
  volumes_from: [['a'], ['b']],
  working_dir: ['/a', '/b'],
  'x-owner': ['a', 'b'],
};

/** `a.b`: 1 as JSON. */
function nested(key: string, value: unknown): JsonObject {
  const [head = '', ...rest] = key.split('.');
  return { [head]: rest.length === 0 ? value : { [rest.join('.')]: value } };
}

/** How a service takes a change, or how a person is told of it; undefined: in no way. */
function answerTo(situation: Situation, name: string, key: string): string | undefined {
  const made = planned(situation);
  const { action, ifImageChanges, told } = serviceIn(made, name);
  if (action !== 'keep' && action !== 'leave') return ifImageChanges ? 'may be built' : action;
  const line = told.find((text) => text.includes(key));
  const note = `${name}: ${line ?? ''}`;
  return line !== undefined && made.plan.warnings.includes(note) ? 'told' : undefined;
}

describe('a change of any key of a service', () => {
  const key = fc.constantFrom(...Object.keys(KEYS));
  // One of each role, of which all but the first are of an image that is not built.
  const service = fc.constantFrom('api', 'worker', 'proxy', 'store');
  const direction = fc.constantFrom('changed', 'added', 'removed');

  it('is rolled, built, or told: nothing is left out', () => {
    fc.assert(
      fc.property(key, service, direction, (changed, name, how) => {
        const [before, after] = KEYS[changed] ?? [];
        const was = how === 'added' ? {} : nested(changed, before);
        const wants = nested(changed, how === 'removed' ? undefined : after);
        const situation = { was: services({ [name]: was }), wants: services({ [name]: wants }) };
        const same = changedPlaces(observed(situation), serviceOf(situation, name)).length === 0;
        expect(same ? 'told' : answerTo(situation, name, changed)).toBeDefined();
      }),
      { numRuns: 500 },
    );
  });

  it.each(Object.entries(KEYS))('%s is seen', (changed, [before, after]) => {
    const situation = {
      was: services({ worker: nested(changed, before) }),
      wants: services({ worker: nested(changed, after) }),
    };
    expect(changedPlaces(observed(situation), serviceOf(situation, 'worker'))).not.toEqual([]);
    expect(answerTo(situation, 'worker', changed)).toBeDefined();
  });

  it('that is of no container changes none', () => {
    const made = planned({ wants: services({ api: { depends_on: {}, pull_policy: 'always' } }) });
    expect(actions(made)).toEqual({});
    expect(made.plan.warnings).toContain(
      'api: pull_policy changed, and no container is another for it',
    );
  });

  it('of a build where nothing is built is told', () => {
    const wants = services({ api: { build: { args: { VERSION: '2' } } } });
    const made = planned({ wants }, { images: 'none' });
    expect(actions(made)).toEqual({});
    expect(made.plan.warnings).toContain(
      'api: build.args.VERSION changed, and build: none builds nothing',
    );
    expect(actions(planned({ wants }))).toEqual({ api: 'roll?' });
  });
});

function serviceOf({ was = {}, wants = {} }: Situation, name: string) {
  const service = observed({ was, wants }).wanted.services[name];
  if (service === undefined) throw new Error(`no ${name}`);
  return service;
}

describe('what is compared with a record', () => {
  const stack = stackOf('tiny');
  const places = (observation: Observation, name = 'api'): readonly string[] => {
    const service = observation.wanted.services[name];
    return service === undefined ? [] : changedPlaces(observation, service);
  };
  const withRecord = (
    situation: Situation,
    change: (definition: JsonObject) => object,
  ): Observation => {
    const observation = observed(situation);
    const released = Object.fromEntries(
      Object.values(stack.services).map(({ name, image, definition }) => [
        name,
        { imageId: `sha256:${image}`, keptAs: undefined, image, ...change(definition) },
      ]),
    );
    const [record] = observation.releases;
    if (record === undefined) throw new Error('no release');
    return { ...observation, releases: [{ ...record, services: released }] };
  };

  describe('of an earlier version', () => {
    const former = (situation: Situation, digest?: string) =>
      withRecord(situation, (definition) => ({ definition: digest ?? formerDigest(definition) }));

    it('is what the digest says, and beside it what it did not know', () => {
      expect(places(former({}))).toEqual([]);
      const wants = services({ api: { build: { target: 'slim' }, command: ['x'] } });
      expect(places(former({ wants }))).toEqual(['build.target', 'command']);
      expect(places(former({ wants: services({ api: { build: { target: 'slim' } } }) }))).toEqual([
        'build.target',
      ]);
    });

    it('is no change where only another Compose prints it, and the containers have its variables', () => {
      expect(places(former({}, 'printed otherwise'))).toEqual([]);
      const other = changing('api', { environment: { GREETING: 'another' } });
      expect(places(former({ containers: other }, 'printed otherwise'))).toEqual([
        'environment.GREETING',
      ]);
    });
  });

  it('is a variable that a running container has otherwise, whatever the record says', () => {
    const other = changing('api', { environment: { GREETING: 'another' } });
    expect(places(observed({ containers: other }))).toEqual(['environment.GREETING']);
    const stopped = changing('api', { environment: { GREETING: 'another' }, running: false });
    expect(places(observed({ containers: stopped }))).toEqual([]);
  });

  it('is none of which Compose prints the name with each dollar sign twice', () => {
    const was = services({ api: { environment: { 'FEATURE_$${STAGE}': 'on' } } });
    const as = (value: string) =>
      changing('api', { environment: { GREETING: 'hello', 'FEATURE_${STAGE}': value } });
    expect(places(observed({ was, containers: as('on') }))).toEqual([]);
    expect(places(observed({ was, containers: as('off') }))).toEqual([
      'environment.FEATURE_$${STAGE}',
    ]);
    const wants = services({ api: { environment: { 'FEATURE_$${STAGE}': 'off' } } });
    expect(actions(planned({ was, wants, containers: as('off') }))).toEqual({});
  });

  describe('of another version of Compose', () => {
    const newer = (situation: Situation): Observation =>
      observed({ ...situation, host: { composeVersion: '2.40.0' } });

    it('is what was written, not how it is printed', () => {
      const was = services({ api: { cpus: 1, expose: ['3000'] } });
      const printed = observed({ was });
      const now = { ...printed.host, composeVersion: '2.40.0' };
      const otherwise = stackOf('tiny', services({ api: { cpus: '1', expose: [3000] } }));
      const observation = { ...printed, host: now, wanted: otherwise, installed: otherwise };
      expect(places(observation)).toEqual([]);
      expect(places({ ...observation, host: printed.host })).toEqual(['cpus', 'expose']);
    });

    it('is a variable of the host, which the directory and the commit have alike', () => {
      const observation = newer({});
      const wanted = stackOf('tiny', services({ api: { environment: { GREETING: 'new' } } }));
      expect(places({ ...observation, wanted, installed: wanted })).toEqual([
        'environment.GREETING',
      ]);
    });

    it('is what the commit changes', () => {
      expect(places(newer({ wants: services({ api: { command: ['x'] } }) }))).toEqual(['command']);
    });
  });

  it('is what can be seen where the key of the records was lost', () => {
    expect(places({ ...observed({}), recordKey: 'another' })).toEqual([]);
    const wants = services({ api: { command: ['x'] } });
    expect(places({ ...observed({ wants }), recordKey: 'another' })).toEqual(['command']);
  });
});

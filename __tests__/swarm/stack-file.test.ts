import { describe, expect, it } from '@jest/globals';
import { objectOf, type JsonObject } from '../../src/plan/compose/json.js';
import { namesUsed } from '../../src/swarm/contents.js';
import { jobFile } from '../../src/swarm/job.js';
import { translateService } from '../../src/swarm/keys.js';
import { renderStack, translateProject } from '../../src/swarm/stack-file.js';
import { fixtureText } from '../plan/observed.js';

const tiny = objectOf(JSON.parse(fixtureText('tiny.json')));

function translated(service: JsonObject): JsonObject {
  const { definition, refusals } = translateService('web', service);
  expect(refusals).toEqual([]);
  return definition;
}

function lost(service: JsonObject): readonly string[] {
  return translateService('web', service).refusals.map(({ what }) => what);
}

describe('a service for docker stack deploy', () => {
  it('has its ports as numbers, and no keys of Compose', () => {
    const { services, refusals } = translateProject(tiny);
    expect(refusals).toEqual([]);
    expect(services['proxy']).toEqual({
      networks: { default: null },
      ports: [{ mode: 'ingress', target: 80, published: 80, protocol: 'tcp' }],
      volumes: [
        {
          type: 'bind',
          source: '/home/ec2-user/tiny/nginx/nginx.conf',
          target: '/etc/nginx/nginx.conf',
          read_only: true,
        },
      ],
    });
    expect(services['api']).toEqual({
      environment: { GREETING: 'hello' },
      healthcheck: { test: ['CMD', 'python', 'healthcheck.py'], interval: '30s' },
      init: true,
      networks: { default: null },
      stop_grace_period: '10s',
    });
  });

  it('tells what Swarm does otherwise', () => {
    expect(translateProject(tiny).notes).toEqual([
      'proxy: Swarm does not wait for api (depends_on): a task that fails without starts again',
    ]);
  });

  it.each([
    ['on-failure:3', { condition: 'on-failure', max_attempts: 3 }],
    ['on-failure', { condition: 'on-failure' }],
  ])('with restart: %s has the policy that says the same', (restart, policy) => {
    expect(translated({ restart })).toEqual({ deploy: { restart_policy: policy } });
  });

  it('with both has the policy below deploy', () => {
    const deploy = { restart_policy: { condition: 'any', delay: '9s' } };
    expect(translated({ deploy, restart: 'on-failure' })).toEqual({ deploy });
    expect(translated({ restart: 'no', deploy })).toEqual({ deploy });
  });

  it.each(['always', 'unless-stopped'])('with restart: %s has the default of Swarm', (restart) => {
    expect(translated({ restart })).toEqual({});
  });

  it('keeps what stands below deploy, whichever comes first', () => {
    const deploy = {
      replicas: 1,
      update_config: { order: 'start-first' },
      resources: { limits: { cpus: 0.5, memory: '1000' } },
    };
    const expected = {
      deploy: {
        replicas: 3,
        update_config: { order: 'start-first' },
        resources: { limits: { cpus: '0.5', memory: '1000' } },
        restart_policy: { condition: 'on-failure' },
      },
    };
    expect(translated({ deploy, scale: 3, restart: 'on-failure' })).toEqual(expected);
    expect(translated({ restart: 'on-failure', scale: 3, deploy })).toEqual(expected);
  });

  it('leaves out a variable without a value, and writes hosts as Swarm takes them', () => {
    expect(
      translated({ environment: { A: '1', B: null }, extra_hosts: ['db=198.19.0.1'] }),
    ).toEqual({ environment: { A: '1' }, extra_hosts: ['db:198.19.0.1'] });
  });

  it.each([
    ['privileged', true],
    ['security_opt', ['no-new-privileges:true']],
    ['network_mode', 'host'],
    ['pid', 'host'],
    ['devices', ['/dev/fuse']],
    ['mem_limit', '1000'],
    ['links', ['db']],
    ['a_key_of_tomorrow', 'x'],
  ])('is refused where Swarm would ignore %s', (key, value) => {
    expect(lost({ [key]: value })).toEqual([`web: Docker Swarm ignores \`${key}\``]);
  });

  it.each([
    [
      'a port of one address, which Swarm would open to all',
      { ports: [{ target: 80, published: '80', host_ip: '127.0.0.1' }] },
      /outside of 127\.0\.0\.1/,
    ],
    ['a range of ports', { ports: [{ target: 80, published: '80-90' }] }, /a range/],
    ['a fixed address', { networks: { a: { ipv4_address: '198.19.0.9' } } }, /ipv4_address/],
    ['a job', { restart: 'no' }, /a job/],
    ['a job of Swarm', { deploy: { mode: 'replicated-job' } }, /no jobs/],
    [
      'a part of a volume',
      { volumes: [{ type: 'volume', target: '/a', volume: { subpath: 'b' } }] },
      /\/a/,
    ],
  ])('is refused with %s', (_, service, what) => {
    expect(lost(service)).toEqual([expect.stringMatching(what)]);
  });

  it('is refused on a network of one node', () => {
    const networks = { default: { name: 'tiny_default', driver: 'bridge', enable_ipv6: true } };
    expect(translateProject({ ...tiny, networks }).refusals.map(({ what }) => what)).toEqual([
      'Docker Swarm ignores network default: `enable_ipv6`',
      'network default has the driver bridge, which ends at one node',
    ]);
  });
});

describe('configs and secrets', () => {
  const project = {
    ...tiny,
    services: {
      api: {
        image: 'a',
        configs: [{ source: 'words', target: '/etc/words', mode: '0440' }],
        secrets: [{ source: 'token' }, { source: 'old' }],
      },
      other: { image: 'b' },
    },
    configs: { words: { name: 'tiny_words', file: '/stage/words' } },
    secrets: {
      token: { name: 'tiny_token', file: '/stage/token' },
      old: { name: 'old-token', external: true },
    },
  };
  const files = { '/stage/words': `${'a'.repeat(12)}1`, '/stage/token': `${'b'.repeat(12)}2` };

  it('are named by what is in them', () => {
    const file = translateProject(project, files);
    expect(file.refusals).toEqual([]);
    expect(JSON.parse(renderStack(file, { api: 'sha256:1' }))).toMatchObject({
      services: {
        api: {
          configs: [{ source: 'words', target: '/etc/words', mode: 0o440 }],
          secrets: [{ source: 'token' }, { source: 'old' }],
        },
      },
      configs: { words: { name: 'tiny_words-aaaaaaaaaaaa', file: '/stage/words' } },
      secrets: {
        token: { name: 'tiny_token-bbbbbbbbbbbb', file: '/stage/token' },
        old: { name: 'old-token', external: true },
      },
    });
    expect(namesUsed(objectOf(file.services['api']), file)).toEqual([
      'old-token',
      'tiny_token-bbbbbbbbbbbb',
      'tiny_words-aaaaaaaaaaaa',
    ]);
    expect(JSON.parse(renderStack(file, { other: 'sha256:1' }))).toMatchObject({
      configs: {},
      secrets: {},
    });
  });

  it('are refused without a file', () => {
    const configs = { words: { file: '/gone' }, more: { content: 'x' } };
    const secrets = { token: { environment: 'TOKEN' }, old: { external: true } };
    const { refusals } = translateProject({ ...project, configs, secrets }, files);
    expect(refusals.map(({ what }) => what)).toEqual([
      'configs words: the file that it is made of is not there',
      'configs more: docker stack deploy takes neither `content` nor `environment`',
      'secrets token: docker stack deploy takes neither `content` nor `environment`',
    ]);
  });
});

describe('a stack file', () => {
  it('names the services that change, and what they use, alone', () => {
    const text = renderStack(translateProject(tiny), { api: 'sha256:1' });
    expect(JSON.parse(text)).toMatchObject({
      services: { api: { image: 'sha256:1' } },
      networks: { default: {} },
      volumes: {},
    });
    expect(Object.keys(objectOf(objectOf(JSON.parse(text))['services']))).toEqual(['api']);
    expect(JSON.parse(renderStack(translateProject(tiny), { store: 'redis' }))).toMatchObject({
      volumes: { store: {} },
    });
  });

  it('keeps the name of what belongs to others', () => {
    const networks = { default: { name: 'edge', external: true } };
    const volumes = { store: { name: 'old-store' } };
    const file = translateProject({ ...tiny, networks, volumes });
    expect(file.networks).toEqual({ default: { external: true, name: 'edge' } });
    expect(file.volumes).toEqual({ store: { name: 'old-store' } });
  });

  it('of a job runs the command where and with what the service runs, once', () => {
    const { name, file } = jobFile(
      translateProject(tiny),
      { service: 'api', command: 'echo $HOME' },
      'sha256:1',
    );
    expect(name).toBe('api-resee-deploy');
    expect(JSON.parse(file)).toMatchObject({
      services: {
        'api-resee-deploy': {
          image: 'sha256:1',
          command: ['sh', '-c', 'echo $$HOME'],
          environment: { GREETING: 'hello' },
          networks: { default: null },
          healthcheck: { disable: true },
          deploy: { mode: 'replicated-job', restart_policy: { condition: 'none' } },
        },
      },
    });
  });
});

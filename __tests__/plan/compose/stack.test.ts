import { describe, expect, it } from '@jest/globals';
import {
  differences,
  differingPlaces,
  fingerprintOf,
  keyName,
  meaningOf,
  placesOf,
} from '../../../src/plan/compose/definition.js';
import type { JsonObject } from '../../../src/plan/compose/json.js';
import { parseStack } from '../../../src/plan/compose/compose-config.js';
import { isWithin, type Service, type Stack } from '../../../src/plan/compose/stack.js';
import { fixtureText, services, stackOf } from '../observed.js';

function serviceOf(stack: Stack, name: string): Service {
  const service = stack.services[name];
  if (service === undefined) throw new Error(`no ${name}`);
  return service;
}

/** A service of the tiny stack, patched. */
function patched(name: string, patch: JsonObject): Service {
  return serviceOf(stackOf('tiny', services({ [name]: patch })), name);
}

describe('parseStack', () => {
  const many = stackOf('many');
  const web = serviceOf(many, 'web');

  it('reads the names of project, services, networks and volumes', () => {
    const stack = stackOf('resee');
    expect(stack.project).toBe('resee-project');
    expect(Object.keys(stack.services)).toEqual([
      'backend',
      'celery',
      'celery-beat',
      'frontend',
      'nginx',
      'postgres',
      'redis',
    ]);
    expect(Object.keys(stack.volumes)).toEqual(['assets', 'postgres_data', 'redis_data', 'static']);
    expect(Object.keys(many.networks)).toEqual(['back', 'default', 'front']);
  });

  it.each([
    ['web', 'many-web'],
    ['mailer', 'mailer'],
    ['admin', 'adminer:5'],
    ['expose', 'registry.example.com:5000/team/expose'],
  ])('names the image of %s as `docker image ls` does: %s', (name, image) => {
    expect(serviceOf(many, name).image).toBe(image);
  });

  it('makes paths below the directory relative, so that a staged tree compares as equal', () => {
    const stage = '/home/ec2-user/.local/state/stage/run-1-1/many';
    const text = fixtureText('many.json').replaceAll('/home/ec2-user/many', stage);
    expect(parseStack(text, stage)).toEqual(many);
  });

  it('reads bind mounts, configs and secrets as places, in the directory and outside of it', () => {
    expect(web.binds).toEqual([
      { source: 'conf/site', target: '/etc/site', readOnly: true },
      { source: '/srv/media', target: '/media', readOnly: false },
      { source: 'conf/settings.toml', target: '/etc/settings.toml', readOnly: true },
      { source: '/etc/app/token', target: '/run/secrets/token', readOnly: true },
    ]);
    expect(web.mounts.flatMap(({ kind, source }) => (kind === 'volume' ? source : []))).toEqual([
      'cache',
    ]);
  });

  it('reads the whole directory as a mount', () => {
    const api = patched('api', {
      volumes: [{ type: 'bind', source: '/home/ec2-user/tiny', target: '/app' }],
    });
    expect(api.binds).toEqual([{ source: '', target: '/app', readOnly: false }]);
  });

  it('does not take a directory for the stack’s because its name begins like it', () => {
    const api = patched('api', {
      volumes: [{ type: 'bind', source: '/home/ec2-user/tiny-data', target: '/data' }],
    });
    expect(api.binds[0]?.source).toBe('/home/ec2-user/tiny-data');
  });

  it('reads what a build is made from, also outside of its context', () => {
    expect(web.build).toEqual({
      remote: false,
      inputs: ['app', 'shared', 'docker/web.Dockerfile'],
      dockerfile: 'docker/web.Dockerfile',
    });
  });

  it.each<[string, JsonObject, readonly string[]]>([
    [
      'the directory itself',
      { context: '/home/ec2-user/tiny', dockerfile: 'Dockerfile' },
      ['', 'Dockerfile'],
    ],
    [
      'a directory above',
      { context: '/home/ec2-user/shared', dockerfile: 'Dockerfile' },
      ['/home/ec2-user/shared', '/home/ec2-user/shared/Dockerfile'],
    ],
    [
      'a Dockerfile with an absolute path',
      { context: '/home/ec2-user/tiny/api', dockerfile: '/home/ec2-user/tiny/docker/api' },
      ['api', 'docker/api'],
    ],
    [
      'a Dockerfile beside the stack',
      { context: '/home/ec2-user/tiny/a/b', dockerfile: '../../Dockerfile' },
      ['a/b', 'Dockerfile'],
    ],
    [
      'a Dockerfile in a directory named like the context',
      { context: '/home/ec2-user/tiny/api', dockerfile: 'api/Dockerfile' },
      ['api', 'api/api/Dockerfile'],
    ],
    [
      'an inline Dockerfile',
      { context: '/home/ec2-user/tiny/api', dockerfile_inline: 'FROM a' },
      ['api'],
    ],
  ])('a build from %s', (_, build, inputs) => {
    expect(patched('proxy', { build }).build?.inputs).toEqual(inputs);
  });

  it('knows a context that is not on the host', () => {
    expect(serviceOf(many, 'api').build?.remote).toBe(true);
  });

  it.each([
    ['web', 2],
    ['api', 3],
    ['edge', 1],
  ])('counts the replicas of %s: %i', (name, replicas) => {
    expect(serviceOf(many, name).replicas).toBe(replicas);
  });

  it('takes deploy.replicas before scale, and 0 for what it says', () => {
    expect(patched('api', { scale: 3, deploy: { replicas: 2 } }).replicas).toBe(2);
    expect(patched('api', { scale: 0 }).replicas).toBe(0);
  });

  it('reads networks and aliases', () => {
    expect([web.networks, web.aliases]).toEqual([
      ['back', 'front'],
      ['site', 'www', 'web.many_back', 'web.many_front', 'site.many_front', 'www.many_front'],
    ]);
    expect(serviceOf(many, 'mailer').networks).toEqual([]);
  });

  it.each([
    ['edge', true],
    ['admin', true],
    ['expose', false],
    ['web', false],
  ])('%s publishes a known port of the host: %s', (name, publishes) => {
    expect(serviceOf(many, name).publishes).toBe(publishes);
  });

  it('reads order, container name, dependencies and command', () => {
    expect(web.updateOrder).toBe('start-first');
    const mailer = serviceOf(many, 'mailer');
    expect([mailer.updateOrder, mailer.containerName]).toEqual(['stop-first', 'the-mailer']);
    expect(serviceOf(many, 'api').dependsOn).toEqual([
      { service: 'migrate', condition: 'service_completed_successfully' },
    ]);
    expect(serviceOf(many, 'migrate').command).toEqual(['python', 'manage.py', 'migrate']);
  });

  it('reads an empty project as one without services', () => {
    expect(parseStack('{}', '/srv')).toEqual({
      project: '',
      services: {},
      networks: {},
      volumes: {},
    });
  });
});

describe('the definition of a service', () => {
  const places = (patch: JsonObject) => placesOf(patched('api', patch).definition);
  const changed = (patch: JsonObject): readonly string[] =>
    differingPlaces(places({}), places(patch));

  it.each<[string, JsonObject, string]>([
    ['build.args.VERSION', { build: { args: { VERSION: '2' } } }, 'image'],
    ['build.target', { build: { target: 'slim' } }, 'image'],
    ['build.dockerfile', { build: { dockerfile: 'other' } }, 'image'],
    ['pull_policy', { pull_policy: 'always' }, 'nothing'],
    ['scale', { scale: 2 }, 'nothing'],
    ['depends_on.store.condition', { depends_on: { store: { condition: 'x' } } }, 'nothing'],
    ['profiles', { profiles: ['tools'] }, 'nothing'],
    ['deploy.replicas', { deploy: { replicas: 2 } }, 'nothing'],
    ['deploy.update_config.order', { deploy: { update_config: { order: 'x' } } }, 'nothing'],
    [
      'deploy.restart_policy.condition',
      { deploy: { restart_policy: { condition: 'x' } } },
      'container',
    ],
    [
      'deploy.resources.limits.memory',
      { deploy: { resources: { limits: { memory: '1' } } } },
      'container',
    ],
    ['environment.GREETING', { environment: { GREETING: 'hi' } }, 'container'],
    ['environment.PASSED_ON', { environment: { PASSED_ON: null } }, 'container'],
    ['command', { command: ['python', 'other.py'] }, 'container'],
    ['labels.com.example.a', { labels: { 'com.example.a': 'b' } }, 'container'],
    ['ports', { ports: [{ target: 80, published: '80' }] }, 'container'],
    ['networks.other', { networks: { default: null, other: null } }, 'container'],
    ['healthcheck.interval', { healthcheck: { interval: '5s' } }, 'container'],
    ['stop_grace_period', { stop_grace_period: '20s' }, 'container'],
  ])('changes in %s, which means another %s', (place, patch, meaning) => {
    expect(changed(patch)).toEqual([place]);
    expect(meaningOf(place)).toBe(meaning);
  });

  it('says nothing by what is empty', () => {
    expect(changed({ command: null, dns: [], deploy: { placement: {}, resources: {} } })).toEqual(
      [],
    );
  });

  it('holds what its configs and secrets are made of', () => {
    const stack = (content: string, token: string) =>
      parseStack(
        JSON.stringify({
          services: {
            it: {
              image: 'a',
              configs: [{ source: 'c' }],
              secrets: [{ source: 's' }, { source: 'f' }],
            },
          },
          configs: { c: { name: 'shop_c', content }, unused: { content } },
          secrets: {
            s: { name: 'shop_s', environment: 'TOKEN' },
            f: { name: 'shop_f', file: '/srv/shop/f' },
          },
        }),
        '/srv/shop',
        { TOKEN: token },
      ).services['it']?.definition ?? {};
    const [before, after] = [placesOf(stack('1', 'x')), placesOf(stack('2', 'y'))];
    expect(differingPlaces(before, after)).toEqual(['config c.content', 'secret s.value']);
    expect(before['secret f.file']).toBe('"./f"');
  });
});

describe('what a record keeps of a definition', () => {
  const service = { name: 'db', definition: { environment: { PASSWORD: 'hunter2' }, image: 'a' } };
  const recorded = fingerprintOf(service, { compose: '2.26.1', key: 'k' });

  it('is a text for each place, which is another with another key, service or value', () => {
    const { name, definition } = service;
    const place = (key: string, of = service) =>
      fingerprintOf(of, { compose: '2.26.1', key }).places['environment.PASSWORD'];
    expect(Object.keys(recorded.places)).toEqual(['environment.PASSWORD', 'image']);
    expect(recorded.places['environment.PASSWORD']).toMatch(/^[0-9a-f]{24}$/);
    const texts = [
      place('k'),
      place('l'),
      place('k', { name: 'other', definition }),
      place('k', { name, definition: { environment: { PASSWORD: 'hunter3' }, image: 'a' } }),
    ];
    expect(new Set(texts).size).toBe(4);
    expect(place('k')).toBe(recorded.places['environment.PASSWORD']);
  });

  it('names its key, and does not hold it', () => {
    expect(recorded.key).toBe(keyName('k'));
    expect(keyName('k')).not.toBe(keyName('l'));
  });
});

describe('differences', () => {
  it('names each place that differs, with its values', () => {
    expect(
      differences(
        { image: 'postgres:16', same: 1, gone: 'x', deep: { a: 1, b: [1] } },
        { image: 'postgres:17', same: 1, come: true, deep: { a: 1, b: [1, 2] } },
      ),
    ).toEqual([
      'come: (none) → (set)',
      'deep.b: (set) → (set)',
      'gone: (set) → (none)',
      'image: postgres:16 → postgres:17',
    ]);
  });

  it('shows what says how a container runs, and nothing that it does not know', () => {
    const before = {
      restart: 'no',
      deploy: { replicas: 1, labels: { a: 'hunter2' } },
      networks: { front: { aliases: ['a'], driver_opts: { password: 'hunter2' } } },
      logging: { driver: 'gelf', options: { token: 'hunter2' } },
      build: { context: 'https://hunter2@git', args: { TOKEN: 'hunter2' }, target: 'old' },
      healthcheck: { interval: '1s', test: ['CMD', 'hunter2'] },
      'x-own': 'hunter2',
      credential_spec: { config: 'hunter2' },
    };
    const lines = differences(before, {});
    expect(lines.join('\n')).not.toContain('hunter2');
    expect(lines).toEqual(
      expect.arrayContaining([
        'restart: no → (none)',
        'deploy.replicas: 1 → (none)',
        'networks.front.aliases: ["a"] → (none)',
        'logging.driver: gelf → (none)',
        'build.target: old → (none)',
        'healthcheck.interval: 1s → (none)',
      ]),
    );
  });

  it('shortens what is long', () => {
    const [line = ''] = differences({}, { image: 'x'.repeat(200) });
    expect(line.length).toBeLessThan(120);
    expect(line).toMatch(/x…$/);
  });

  it.each(['environment', 'command', 'entrypoint', 'labels', 'healthcheck'])(
    'never shows what may hold a secret: %s',
    (key) => {
      const secret = 'hunter2';
      for (const [before, after] of [
        [undefined, { PASSWORD: secret }],
        [{ PASSWORD: secret }, { PASSWORD: 'other' }],
        [{ PASSWORD: 'other' }, { PASSWORD: secret, NESTED: { deep: [secret] } }],
        [['--password', secret], null],
        ['old', secret],
        [{ PASSWORD: secret }, 'PASSWORD'],
      ]) {
        const lines = differences({ [key]: before }, { [key]: after });
        expect(lines).not.toEqual([]);
        expect(lines.join('\n')).not.toContain(secret);
      }
    },
  );
});

describe('isWithin', () => {
  it.each([
    ['a/b', 'a', true],
    ['a', 'a', true],
    ['ab', 'a', false],
    ['a', 'a/b', false],
    ['anything', '', true],
    ['a/b', '/a', false],
  ])('%s is within %j: %s', (path, place, within) => {
    expect(isWithin(path, place)).toBe(within);
  });
});

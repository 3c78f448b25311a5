import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../../src/plan/compose/json.js';
import { socketsIn } from '../../../src/plan/roles/sockets.js';
import {
  actions,
  operationsOf,
  planned,
  refusalsOf,
  serviceIn,
  services,
  type Situation,
} from '../observed.js';

const volume = (source: string, target: string, readOnly = false) => ({
  type: 'volume',
  source,
  target,
  ...(readOnly ? { read_only: true } : {}),
});
const bind = (source: string, target: string) => ({ type: 'bind', source, target });
const ENVIRONMENT = { environment: { GREETING: 'hi' } };

/** An api that changes, behind a proxy with this configuration. */
function behind(
  config: string,
  { proxy, api, ...others }: Readonly<Record<string, JsonObject>>,
  options = {},
) {
  const situation: Situation = {
    was: services({ proxy, api, ...others }),
    wants: services({ api: ENVIRONMENT, worker: ENVIRONMENT }),
    nginx: config,
  };
  return planned(situation, options);
}

const OTHER = { image: 'example/feed:1', networks: { default: null }, command: ['./go'] };
const FASTCGI = 'http { server { location / { fastcgi_pass unix:/var/run/php/php-fpm.sock; } } }';
const BOTH = {
  proxy: { volumes: [volume('run', '/var/run/php')] },
  api: { volumes: [volume('run', '/run/php')] },
};

describe('a service behind a Unix socket in shared storage', () => {
  it('has no candidate beside its incumbent, which would lose its path to it', () => {
    const of = behind(FASTCGI, BOTH);
    expect(serviceIn(of, 'api')).toMatchObject({
      role: 'routed',
      single: 'both would listen at the same socket /var/run/php/php-fpm.sock',
    });
    expect(refusalsOf(of)).toEqual([
      {
        what: 'api cannot have a candidate beside its incumbent: both would listen at the same socket /var/run/php/php-fpm.sock',
        next: 'Let it listen at a port, and let the proxy name that: NAME:PORT, with the name of the service. The gap is the time that it takes to stop and start, a few seconds otherwise: accept it with allow-downtime: true.',
      },
    ]);
  });

  it('is stopped before its successor starts where a gap is accepted', () => {
    const of = behind(FASTCGI, BOTH, { allowDowntime: true });
    expect(refusalsOf(of)).toEqual([]);
    expect(operationsOf(of, 'replace').map(({ service }) => service)).toEqual(['api']);
  });

  it.each<[string, string, Readonly<Record<string, JsonObject>>]>([
    [
      'an upstream, in a volume that the proxy only reads',
      'upstream app { server unix:/sockets/gunicorn.sock fail_timeout=0; } server { location / { proxy_pass http://app; } }',
      {
        proxy: { volumes: [volume('run', '/sockets', true)] },
        api: { volumes: [volume('run', '/sockets')] },
      },
    ],
    [
      'a directory of the host',
      'server { location / { proxy_pass http://unix:/run/app/app.sock:/; } }',
      {
        proxy: { volumes: [bind('/home/ec2-user/tiny/run', '/run/app')] },
        api: { volumes: [bind('/home/ec2-user/tiny/run', '/sockets')] },
      },
    ],
  ])('is seen: %s', (_, config, definitions) => {
    expect(actions(behind(config, definitions))).toMatchObject({ api: 'replace', worker: 'roll' });
  });

  it('is seen in a file of the commit that the proxy mounts', () => {
    const of = planned({
      was: services({
        proxy: {
          volumes: [
            bind('/home/ec2-user/tiny/nginx/nginx.conf', '/etc/nginx/nginx.conf'),
            volume('run', '/var/run/php'),
          ],
        },
        api: BOTH.api,
      }),
      nginx: '',
      proxyFiles: { 'nginx/nginx.conf': FASTCGI },
    });
    expect(serviceIn(of, 'api').role).toBe('routed');
  });

  it('is, of several that mount the place, the one that speaks of the socket', () => {
    const of = behind(FASTCGI, {
      ...BOTH,
      api: { ...BOTH.api, command: ['php-fpm', '--listen', '/run/php/php-fpm.sock'] },
      worker: { volumes: [volume('run', '/run/php')] },
    });
    expect(serviceIn(of, 'api').role).toBe('routed');
    expect(serviceIn(of, 'worker').role).toBe('worker');
  });

  it.each<[string, JsonObject, string, string]>([
    ['a worker', { command: ['php', 'artisan', 'queue:work'] }, 'routed', 'worker'],
    ['a scheduler', { command: ['php', 'artisan', 'schedule:work'] }, 'routed', 'singleton'],
    ['what runs a command, not what its image is for', { command: ['./feed'] }, 'routed', 'worker'],
    ['the server', { command: ['gunicorn', '--config', 'g.py'] }, 'worker', 'routed'],
  ])('is not whoever shares the place with it: beside %s', (_, more, api, worker) => {
    const shared = { volumes: [volume('run', '/run/php')] };
    const of = behind(FASTCGI, {
      ...BOTH,
      api: { ...BOTH.api, command: undefined },
      worker: { ...shared, ...more },
    });
    expect([serviceIn(of, 'api').role, serviceIn(of, 'worker').role]).toEqual([api, worker]);
  });

  describe('where nothing shows which of several it is', () => {
    const shared = { volumes: [volume('run', '/run/php')], command: ['./run'] };
    const proxy = { ...BOTH.proxy, depends_on: undefined };
    const feed = { ...shared, ...OTHER };
    const labelled = (role: string): JsonObject => ({
      ...shared,
      labels: { 'resee.deploy.role': role },
    });

    it('is each of them: it stops first, and that is a gap', () => {
      const of = behind(FASTCGI, { proxy, api: shared, feed });
      for (const name of ['api', 'feed'])
        expect(serviceIn(of, name)).toMatchObject({
          role: 'worker',
          single:
            'it is one of several that may listen at the socket /var/run/php/php-fpm.sock, which two would take from each other',
        });
      expect(actions(of)).toMatchObject({ api: 'replace' });
      expect(refusalsOf(of)).toEqual([
        {
          what: 'api cannot have a candidate beside its incumbent: it is one of several that may listen at the socket /var/run/php/php-fpm.sock, which two would take from each other',
          next: 'Say which of them does: label that one resee.deploy.role: routed, and those that nothing sends requests to resee.deploy.role: worker. The gap is the time that it takes to stop and start, a few seconds otherwise: accept it with allow-downtime: true.',
        },
      ]);
      const accepted = behind(FASTCGI, { proxy, api: shared, feed }, { allowDowntime: true });
      expect(refusalsOf(accepted)).toEqual([]);
      expect(operationsOf(accepted, 'replace').map(({ service }) => service)).toEqual(['api']);
    });

    it('is none that a label calls a worker', () => {
      const of = behind(FASTCGI, { proxy, api: labelled('worker'), feed });
      expect(actions(of)).toMatchObject({ api: 'roll' });
      expect(refusalsOf(of)).toEqual([]);
      expect(serviceIn(of, 'feed').role).toBe('routed');
    });

    it('is the one that a label calls routed, and none of the others', () => {
      const one = behind(FASTCGI, { proxy, api: labelled('routed'), feed });
      expect(serviceIn(one, 'api').single).toContain('both would listen at the same socket');
      expect(serviceIn(one, 'feed')).toMatchObject({ role: 'worker', single: undefined });
      const other = behind(FASTCGI, {
        proxy,
        api: shared,
        feed: { ...labelled('routed'), ...OTHER },
      });
      expect(actions(other)).toMatchObject({ api: 'roll' });
      expect(refusalsOf(other)).toEqual([]);
    });

    it('may be two that labels call routed', () => {
      const of = behind(FASTCGI, {
        proxy,
        api: labelled('routed'),
        feed: { ...labelled('routed'), ...OTHER },
      });
      expect(serviceIn(of, 'api').single).toContain('both would listen at the same socket');
    });
  });

  it.each([
    ['called like them', 'api.sock', 'feed.sock', '/run/php/feed.sock'],
    ['as many as they are', 'one.sock', 'two.sock', '/run/php/one.sock'],
  ])('may be one of two in one volume, each with a socket of its own: %s', (_, a, b, last) => {
    const shared = { volumes: [volume('run', '/run/php')], command: ['./run'] };
    const two = [a, b].map(
      (name) => `location /${name} { proxy_pass http://unix:/run/php/${name}:/; }`,
    );
    const proxy = { volumes: [volume('run', '/run/php')], depends_on: undefined };
    const of = behind(`server { ${two.join(' ')} }`, {
      proxy,
      api: shared,
      feed: { ...shared, ...OTHER },
    });
    expect(serviceIn(of, 'api').single).toContain(`/run/php/${a}`);
    expect(serviceIn(of, 'feed').single).toContain(last);
  });

  it('is none where the others mount the socket itself: its maker is the host', () => {
    const docker = 'server { location / { proxy_pass http://unix:/var/run/docker.sock:/; } }';
    const socket = bind('/var/run/docker.sock', '/var/run/docker.sock');
    const of = (proxy: JsonObject, api: JsonObject) =>
      serviceIn(behind(docker, { proxy: { volumes: [proxy] }, api: { volumes: [api] } }), 'api')
        .role;
    expect(of(socket, socket)).toBe('worker');
    expect(of(bind('/var/run', '/var/run'), socket)).toBe('worker');
    expect(of(socket, bind('/run', '/host/run'))).toBe('worker');
  });

  it('is none where the socket lies in the proxy itself', () => {
    const of = behind(FASTCGI, { proxy: {}, api: BOTH.api });
    expect(serviceIn(of, 'api').role).toBe('worker');
  });
});

describe('the sockets of a configuration', () => {
  it.each([
    ['fastcgi_pass unix:/run/php.sock;', ['/run/php.sock']],
    ['{"upstreams":[{"dial":"unix//run/app/app.sock"}]}', ['/run/app/app.sock']],
    ['reverse_proxy unix//run/app.sock', ['/run/app.sock']],
    ['reverse_proxy unix+h2c//run/app.sock', ['/run/app.sock']],
    ['  server one unix@/run/app.sock check', ['/run/app.sock']],
    ['ProxyPass "/" "unix:/run/app.sock|http://localhost/"', ['/run/app.sock']],
    ['# fastcgi_pass unix:/run/php.sock;', []],
    ['server { listen unix:/run/nginx.sock; }', []],
    ['{"listen":["unix//run/caddy.sock"]}', []],
    ['error_log syslog:server=unix:/dev/log;', []],
    ['proxy_pass http://unix;', []],
  ])('%s', (config, paths) => {
    expect(socketsIn(config)).toEqual(paths);
  });
});

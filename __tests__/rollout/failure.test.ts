import { describe, expect, it } from '@jest/globals';
import { DeployError } from '../../src/errors.js';
import type { Operation } from '../../src/plan/plan.js';
import { pins } from '../../src/rollout/pins.js';
import { explainFailure } from '../../src/rollout/failure.js';
import { StepError } from '../../src/rollout/transaction.js';

const scale = (service: string) => ({
  service,
  replicas: 1,
  incumbents: [],
  dead: [],
  resumed: [],
  port: undefined,
  drainFile: undefined,
  handed: [],
});
const START: Operation = { kind: 'start', services: [scale('api'), scale('worker')] };

/** What is told of an operation that failed so. */
function told(operation: Operation, stdout = '', stderr = 'last words'): DeployError {
  const error = explainFailure(new StepError('step', { code: 1, stdout, stderr }), operation);
  if (!(error instanceof DeployError)) throw new Error('no DeployError');
  return error;
}

const CUTOVER: Operation = {
  kind: 'cutover',
  proxyKind: 'nginx',
  lingersMs: 0,
  held: false,
  staysConnected: false,
  reloads: true,
  comesBack: false,
  holds: [],
  proxyService: 'nginx',
  proxy: 'abc',
  routes: [],
  paths: [],
  inPlace: [],
  mounted: [],
};

describe('explainFailure', () => {
  it.each([
    'the journal cannot be written: none 12288 12288 0 100% /home/u',
    'write /var/lib/docker/tmp/x: no space left on device',
    'mkdir: cannot create directory: Disk quota exceeded',
    'sh: 586: printf: printf: I/O error',
  ])('tells of a full disk: %s', (said) => {
    const { what, next } = told(START, '', `before\n${said}\nafter`);
    expect(what).toBe('starting api, worker failed: a disk of the host is full');
    expect(next).toMatch(/^Make room on the host: df -h; .*See the lines above/);
  });

  it.each<[Operation, string, RegExp]>([
    [
      {
        kind: 'prepare-images',
        verb: 'build',
        bases: [],
        services: ['api', 'worker'],
        references: [],
      },
      'docker compose build of api, worker failed',
      /the running release was not touched/,
    ],
    [
      { kind: 'prepare-images', verb: 'pull', bases: [], services: ['api'], references: [] },
      'docker compose pull of api failed',
      /was not touched/,
    ],
    [
      { kind: 'run-command', service: 'api', command: 'python manage.py migrate' },
      'pre-deploy failed: api: python manage.py migrate',
      /No candidate was started.*is not undone/,
    ],
    [
      { kind: 'run-job', again: false, service: 'migrate', incumbents: [], dead: [], handed: [] },
      'the job migrate failed',
      /above/,
    ],
    [START, 'starting api, worker failed', /above/],
    [
      {
        kind: 'replace',
        service: 'beat',
        replicas: 1,
        incumbents: [],
        dead: [],
        handed: [],
        proxies: [],
      },
      'replacing beat failed',
      /above/,
    ],
    [
      CUTOVER,
      'the proxy nginx did not take the new configuration',
      /the old configuration is back/,
    ],
    [
      { kind: 'finish', retire: [], volumes: [], paths: [], inPlace: [] },
      'the release serves, but retiring the old one was not finished',
      /The next deploy finishes it/,
    ],
    [
      { kind: 'install-files', paths: [], inPlace: [] },
      'this step failed: copy 0 changed files to the live directory',
      /above/,
    ],
  ])('tells of %j', (operation, what, next) => {
    const error = told(operation);
    expect(error.what).toBe(what);
    expect(error.next).toMatch(next);
    expect(error.evidence).toBe('last words');
  });

  it('names the proxies that refused, of all that were cut over together', () => {
    expect(told(CUTOVER, 'refused front\nrefused edge\n').what).toBe(
      'the proxy front, edge did not take the new configuration',
    );
  });

  it.each([
    [
      CUTOVER,
      '$ docker exec abc nginx -t\nnginx: [emerg] unknown directive "nonsense" in /etc/nginx/nginx.conf:5\nnginx: configuration file /etc/nginx/nginx.conf test failed',
      'the proxy nginx did not take the new configuration: unknown directive "nonsense" in /etc/nginx/nginx.conf:5',
    ],
    [
      CUTOVER,
      'Error: adapting config using caddyfile: /etc/caddy/Caddyfile:7: unrecognized directive: nonsense',
      'the proxy nginx did not take the new configuration: adapting config using caddyfile: /etc/caddy/Caddyfile:7: unrecognized directive: nonsense',
    ],
    [
      START,
      'Error response from daemon: invalid mount config for type "bind": bind source path does not exist: /srv/token.txt',
      'starting api, worker failed: invalid mount config for type "bind": bind source path does not exist: /srv/token.txt',
    ],
  ] as const)('gives the reason in the words of the program: %#', (operation, said, what) => {
    expect(told(operation, '', said).what).toBe(what);
  });

  it('names who goes on with the old containers', () => {
    const stop = {
      kind: 'stop-incumbents',
      services: ['api'],
      ids: ['a1'],
      drained: [],
      serving: [],
      aside: false,
      retiring: true,
    } as const;
    const error = told(stop, 'opened tiny-relay-1 12\n');
    expect(error.what).toBe(
      'tiny-relay-1 (12 new connections) went on sending requests to the old api after the cutover: they would have failed',
    );
    expect(error.next).toContain('allow-downtime');
    expect(told(stop, '').what).toBe('stopping the old api failed');
    expect(told(stop, 'failed api a1 it exited with 1\n').what).toBe(
      'api did not survive the soak: it exited with 1',
    );
  });

  it('names the candidate that did not become ready, and why', () => {
    const error = told(START, 'noise\nfailed worker 0123abc it exited with 3\n');
    expect(error.what).toBe('worker did not become ready: it exited with 3');
    expect(error.where).toBe('container 0123abc of worker');
    expect(error.next).toContain('Last output');
  });

  it('names every candidate that did not become ready, and what to do about the time', () => {
    const error = told(
      START,
      'failed api 0123456789abcdef its healthcheck did not pass within 120 s\nfailed worker 2 its healthcheck did not pass within 120 s\n',
    );
    expect(error.what).toBe(
      'api did not become ready: its healthcheck did not pass within 120 s\n' +
        'worker did not become ready: its healthcheck did not pass within 120 s',
    );
    expect(error.where).toBe('container 0123456789ab of api, container 2 of worker');
    expect(error.next).toContain('raise `ready-timeout`');
  });

  it('does not blame a candidate that was only not ready yet', () => {
    const error = told(
      START,
      'waiting api 1 its healthcheck did not pass yet\nfailed worker 2 it exited with 3\n',
    );
    expect(error.what).toBe('worker did not become ready: it exited with 3');
    expect(error.where).toBe('container 2 of worker');
    expect(error.next).toContain('Not ready yet at that moment: api.');
    expect(error.next).not.toContain('ready-timeout');
  });

  it('keeps more of the log where more containers are in it', () => {
    const lines = Array.from({ length: 9 }, (_, i) => `failed api ${String(i)} it is gone\n`);
    const long = 'x'.repeat(100_000);
    expect(told(START, lines.slice(0, 2).join(''), long).evidence).toHaveLength(8_000);
    expect(told(START, lines.join(''), long).evidence).toHaveLength(16_000);
  });

  it('names the candidate that did not survive the soak', () => {
    const error = told(
      { kind: 'soak', part: 'whole' },
      'failed api 0123abc its healthcheck fails\n',
    );
    expect(error.what).toBe('api did not survive the soak: its healthcheck fails');
  });

  it('keeps the end of a long log', () => {
    const evidence = told(START, '', `${'x'.repeat(10_000)}the end`).evidence ?? '';
    expect(evidence.length).toBeLessThan(5_000);
    expect(evidence).toMatch(/the end$/);
  });

  it('leaves any other error as it is', () => {
    const error = new DeployError({ what: 'the lease ran out', next: 'again' });
    expect(explainFailure(error, START)).toBe(error);
    expect(explainFailure('odd', START)).toBe('odd');
  });
});

describe('pins', () => {
  const route = (service: string, names: readonly string[]) => ({
    service,
    names,
    network: 'default',
    incumbents: [],
    staying: [],
  });

  it('is a line for each replica, with every name that the proxy uses', () => {
    const ids: Readonly<Record<string, readonly string[]>> = { api: ['a1', 'a2'], web: ['b7'] };
    const routes = [route('api', ['api', 'backend.internal']), route('web', ['web'])];
    expect(pins(routes, ({ service }) => ids[service] ?? []).split('\n')).toEqual([
      'a1 default api backend.internal',
      'a2 default api backend.internal',
      'b7 default web',
    ]);
  });

  it('is nothing where nothing is routed', () => {
    expect(pins([], () => ['a1'])).toBe('');
    expect(pins([route('api', ['api'])], () => [])).toBe('');
  });
});

import { describe, expect, it } from '@jest/globals';
import { parseStack } from '../../../src/plan/compose/compose-config.js';
import { oneShotReason } from '../../../src/plan/roles/jobs.js';
import type { JsonObject } from '../../../src/plan/compose/json.js';
import type { Container } from '../../../src/plan/observation.js';
import { container } from '../observed.js';

const MINUTE = 60_000;
const web = container('web', 1, { startedMs: 0 });
/** A container that ran for so long, and ended. */
const ended = (atMs: number, code = 0) =>
  container('it', 1, { running: false, startedMs: MINUTE, ended: { code, atMs: MINUTE + atMs } });

function reasonOf(it: JsonObject, containers: readonly Container[] = [], name = 'it') {
  const services = { [name]: { image: 'acme/it:1', ...it } };
  const service = parseStack(JSON.stringify({ name: 'shop', services }), '/srv/shop').services[
    name
  ];
  return service === undefined ? 'none' : oneShotReason(service, containers);
}

describe('a service that nobody waits for, and that does its work and ends', () => {
  it('is known by its container, where that ended with 0, soon, and while others ran on', () => {
    const reason = 'it ended with 0, and is not to be restarted';
    expect(reasonOf({}, [web, ended(2_000)])).toBe(reason);
    expect(reasonOf({ restart: 'on-failure:3' }, [web, ended(2_000)])).toBe(reason);
    expect(reasonOf({ deploy: { restart_policy: { condition: 'none' } } }, [web, ended(1)])).toBe(
      reason,
    );
  });

  it.each([{ disable: true }, { test: ['NONE'] }])(
    'is one also where its healthcheck is turned off: %j',
    (healthcheck) => {
      expect(reasonOf({ healthcheck }, [web, ended(1)])).toContain('ended with 0');
    },
  );

  it.each<[string, JsonObject, readonly Container[]]>([
    ['is restarted', { restart: 'always' }, [web, ended(1)]],
    ['is restarted by its deploy section', { deploy: { restart_policy: {} } }, [web, ended(1)]],
    ['failed', {}, [web, ended(1, 1)]],
    ['ran for long: somebody stopped it', {}, [web, ended(60 * MINUTE)]],
    ['ended with the whole stack', {}, [ended(1)]],
    [
      'ended with the host, which is up again',
      {},
      [container('web', 1, { startedMs: 9 * MINUTE }), ended(1)],
    ],
    ['runs', {}, [web, container('it', 1)]],
    ['has a healthcheck', { healthcheck: { test: ['CMD', 'true'] } }, [web, ended(1)]],
    ['has a port', { ports: [{ target: 80, published: '80' }] }, [web, ended(1)]],
  ])('is no such service where it %s', (_, it, containers) => {
    expect(reasonOf(it, containers)).toBeUndefined();
  });

  it.each([
    'python manage.py migrate --noinput',
    'sh -c "wait-for db:5432 && alembic -c a.ini upgrade head"',
    'bundle exec rails db:prepare',
    'npx prisma db push',
    './create-buckets.sh',
  ])('is known on a first deploy by what it runs last: %s', (line) => {
    expect(reasonOf({ command: line.split(' ') })).toContain('to its end');
    expect(reasonOf({ command: line.split(' '), restart: 'always' })).toBeUndefined();
  });

  it.each([
    'sh -c "python manage.py migrate && gunicorn shop"',
    'tini -- /init',
    './init.sh',
    'node server.js --seed',
  ])('is none for a server that prepares first: %s', (line) => {
    expect(reasonOf({ command: line.split(' ') })).toBeUndefined();
  });

  it('is known by its name only where the file says when it is restarted', () => {
    expect(reasonOf({ restart: 'on-failure' }, [], 'shop-init')).toBe(
      'restart: on-failure, and its name',
    );
    expect(reasonOf({ restart: 'no' }, [], 'migrator')).toBe('restart: no, and its name');
    expect(reasonOf({}, [], 'shop-init')).toBeUndefined();
    expect(reasonOf({ restart: 'no' }, [], 'initiative')).toBeUndefined();
  });
});

import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../../src/plan/compose/json.js';
import { parseStack } from '../../../src/plan/compose/compose-config.js';
import { assignRoles } from '../../../src/plan/roles/roles.js';
import { isScheduler } from '../../../src/plan/roles/schedulers.js';

function told(name: string, definition: JsonObject): boolean {
  const json = { name: 'shop', services: { [name]: { image: 'acme/app:1', ...definition } } };
  const service = parseStack(JSON.stringify(json), '/srv/shop').services[name];
  return service !== undefined && isScheduler(service);
}

describe('a scheduler that only a variable tells', () => {
  it.each<[string, string]>([
    ['CONTAINER_ROLE', 'scheduler'],
    ['MODE', 'beat'],
    ['APP_ROLE', 'celery-beat'],
    ['PROCESS_TYPE', 'cron'],
  ])('%s: %s', (variable, value) => {
    expect(told('tasks', { environment: { [variable]: value } })).toBe(true);
  });

  it('is also a worker with the scheduler in it', () => {
    const environment = { CELERY_WORKER_BEAT_ENABLED: 'True' };
    expect(told('celery', { environment })).toBe(true);
    expect(told('web', { environment })).toBe(false);
    expect(told('celery', { environment: { CELERY_WORKER_BEAT_ENABLED: 'no' } })).toBe(false);
  });

  it.each<[string, string]>([
    ['CONTAINER_ROLE', 'queue'],
    ['MODE', 'api'],
    ['CRON_MODE', 'cron'],
    ['SCHEDULER', 'true'],
    ['HEARTBEAT', 'true'],
  ])('is not %s: %s', (variable, value) => {
    expect(told('worker', { environment: { [variable]: value } })).toBe(false);
  });
});

describe('a command that schedules', () => {
  it.each([
    'python manage.py runapscheduler',
    'python manage.py runscheduler',
    'php artisan short-schedule:run',
    'dagster-daemon run',
    'huey_consumer.py app.huey',
    'huey_consumer app.huey -w 4',
    'python manage.py run_huey',
  ])('%s', (command) => {
    expect(told('tasks', { command: command.split(' ') })).toBe(true);
  });

  it.each(['huey_consumer.py app.huey -n', 'huey_consumer app.huey --no-periodic', 'dagster api'])(
    'is not %s',
    (command) => {
      expect(told('tasks', { command: command.split(' ') })).toBe(false);
    },
  );
});

describe('a service of which two would do its work twice', () => {
  const roleOf = (definition: JsonObject, others: JsonObject = {}, name = 'it'): string => {
    const services = { [name]: { image: 'acme/app:1', ...definition }, ...others };
    const stack = parseStack(JSON.stringify({ name: 'shop', services }), '/srv/shop');
    return assignRoles(stack, [])[name]?.role ?? '';
  };

  it.each<[string, JsonObject]>([
    ['a bot of Telegram', { command: ['python', 'telegram_bot.py'] }],
    ['a bot of Discord', { command: ['node', '/srv/discord-bot.js'] }],
    ['a poller', { command: ['python', '-u', 'poller.py'] }],
    ['what looks again and again', { command: ['python', 'mail.py', '--interval', '60'] }],
    ['a schedule in a variable', { environment: { BACKUP_CRON_EXPRESSION: '0 2 * * *' } }],
    ['a loop of for', { command: ['sh', '-c', 'for (( ; ; )); do sync; sleep 60; done'] }],
    ['a loop of until', { command: ['sh', '-c', 'until false; do sync; sleep 60; done'] }],
  ])('%s', (_, definition) => {
    expect(roleOf(definition)).toBe('singleton');
  });

  it('is told by its name as well', () => {
    expect(roleOf({}, {}, 'telegram-bot')).toBe('singleton');
    expect(roleOf({}, {}, 'bottle')).toBe('worker');
  });

  it.each<[string, JsonObject, JsonObject]>([
    ['listens', { command: ['node', 'bot.js'], expose: ['8000'] }, {}],
    [
      'is called by another service',
      { command: ['node', 'bot.js'] },
      { web: { image: 'acme/web', environment: { BOT: 'http://it:8000/' } } },
    ],
    ['takes jobs out of a queue', { command: ['celery', '-A', 'bot', 'worker'] }, {}],
    ['has a variable of another kind', { environment: { SCHEDULE: 'weekdays' } }, {}],
  ])('is not one that %s', (_, definition, others) => {
    expect(roleOf(definition, others)).toBe('worker');
  });
});

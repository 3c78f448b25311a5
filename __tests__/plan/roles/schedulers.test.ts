import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../../src/plan/compose/json.js';
import { parseStack } from '../../../src/plan/compose/compose-config.js';
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

import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../../src/plan/compose/json.js';
import { describe as inWords } from '../../../src/plan/render.js';
import { planned, services, type Situation } from '../observed.js';

const JOB = { build: { context: '/home/ec2-user/tiny/api' }, command: ['python', 'migrate.py'] };
const done = (...names: readonly string[]): JsonObject =>
  Object.fromEntries(names.map((name) => [name, { condition: 'service_completed_successfully' }]));
const started = (...names: readonly string[]): JsonObject =>
  Object.fromEntries(names.map((name) => [name, { condition: 'service_started' }]));

/** What happens before the candidates, on a host where nothing runs. */
function firstSteps(
  patch: Readonly<Record<string, JsonObject | undefined>>,
  commands: readonly string[] = [],
): readonly string[] {
  const situation: Situation = { was: services(patch), containers: () => [] };
  const preDeploy = commands.map((service) => ({ service, command: 'true' }));
  return planned(situation, { preDeploy })
    .plan.operations.map(inWords)
    .filter((step) => /^(?:start|run|stop)/.test(step))
    .map((step) => step.replace(/, wait until ready| to its end|: true$/, ''));
}

describe('one order for data, commands, jobs and the rest', () => {
  it('without depends_on: data, commands, jobs, all others', () => {
    const migrate = { ...JOB, labels: { 'resee.deploy.role': 'job' } };
    expect(firstSteps({ migrate }, ['api'])).toEqual([
      'start store',
      'run in the new image of api',
      'run the job migrate',
      'start api, worker',
      'start proxy',
    ]);
  });

  it('a job comes before data that waits for it', () => {
    const store = { depends_on: done('owner') };
    expect(firstSteps({ owner: JOB, store }).slice(0, 2)).toEqual([
      'run the job owner',
      'start store',
    ]);
  });

  it('jobs come in the order in which they wait for each other', () => {
    const first = { ...JOB, depends_on: done('second') };
    expect(firstSteps({ first, second: JOB, api: { depends_on: done('first') } })).toEqual([
      'start store',
      'run the job second',
      'run the job first',
      'start api, worker',
      'start proxy',
    ]);
  });

  it('a job comes after a service that it needs, and a command before its own service', () => {
    const seed = { ...JOB, depends_on: started('api') };
    const api = { depends_on: started('store') };
    const worker = { depends_on: done('seed') };
    expect(firstSteps({ seed, api, worker }, ['api'])).toEqual([
      'start store',
      'run in the new image of api',
      'start api',
      'run the job seed',
      'start worker',
      'start proxy',
    ]);
  });

  it('a command comes after the jobs that its service waits for', () => {
    expect(firstSteps({ seed: JOB, api: { depends_on: done('seed') } }, ['api'])).toEqual([
      'start store',
      'run the job seed',
      'run in the new image of api',
      'start api, worker',
      'start proxy',
    ]);
  });

  it('a service that others depend on comes before them, whatever its role', () => {
    const beat = { ...JOB, command: ['celery', '-A', 'shop', 'beat'] };
    expect(firstSteps({ beat, worker: { depends_on: started('beat') } })).toEqual([
      'start store',
      'start api, beat',
      'start worker',
      'start proxy',
    ]);
  });

  it('data that somebody lets change comes before what is migrated in it', () => {
    const situation = {
      changes: ['api/x'],
      wants: services({ store: { image: 'redis:9' } }),
    };
    const preDeploy = [{ service: 'api', command: 'migrate' }];
    const steps = planned(situation, {
      preDeploy,
      allowDataChanges: ['store'],
    }).plan.operations.map(({ kind }) => kind);
    expect(steps.indexOf('replace')).toBeLessThan(steps.indexOf('run-command'));
  });

  it('what runs already holds nothing up', () => {
    const seed = { ...JOB, depends_on: started('api') };
    const was = services({ worker: { depends_on: done('seed') } });
    const { operations } = planned({ was, wants: services({ seed }), changes: ['api/x'] }).plan;
    expect(operations.map(inWords)).toEqual(
      expect.arrayContaining(['run the job seed to its end']),
    );
    const kinds = operations.map(({ kind }) => kind);
    expect(kinds.indexOf('run-job')).toBeLessThan(kinds.indexOf('start'));
  });
});

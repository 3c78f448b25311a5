import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../../src/plan/compose/json.js';
import {
  changing,
  imageId,
  operationsOf,
  planned,
  serviceIn,
  services,
  type Situation,
  without,
} from '../observed.js';

const mount = (source: string, target: string, readOnly = false): JsonObject =>
  source.includes('/')
    ? { type: 'bind', source, target, read_only: readOnly }
    : { type: 'volume', source, target, read_only: readOnly };
const LABEL = { 'resee.deploy.role': 'job' };
const OUT = [mount('site', '/out')];
const SERVED = { volumes: [mount('site', '/srv/site', true)] };
const COPY = ['sh', '-c', 'rm -rf /out/* && cp -r /dist/. /out/'];
const DATABASE = { image: 'postgres:17', volumes: [mount('db', '/var/lib/postgresql/data')] };

/** What shows that it may reach a database. */
const TIED = { environment: { PGHOST: 'elsewhere' } };

interface Case {
  /** The job, beside its label. */
  readonly job?: JsonObject;
  /** The whole command line of its container. */
  readonly ran?: readonly string[];
  readonly others?: Readonly<Record<string, JsonObject>>;
  readonly wants?: JsonObject;
}

function situation({ job = {}, ran = COPY, others, wants }: Case): Situation {
  return {
    was: services({
      assets: { image: 'acme/assets:1', labels: LABEL, volumes: OUT, ...job },
      ...(others ?? { proxy: SERVED }),
    }),
    wants: services({ assets: wants ?? { environment: { A: '2' } } }),
    containers: changing('assets', {
      running: false,
      ended: { code: 0, atMs: 1 },
      command: [...ran],
    }),
  };
}

function again(of: Case): readonly boolean[] {
  return operationsOf(planned(situation(of)), 'run-job').map((operation) => operation.again);
}

describe('a job of the old release is run again where its successor is taken back', () => {
  it.each<[string, Case]>([
    ['it copies into a volume that the proxy serves', {}],
    [
      'it collects static files into a volume of the app, which knows a database',
      {
        job: {
          command: ['python', 'manage.py', 'collectstatic', '--noinput'],
          environment: { DATABASE_URL: 'postgres://db/shop' },
          depends_on: { db: { condition: 'service_started' } },
        },
        ran: ['python', 'manage.py', 'collectstatic', '--noinput'],
        others: { db: DATABASE, api: { volumes: [mount('site', '/app/static')] } },
      },
    ],
    [
      'it copies, beside a database that it has nothing to do with',
      { others: { db: DATABASE, proxy: SERVED } },
    ],
    [
      'it builds into a directory of the host, and nothing leads it to a database',
      {
        job: { volumes: [mount('/home/ec2-user/tiny/dist', '/app/dist')] },
        ran: ['docker-entrypoint.sh', 'npm', 'run', 'build'],
        others: {
          db: DATABASE,
          proxy: { volumes: [mount('/home/ec2-user/tiny/dist', '/srv/dist', true)] },
        },
      },
    ],
    [
      'it keeps a cache beside what it publishes',
      { job: { volumes: [...OUT, mount('modules', '/app/node_modules')] } },
    ],
  ])('%s', (_, of) => {
    expect(again(of)).toEqual([true]);
  });

  it.each<[string, Case]>([
    ['nobody serves what it writes', { others: {} }],
    ['it publishes nothing', { job: { volumes: [] } }],
    ['it writes elsewhere as well', { job: { volumes: [...OUT, mount('ledger', '/var/ledger')] } }],
    [
      'a database keeps its files there',
      {
        ran: ['python', 'manage.py', 'collectstatic'],
        others: { db: { ...DATABASE, volumes: OUT }, proxy: SERVED },
      },
    ],
    ['it migrates before', { ran: ['sh', '-c', 'python manage.py migrate && cp -r /a /out'] }],
    [
      'its definition migrates',
      { job: { command: ['python', 'manage.py', 'migrate'] }, ran: COPY },
    ],
    [
      'a script may do anything, and it has the address of a database',
      {
        job: { environment: { STORE: 'postgresql+psycopg://db/shop' } },
        ran: ['/start.sh'],
        others: { db: DATABASE, proxy: SERVED },
      },
    ],
    [
      'an entrypoint of its own runs first, and a variable names a database',
      {
        job: { environment: { DB_HOST: 'elsewhere' } },
        ran: ['/entrypoint.sh', 'cp', '-r', '/dist', '/out'],
      },
    ],
    [
      'a script, and a service that it waits for waits for a database',
      {
        job: { depends_on: { api: { condition: 'service_started' } } },
        ran: ['/start.sh'],
        others: {
          db: DATABASE,
          api: { depends_on: { db: { condition: 'service_started' } } },
          proxy: SERVED,
        },
      },
    ],
    [
      'a script, and a secret is of a database',
      { job: { secrets: [{ source: 'db_password' }] }, ran: ['/start.sh'] },
    ],
    [
      'a script writes where the app writes, too',
      { ran: ['/start.sh'], others: { api: { volumes: OUT }, proxy: SERVED } },
    ],
    [
      'a command in it is of another program',
      { job: TIED, ran: ['sh', '-c', 'cp -r /a /out; ./more'] },
    ],
    [
      'a command in it is made of the output of another',
      { job: TIED, ran: ['sh', '-c', 'cp $(./it) /out'] },
    ],
  ])('not where %s', (_, of) => {
    expect(again(of)).toEqual([false]);
  });

  it('not where it never ran', () => {
    const assets = { image: 'acme/assets:1', labels: LABEL, volumes: OUT };
    for (const never of [
      { wants: services({ assets, proxy: SERVED }) },
      { was: services({ assets, proxy: SERVED }), containers: without('assets'), recorded: false },
    ])
      expect(operationsOf(planned(never), 'run-job').map((each) => each.again)).toEqual([false]);
  });
});

describe('a rollback', () => {
  const kept = { images: 'kept' as const, keptImages: { 'acme/assets:1': 'sha256:kept' } };
  const rolledBack = (of: Case, image = 'sha256:kept') => {
    const was = situation({ wants: {}, ...of });
    return planned(was, { ...kept, keptImages: { 'acme/assets:1': image } });
  };

  it('runs the job again whose files are served, where its image is another', () => {
    expect(serviceIn(rolledBack({}), 'assets').action).toBe('run');
    expect(serviceIn(rolledBack({}, imageId('acme/assets:1')), 'assets').action).toBe('keep');
  });

  it('runs no job again that may work on a database, whatever changed of it, and says so', () => {
    const ran = ['python', 'manage.py', 'migrate'];
    for (const wants of [{}, { environment: { A: '2' } }]) {
      const { action, told } = serviceIn(
        rolledBack({ ran, job: { command: ran }, wants }),
        'assets',
      );
      expect(action).toBe('keep');
      expect(told.join()).toMatch(Object.keys(wants).length > 0 ? /undoes no migration/ : /^$/);
    }
  });
});

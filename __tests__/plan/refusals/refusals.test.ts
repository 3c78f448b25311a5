import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../../src/plan/compose/json.js';
import { actions, changing, planned, refusalsOf, services, type Situation } from '../observed.js';

function refused(situation: Situation, other: Parameters<typeof planned>[1] = {}) {
  return refusalsOf(planned(situation, other));
}

describe('what a plan refuses', () => {
  it('is nothing of an ordinary change', () => {
    expect(planned({ changes: ['api/x', 'nginx/nginx.conf'] }).kind).toBe('plan');
  });

  it('a name in services that is no service', () => {
    expect(refused({}, { services: ['api', 'aip'] })).toEqual([
      {
        what: 'services names "aip", which is no service',
        next: 'The Compose file knows: api, proxy, store, worker.',
      },
    ]);
  });

  it('a command for what is no service', () => {
    const command = { service: 'web', command: 'migrate' };
    const [first, second] = refused({}, { preDeploy: [command], postDeploy: [command] });
    expect(first?.what).toBe('pre-deploy or post-deploy names "web", which is no service');
    expect(second?.what).toBe(first?.what);
  });

  it('a label that says no role', () => {
    const wants = services({ api: { labels: { 'resee.deploy.role': 'rooted' } } });
    expect(refused({ wants })).toContainEqual({
      what: 'the label resee.deploy.role of api is "rooted"',
      next: 'Use one of routed, worker, singleton, data, proxy, direct, job, or remove the label.',
    });
  });

  it('a second container of what serves requests and schedules as well', () => {
    const command = ['sh', '-c', 'celery -A shop worker -B & exec gunicorn shop'];
    const [refusal] = refused({
      proxyFiles: { 'nginx/nginx.conf': 'server { location / { proxy_pass http://api:3000; } }' },
      was: services({ api: { command } }),
      wants: services({ api: { command, environment: { GREETING: 'hi' } } }),
    });
    expect(refusal?.what).toContain('two would run every job twice');
    expect(refusal?.next).toMatch(/^Let the schedule run in a service of its own/);
  });

  it('local changes that would be overwritten', () => {
    const situation = {
      live: { modified: ['nginx/nginx.conf', 'a b', 'kept'] },
      changes: ['nginx/nginx.conf', 'a b'],
    };
    expect(refused(situation)).toEqual([
      {
        what: 'local changes in /home/ec2-user/tiny would be overwritten: nginx/nginx.conf, a b',
        next: "On the host, keep them (git stash, or commit and push them) or drop them: git -C /home/ec2-user/tiny checkout -- 'nginx/nginx.conf' 'a b'",
      },
    ]);
  });

  it('not local changes to other files: they are kept, with a warning', () => {
    const plan = planned({ live: { modified: ['README.md'] }, changes: ['api/x'] });
    expect(plan.kind).toBe('plan');
    expect(plan.plan.warnings).toEqual([
      'local changes on the host are kept, and are part of this release: README.md',
    ]);
  });

  it('a file of a build that was changed on the host: what is built is the commit', () => {
    const live = { modified: ['api/server.py', 'README.md'] };
    expect(refused({ live })).toEqual([
      {
        what: 'files that api, worker is built from were changed in /home/ec2-user/tiny: api/server.py',
        next: "What is built must be the commit. On the host, commit and push the changes, or drop them: git -C /home/ec2-user/tiny checkout -- 'api/server.py'. If nobody made them, look at which container can write there.",
      },
    ]);
    expect(planned({ live }, { images: 'pull' }).kind).toBe('plan');
    expect(planned({ live }, { images: 'kept' }).kind).toBe('plan');
  });

  it('local changes in thousands of files, without naming them all', () => {
    const modified = Array.from({ length: 3_000 }, (_, index) => `api/file ${String(index)}`);
    const [of] = refused({ live: { modified } });
    expect(of?.what).toContain('api/file 18, api/file 19 and 2980 more');
    expect(of?.next).toContain('drop them: git -C /home/ec2-user/tiny reset --hard (which');
    const [over] = refused({ live: { modified }, changes: modified });
    expect(over?.what).toContain('would be overwritten: api/file 0,');
    expect(JSON.stringify([of, over]).length).toBeLessThan(3_000);
    const elsewhere = modified.map((path) => path.replace('api', 'docs'));
    const { warnings } = planned({ live: { modified: elsewhere } }).plan;
    expect(warnings.join().length).toBeLessThan(1_000);
  });

  it('a second stack beside the one of this directory', () => {
    const situation: Situation = {
      containers: () => [],
      projects: [{ name: 'deploy', directory: '/home/ec2-user/tiny/deploy', elsewhere: undefined }],
    };
    const [refusal] = refused(situation);
    expect(refusal?.what).toMatch(/belong to the project deploy, .* of the project tiny/);
    expect(refusal?.next).toMatch(/project-name: deploy/);
    expect(planned(situation, { projectNamed: true }).kind).toBe('plan');
    const elsewhere = {
      name: 'deploy',
      directory: '/home/ec2-user/tiny2',
      elsewhere: 'there',
    } as const;
    expect(planned({ ...situation, projects: [elsewhere] }).kind).toBe('plan');
    expect(planned({ projects: situation.projects ?? [] }).kind).toBe('plan');
  });

  it('a service on the storage of another one that the commit removes', () => {
    const volumes = [{ type: 'volume', source: 'data', target: '/data' }];
    const redis = { image: 'redis:8', networks: { default: null }, volumes };
    const situation: Situation = {
      was: services({ cache: redis }),
      wants: services({ cache: undefined, queue: redis }),
    };
    const [refusal, ...others] = refused(situation, { allowDataChanges: ['cache'] });
    expect(refusal?.what).toBe(
      'queue would start on data while cache, which the commit removes, still runs on it',
    );
    expect(others).toEqual([]);
  });

  it('the end of a database of an own image, by the process that was seen in it', () => {
    const own = { image: 'shop/own:1', networks: { default: null } };
    const situation: Situation = {
      was: services({ keeper: own }),
      wants: services({ keeper: undefined }),
      containers: changing('keeper', { processes: ['postgres'] }),
    };
    expect(refused(situation).map(({ what }) => what)).toEqual([
      'keeper holds data, and the commit removed it',
    ]);
  });

  it('a database of which more stopped containers are there than may run', () => {
    const twins = (count: number): Situation => ({
      containers: (before) =>
        before.flatMap((each) =>
          each.service === 'store'
            ? Array.from({ length: count }, (_, index) => ({
                ...each,
                id: `store${index}`,
                name: `tiny-store-${index}`,
                running: false,
              }))
            : each,
        ),
    });
    expect(refused(twins(2))[0]?.what).toBe(
      'store holds data and does not run, and there are 2 stopped containers of it for 1: tiny-store-0, tiny-store-1',
    );
    expect(planned(twins(1)).kind).toBe('plan');
  });

  it('not a database that the commit removes, and that the workflow names', () => {
    const wants = services({
      store: undefined,
      api: { depends_on: undefined },
      worker: { depends_on: undefined },
    });
    expect(refused({ wants })[0]?.next).toContain('allow-data-changes: store');
    expect(refused({ wants }, { allowDataChanges: ['store'] })).toEqual([]);
  });

  it('untracked files in the way', () => {
    expect(refused({ live: { conflicts: ['data.json'] } })).toEqual([
      {
        what: 'untracked files in /home/ec2-user/tiny would be overwritten: data.json',
        next: 'The commit brings files of the same names with another content. Move them away on the host.',
      },
    ]);
  });

  it('commits that only the host has', () => {
    const live = { localCommits: ['abc fix it', 'def again'], branch: 'release' };
    expect(refused({ live })).toEqual([
      {
        what: '/home/ec2-user/tiny has commits that the branch does not have: abc fix it; def again',
        next: 'They were made on the host, or the branch was force-pushed. Bring them to the branch (merge 111111111111), or drop them on the host: git -C /home/ec2-user/tiny reset --hard origin/release',
      },
    ]);
  });

  describe('changed data', () => {
    const wants = services({
      store: { image: 'redis:9', environment: { PASSWORD: 'hunter2' } },
    });

    it('is shown, without its secrets', () => {
      const [refusal] = refused({ wants });
      expect(refusal?.what).toBe(
        'store holds data, and its definition changed: environment.PASSWORD: (none) → (set); image: redis:8-alpine → redis:9',
      );
      expect(refusal?.next).toContain('allow-data-changes: store');
    });

    it('is taken when it is named', () => {
      expect(refused({ wants }, { services: ['store'] })).toEqual([]);
    });

    it('is no matter when others are named', () => {
      expect(refused({ wants }, { services: ['api'] })).toEqual([]);
    });

    it('is refused with allow-downtime alone', () => {
      expect(refused({ wants }, { allowDowntime: true })).toHaveLength(1);
    });

    it('never shows a secret of any service in what a plan prints', () => {
      const secret = 'hunter2';
      const hidden = {
        environment: { PASSWORD: secret },
        command: ['--password', secret],
        labels: { auth: secret },
        healthcheck: { test: ['CMD', 'login', secret] },
      };
      const plan = planned({
        wants: services({ api: hidden, worker: hidden, proxy: hidden, store: hidden }),
      });
      expect(plan.kind).toBe('refused');
      expect(JSON.stringify(plan)).not.toContain(secret);
    });
  });

  it('a changed definition of a network, while something runs: the database would be left stopped', () => {
    const situation = { wants: { networks: { default: { driver: 'other' } } } };
    const what = 'the definition of network "default" changed: driver: (none) → other';
    for (const allowDowntime of [false, true]) {
      expect(refused(situation, { allowDowntime })).toEqual([
        { what, next: expect.stringContaining('docker compose down (volumes stay)') },
      ]);
    }
    expect(refused({ ...situation, containers: () => [] })).toEqual([]);
  });

  it('a changed definition of a volume, while something runs', () => {
    const situation = { wants: { volumes: { store: { driver: 'other' } } } };
    expect(
      refused(situation)
        .map(({ what }) => what)
        .join('\n'),
    ).toContain('its definition changed: volume store.driver: (none) → other');
    expect(refused(situation, { allowDataChanges: ['store'] })).toEqual([
      {
        what: 'the definition of volume "store" changed',
        next: 'Compose stops every container on it to recreate it. Give the changed one a new name, or accept the gap: allow-downtime: true.',
      },
    ]);
    const allowed = { allowDowntime: true, allowDataChanges: ['store'] };
    expect(refused(situation, allowed)).toEqual([]);
    const { allowDataChanges } = allowed;
    expect(refused({ ...situation, containers: () => [] }, { allowDataChanges })).toEqual([]);
  });

  it.each<[string, JsonObject, JsonObject]>([
    ['external, by the same name', {}, { external: true }],
    ['no longer external', { external: true }, {}],
    ['the driver that it has without a word', {}, { driver: 'local' }],
    ['labels', { labels: { a: 'b' } }, { labels: { a: 'c' } }],
  ])('not a volume that is the same in other words: %s', (_, before, after) => {
    const name = 'tiny_store';
    const was = { volumes: { store: { name, ...before } } };
    const wants = { volumes: { store: { external: undefined, name, ...after } } };
    const of = planned({ was, wants });
    expect([of.kind, actions(of)]).toEqual(['plan', {}]);
  });

  it('not a network that is new, or gone', () => {
    expect(refused({ wants: { networks: { extra: { name: 'tiny_extra' } } } })).toEqual([]);
    expect(
      refused({
        was: { networks: { extra: { name: 'tiny_extra' } } },
        wants: { networks: { extra: undefined } },
      }),
    ).toEqual([]);
  });

  describe('a gap', () => {
    it('of the proxy', () => {
      const wants = services({ proxy: { image: 'nginx:1.30' } });
      expect(refused({ wants })).toEqual([
        {
          what: 'proxy (proxy) cannot be replaced without a gap: its definition changed (image), and only one container can hold its port',
          next: 'The gap is the time that it takes to stop and start, a few seconds. Accept it with allow-downtime: true.',
        },
      ]);
      expect(refused({ wants }, { allowDowntime: true })).toEqual([]);
    });

    it('of a service that holds a port itself', () => {
      const ports = [{ target: 81, published: '81' }];
      const [refusal] = refused({
        was: services({ worker: { ports } }),
        wants: services({ worker: { command: ['x'] } }),
      });
      expect(refusal?.what).toContain('worker (direct) cannot be replaced without a gap');
    });

    it('is refused on the host network for what that is, and rolls where a label says that it takes none', () => {
      const host = { network_mode: 'host', networks: null };
      const wants = services({ worker: { environment: { A: '1' } } });
      const [refusal] = refusalsOf(planned({ was: services({ worker: host }), wants }));
      expect(refusal?.what).toContain('network_mode: host, where it may listen on any port');
      expect(refusal?.what).not.toContain('publish');
      expect(refusal?.next).toContain('label it resee.deploy.role: worker');
      const labels = { 'resee.deploy.role': 'worker' };
      const labelled = planned({ was: services({ worker: { ...host, labels } }), wants });
      expect([labelled.kind, actions(labelled)]).toEqual(['plan', { worker: 'roll' }]);
    });

    it.each([
      [
        { container_name: 'the-api' },
        'container_name is the-api, and Compose makes no second container of a service with a fixed name',
      ],
      [
        { deploy: { update_config: { order: 'stop-first' } } },
        'deploy.update_config.order is stop-first',
      ],
    ])('of a routed service with %j', (was, because) => {
      const situation = {
        was: services({ api: was }),
        wants: services({ api: { command: ['x'] } }),
      };
      expect(refused(situation).map(({ what }) => what)).toEqual([
        `api cannot have a candidate beside its incumbent: ${because}`,
      ]);
      expect(refused(situation, { allowDowntime: true })).toEqual([]);
    });

    it('says what to do of a fixed name that the containers do not have yet', () => {
      const situation = { wants: services({ api: { container_name: 'the-api' } }) };
      const [deploy] = refused(situation);
      expect(deploy?.what).toContain('container_name is the-api, and Compose makes no second');
      expect(deploy?.next).toContain('Remove container_name from the Compose file');
      const [rollback] = refused(situation, { images: 'kept' });
      expect(rollback?.next).not.toContain('Remove container_name');
      expect(rollback?.next).toContain('The release to go back to says so');
      expect(rollback?.next).toContain('allow-downtime: true');
      expect(refused(situation, { images: 'kept', allowDowntime: true })).toEqual([]);
    });

    it('not of a worker or a singleton: nobody waits for them', () => {
      const was = services({ worker: { container_name: 'the-worker' } });
      expect(refused({ was, wants: services({ worker: { command: ['x'] } }) })).toEqual([]);
      expect(refused({ fixture: 'resee', changes: ['backend/x'] })).toEqual([]);
    });

    it('not of a service that only may get another image, as long as that is not known', () => {
      const was = services({ api: { container_name: 'the-api' } });
      expect(refused({ was }, { images: 'pull' })).toEqual([]);
    });
  });

  it('says everything at once', () => {
    const situation = {
      wants: services({ store: { image: 'redis:9' }, proxy: { image: 'nginx:1.30' } }),
      live: { conflicts: ['x'], localCommits: ['abc y'] },
    };
    expect(refused(situation)).toHaveLength(4);
    expect(refused(situation, { preDeploy: [{ service: 'nope', command: 'x' }] })).toHaveLength(5);
  });

  it('still gives the plan that it refuses, to be shown', () => {
    const plan = planned({ wants: services({ store: { image: 'redis:9' } }) });
    expect(plan.plan.services.map(({ service }) => service)).toEqual([
      'api',
      'proxy',
      'store',
      'worker',
    ]);
  });
});

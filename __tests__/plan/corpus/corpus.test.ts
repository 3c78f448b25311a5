import { describe, expect, it } from '@jest/globals';
import { parseStack } from '../../../src/plan/compose/compose-config.js';
import { makePlan, type Planned } from '../../../src/plan/planner.js';
import type { Stack } from '../../../src/plan/compose/stack.js';
import { container, imageId, mountsOf, observed, options, recordOf } from '../observed.js';
import { STACKS, type StackShape, type Wanted } from './shapes.js';

const FILES = [
  'README.md',
  'app/Gemfile',
  'flask/app.py',
  'vote/app.py',
  'data/web/index.php',
  'scripts/a.sh',
];

/** The stack, with another variable in the service that changes. */
function stackOf({ services }: StackShape, changed?: string): Stack {
  const definitions = Object.entries(services).map(
    ([name, [definition]]) =>
      [
        name,
        name === changed ? { ...definition, environment: { CHANGED: 'yes' } } : definition,
      ] as const,
  );
  const json = { name: 'shop', services: Object.fromEntries(definitions) };
  return parseStack(JSON.stringify(json), '/srv/shop');
}

/** Every service runs one container; jobs have ended. `changed`: the service whose variables the commit changes. */
function plan(shape: StackShape, changed?: string): Planned {
  const installed = stackOf(shape);
  const wanted = stackOf(shape, changed);
  const before = observed({});
  const containers = Object.values(installed.services).map((service) =>
    container(service.name, 1, {
      imageId: imageId(service.image),
      mounts: mountsOf(service, '/srv/shop'),
      running: shape.services[service.name]?.[1] !== 'job',
    }),
  );
  const pass = shape.upstreams.map((at) => `location /${at} { proxy_pass http://${at}; }`);
  return makePlan(
    {
      ...before,
      wanted,
      installed,
      containers,
      releases: [recordOf(installed)],
      commit: {
        ...before.commit,
        changes: [{ path: 'README.md', status: 'modified' }],
        files: FILES,
      },
      images: Object.fromEntries(
        Object.values(wanted.services).map(({ image }) => [image, imageId(image)]),
      ),
      proxies: [],
      storage: Object.values(wanted.services)
        .filter(({ name }) => shape.services[name]?.[3] === 'files')
        .flatMap(({ name: service, mounts }) =>
          mounts.map(({ target }) => ({
            service,
            target,
            database: undefined,
            unknown: undefined,
          })),
        ),
      proxyFiles: { 'nginx.conf': `server { ${pass.join(' ')} }` },
    },
    options,
  );
}

/** What comes of the change of one service. Where no proxy runs that could be told, a roll is a cutover’s matter. */
function outcome(shape: StackShape, name: string): string {
  const of = plan(shape, name);
  const action = of.plan.services.find(({ service }) => service === name)?.action ?? 'none';
  const isRefused =
    of.kind === 'refused' && of.refusals.some(({ what }) => what.startsWith(`${name} `));
  return isRefused && action !== 'roll' ? 'refused' : action;
}

interface Count {
  readonly harm: readonly string[];
  readonly missed: readonly string[];
  readonly needless: readonly string[];
  readonly wrong: readonly string[];
}

function judge(shape: StackShape): Count {
  const roles = new Map(plan(shape).plan.services.map(({ service, role }) => [service, role]));
  const each = Object.entries(shape.services).map(([name, [, role, wanted]]) => ({
    at: `${shape.name}: ${name}`,
    wrong: roles.get(name) !== role ? [`is ${String(roles.get(name))}, not ${role}`] : [],
    wanted,
    came: outcome(shape, name),
  }));
  const of = (test: (wanted: Wanted, came: string) => boolean) =>
    each.flatMap(({ at, wanted, came }) =>
      test(wanted, came) ? `${at} ${came}, not ${wanted}` : [],
    );
  return {
    // Two containers where there may be only one, or a database that is stopped without a word.
    harm: of(
      (wanted, came) =>
        wanted !== 'roll' && came !== wanted && (came === 'roll' || came === 'replace'),
    ),
    missed: of((_, came) => came === 'keep' || came === 'none'),
    needless: of((wanted, came) => came === 'refused' && wanted !== 'refused'),
    wrong: each.flatMap(({ at, wrong }) => wrong.map((text) => `${at} ${text}`)),
  };
}

describe('stacks as other people write them', () => {
  it('are at least forty', () => {
    expect(STACKS.length).toBeGreaterThanOrEqual(40);
  });

  it.each(STACKS.map((shape) => [shape.name, shape] as const))(
    '%s: every role is right, nothing is harmed, missed, or refused for no reason',
    (_, shape) => {
      expect(judge(shape)).toEqual({ harm: [], missed: [], needless: [], wrong: [] });
    },
  );

  it.each(STACKS.map((shape) => [shape.name, shape] as const))(
    '%s: a README restarts nothing',
    (_, shape) => {
      const { plan: made, kind } = plan(shape);
      expect(kind).toBe('plan');
      expect(
        made.services.map(({ action }) => action).filter((action) => action !== 'keep'),
      ).toEqual([]);
    },
  );
});

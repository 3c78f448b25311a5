import fc from 'fast-check';
import { parseStack } from '../../../src/plan/compose/compose-config.js';
import type { JsonObject } from '../../../src/plan/compose/json.js';
import type { Stack } from '../../../src/plan/compose/stack.js';

/** Stacks as `docker compose config --format json` prints them, of all that decides what a plan does. */
export type Services = Readonly<Record<string, JsonObject>>;

export const ROOT = '/srv/shop';
export const NAMES = ['api', 'beat', 'db', 'front', 'init', 'jobs', 'proxy', 'web'] as const;

/** Places that only one process may write to, and some that are none. */
export const STORED = ['/data', '/state'];
const ELSEWHERE = ['/app/logs', '/app/node_modules', '/app/uploads'];

const mount: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.record({
    type: fc.constant('volume'),
    source: fc.constantFrom('one', 'two', 'three', undefined),
    target: fc.constantFrom(...STORED, ...ELSEWHERE, '/var/lib/postgresql/data'),
    read_only: fc.constantFrom(undefined, undefined, true),
  }),
  fc.record({
    type: fc.constant('bind'),
    source: fc.constantFrom(`${ROOT}/files`, `${ROOT}/app`, `${ROOT}/nginx.conf`, '/srv/outside'),
    target: fc.constantFrom(...STORED, '/etc/nginx/nginx.conf'),
    read_only: fc.constantFrom(undefined, true),
  }),
  fc.constant({ type: 'tmpfs', target: '/tmp' }),
);

const volumes = fc.uniqueArray(mount, { maxLength: 2, selector: ({ target }) => target });

const image = fc.constantFrom<JsonObject>(
  { image: 'acme/app:1' },
  { image: 'acme/app:1' },
  { image: 'busybox:1' },
  { image: 'postgres:16' },
  { image: 'redis:8-alpine' },
  { image: 'nginx:alpine' },
  { build: { context: `${ROOT}/app` } },
  { build: { context: `${ROOT}/app`, args: { A: 'b' } } },
  { build: { context: `${ROOT}/front` }, image: 'shop/front' },
);

const command = fc.constantFrom(
  ['gunicorn', 'shop'],
  ['celery', 'worker'],
  ['celery', 'beat'],
  ['python', 'manage.py', 'migrate'],
  ['nginx', '-g', 'daemon off;'],
);

const CONDITIONS = ['service_started', 'service_healthy', 'service_completed_successfully'];

/** Only on services with names before its own: Compose refuses circles. */
function dependsOn(name: string): fc.Arbitrary<JsonObject> {
  const earlier = NAMES.slice(
    0,
    NAMES.findIndex((each) => each === name),
  );
  if (earlier.length === 0) return fc.constant({});
  const condition = fc.record({ condition: fc.constantFrom(...CONDITIONS) });
  return fc.dictionary(fc.constantFrom(...earlier), condition, { maxKeys: 2 });
}

function optional<T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(value, { nil: undefined, freq: 3 });
}

const labels = fc.constantFrom<JsonObject>(
  {},
  {},
  { 'resee.deploy.order': 'start-first' },
  { 'resee.deploy.order': 'stop-first' },
  { 'resee.deploy.role': 'worker' },
  { 'resee.deploy.role': 'job' },
  { 'traefik.enable': 'true' },
);

const deploy = fc.record(
  {
    replicas: fc.constantFrom(0, 1, 1, 2, 3),
    update_config: fc.constantFrom(
      { order: 'start-first' },
      { order: 'stop-first' },
      { parallelism: 1 },
    ),
    restart_policy: fc.constantFrom({ condition: 'none' }, { condition: 'any' }),
  },
  { requiredKeys: [] },
);

function service(name: string): fc.Arbitrary<JsonObject> {
  return fc
    .tuple(
      image,
      fc.record({
        command: optional(command),
        volumes: optional(volumes),
        depends_on: optional(dependsOn(name)),
        networks: fc.constantFrom<JsonObject>(
          { default: null },
          { default: null, back: { aliases: [`${name}-alias`] } },
        ),
        ports: optional(fc.constant([{ target: 80, published: '80' }])),
        deploy: optional(deploy),
        restart: fc.constantFrom(undefined, 'always', 'no', 'on-failure', 'unless-stopped'),
        healthcheck: optional(fc.constant({ test: ['CMD', 'true'] })),
        labels: optional(labels),
        environment: optional(fc.constantFrom<JsonObject>({ A: '1' }, { A: '2', B: '1' })),
        container_name: fc.constantFrom(undefined, undefined, undefined, `shop-${name}`),
      }),
    )
    .map(([made, rest]) => defined({ ...made, ...rest }));
}

function defined(json: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(json).filter(([, value]) => value !== undefined));
}

const some = fc
  .subarray([...NAMES], { minLength: 1, maxLength: 5 })
  .chain((names) =>
    fc.record(Object.fromEntries(names.map((name) => [name, service(name)] as const))),
  );

/** What runs, and what the commit says: the same for most services, another for some, some new or gone. */
export const twoStacks: fc.Arbitrary<{ readonly was: Services; readonly wants: Services }> = fc
  .tuple(some, some, fc.subarray([...NAMES]), fc.subarray([...NAMES], { maxLength: 2 }))
  .map(([was, other, changed, gone]) => {
    const wants = { ...was };
    for (const name of changed) if (other[name] !== undefined) wants[name] = other[name];
    const left = Object.entries(wants).filter(([name]) => !gone.some((each) => each === name));
    return { was, wants: left.length === 0 ? was : Object.fromEntries(left) };
  });

/** Without what Compose would refuse: dependencies on services that are not there. */
export function stackOf(services: Services): Stack {
  const whole = Object.entries(services).map(([name, json]) => {
    const needed = Object.entries(json['depends_on'] ?? {}).filter(([each]) => each in services);
    return [name, { ...json, depends_on: Object.fromEntries(needed) }] as const;
  });
  const json = { name: 'shop', services: Object.fromEntries(whole), networks: {}, volumes: {} };
  return parseStack(JSON.stringify(json), ROOT);
}

import { baseName, invocationsOf, isEntrypoint, type Invocation } from '../compose/commands.js';
import { releasedService } from '../changes/changes.js';
import { listOf, objectOf, textOf } from '../compose/json.js';
import type { Observation } from '../observation.js';
import type { Role } from '../role.js';
import { assignRoles } from '../roles/roles.js';
import { seenIn } from '../roles/evidence.js';
import type { ServicePlan } from '../service-plan.js';
import type { Mount, Service, Stack } from '../compose/stack.js';
import { isPassing, overlaps } from '../roles/storage.js';

/** Programs that copy files, or prepare a place for them. */
const COPYING = new Set(
  'cp rsync mv mkdir rm ln chmod chown touch install tar gzip brotli echo printf true : cd set exit sync ls test [ fi done'.split(
    ' ',
  ),
);
/** Programs that collect files where a word says so. */
const FRAMEWORK =
  /^(?:python[\d.]*|django-admin|manage\.py|poetry|uv|pipenv|pdm|bundle|rails|rake)$/;
const COLLECTS = /^(?:collectstatic|assets:precompile|assets:install)$/;
const DATABASE_WORK =
  /migrat|upgrade|schema|alembic|flyway|liquibase|prisma|sequelize|knex|typeorm|drizzle|syncdb|loaddata|createsuperuser|initdb|(?:^|[\s:/_.-])(?:db|seed(?:er|s)?|setup|bootstrap|configurator|init)(?:$|[\s:/_.-])/i;
const DATABASE_VARIABLE =
  /(?:^|_)(?:DB|DATABASE|PG|POSTGRES|MYSQL|MARIADB|MONGO|SQL|REDIS|DSN|JDBC)/i;
const DATABASE_ADDRESS =
  /(?:postgres|postgresql|mysql|mariadb|mongodb|sqlserver|sqlite|redis|rediss|jdbc)[\w+]*:/i;

/**
 * True where a job does nothing but write files that others serve: to run the one of the old release again brings
 * back what the new one has overwritten. Never true for what may work on a database.
 *
 * @param stack what the job to be run again is defined by
 * @param ran the whole command line of its container, with the image's entrypoint; undefined where nobody knows it
 */
function publishes(
  observation: Observation,
  stack: Stack,
  name: string,
  ran: readonly string[] | undefined,
): boolean {
  const service = stack.services[name];
  if (service === undefined) return false;
  const roles = assignRoles(stack, [], seenIn(observation));
  const others = Object.values(stack.services)
    .map((other) => ({ other, role: roles[other.name]?.role }))
    .filter(({ other, role }) => other.name !== name && role !== 'job');
  const written = service.mounts.filter(
    ({ readOnly, source, target }) => !readOnly && source !== undefined && !isPassing(target),
  );
  const shared = written.map((mount) =>
    others.flatMap(({ other, role }) =>
      other.mounts
        .filter((each) => overlaps(mount, each, observation.commit.files))
        .map((each) => ({ ...each, role })),
    ),
  );
  if (written.length === 0 || shared.some((uses) => uses.some(({ role }) => role === 'data')))
    return false;
  const said = [...service.command, ...(ran ?? [])].join(' ');
  if (DATABASE_WORK.test(said)) return false;
  const does = service.command.length === 0 ? workOf(ran) : sameWork(ran, service.command);
  if (does === 'collects') return shared.every((uses) => uses.length > 0);
  if (does === 'copies') return shared.every((uses) => uses.some(isReader));
  return (
    !DATABASE_WORK.test(name) &&
    !mayReachDatabase(stack, service, roles) &&
    shared.every((uses) => uses.length > 0 && uses.every(isReader))
  );
}

function isReader({ readOnly, role }: Mount & { readonly role: Role | undefined }): boolean {
  return readOnly || role === 'proxy';
}

type Work = 'copies' | 'collects' | 'unknown';

/** Of two command lines, of which one may be that of another release. */
function sameWork(one: readonly string[] | undefined, other: readonly string[]): Work {
  const work = workOf(one);
  return work === workOf(other) ? work : 'unknown';
}

/** What a command line does as a whole; `unknown`: a script or a program may do anything. */
function workOf(command: readonly string[] = []): Work {
  const invocations = invocationsOf(command);
  const isOpaque =
    invocations.length === 0 ||
    command.some((word) => isEntrypoint(baseName(word)) || /[`]|\$\(/.test(word));
  if (isOpaque || !invocations.every((each) => COPYING.has(each.program) || collects(each)))
    return 'unknown';
  return invocations.some(collects) ? 'collects' : 'copies';
}

function collects({ program, words }: Invocation): boolean {
  return FRAMEWORK.test(program) && words.some((word) => COLLECTS.test(word));
}

/** By what the Compose file says: what it waits for, its variables, its secrets. */
function mayReachDatabase(
  { services }: Stack,
  service: Service,
  roles: Readonly<Record<string, { readonly role: Role }>>,
): boolean {
  const needed = new Set([service.name]);
  // A set that grows while it is walked is walked to its end.
  for (const name of needed)
    for (const dependency of services[name]?.dependsOn ?? []) needed.add(dependency.service);
  const databases = Object.keys(services).filter((name) => roles[name]?.role === 'data');
  if (databases.some((name) => needed.has(name))) return true;
  const { definition } = service;
  const given = Object.entries(objectOf(definition['environment']));
  const names = [
    ...given.map(([name]) => name),
    ...['secrets', 'configs'].flatMap((kind) =>
      listOf(definition[kind]).flatMap(
        (use) => textOf(objectOf(use)['source']) ?? textOf(use) ?? [],
      ),
    ),
  ];
  const values = [...given.flatMap(([, value]) => textOf(value) ?? []), ...service.command];
  const hosts = databases.flatMap((name) => [name, ...(services[name]?.aliases ?? [])]);
  return (
    names.some((name) => DATABASE_VARIABLE.test(name)) ||
    values.some(
      (value) =>
        DATABASE_ADDRESS.test(value) ||
        value.split(/[^\w.-]+/).some((word) => hosts.includes(word)),
    )
  );
}

/** True where the job of the release that runs is to be run again when the one that follows it is taken back. */
export function publishedBefore(observation: Observation, service: string): boolean {
  const { installed } = observation;
  const ran = lastRun(observation, service);
  const hasRun = ran !== undefined || releasedService(observation, service) !== undefined;
  return installed !== undefined && hasRun && publishes(observation, installed, service, ran);
}

/**
 * For a rollback: a job that may have worked on a database is not run again, whatever changed of it; one that
 * publishes files is, where its definition or its image is another.
 */
export function jobsOfRollback(
  observation: Observation,
  services: readonly ServicePlan[],
): readonly ServicePlan[] {
  return services.map((plan) => {
    const { service, role, action, ifImageChanges } = plan;
    if (role !== 'job' || (action !== 'run' && !ifImageChanges)) return plan;
    if (publishesAgain(observation, service)) return { ...plan, action: 'run' };
    if (action !== 'run') return plan;
    const told = `not run again (${plan.why}): a rollback undoes no migration. Where it only prepares files, on the host: docker compose run --rm --no-deps ${service}`;
    return {
      ...plan,
      action: 'keep',
      why: 'a rollback runs no job that may work on a database',
      ifImageChanges: false,
      told: [...plan.told, told],
    };
  });
}

function publishesAgain(observation: Observation, service: string): boolean {
  const { wanted } = observation;
  // What an image runs by itself is known of the image that ran last only.
  const isSaid = (wanted.services[service]?.command ?? []).length > 0;
  const ran = isSaid ? lastRun(observation, service) : undefined;
  return publishes(observation, wanted, service, ran);
}

function lastRun({ containers }: Observation, service: string): readonly string[] | undefined {
  return containers.findLast((each) => each.service === service && !each.oneOff)?.command;
}

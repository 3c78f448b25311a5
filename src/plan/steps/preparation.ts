import { handedVolumes } from './anonymous-volumes.js';
import { planCutovers } from './cutovers.js';
import type { Observation } from '../observation.js';
import type { Operation } from '../plan.js';
import { publishedBefore } from './publishing.js';
import { knownBy } from './routes.js';
import type { ServicePlan } from '../service-plan.js';
import { starts } from './starts.js';
import type { Stack } from '../compose/stack.js';

export interface Preparation {
  readonly operations: readonly Operation[];
  /** Services that they change. */
  readonly done: ReadonlySet<string>;
}

interface Command {
  readonly service: string;
  readonly command: string;
}

/** Something to do, once what it waits for is done. */
interface Item {
  readonly key: string;
  readonly waitsFor: readonly string[];
  readonly does: { readonly plan: ServicePlan } | { readonly command: Command };
}

/**
 * What is done before any candidate starts: data, `pre-deploy`, jobs, and what these depend on where nothing of it
 * runs. `depends_on` is the order; where it says nothing, what is started comes first, then data that somebody lets change, commands, and jobs.
 * A command comes before its own service starts, and after what that depends on.
 */
export function prepare(
  observation: Observation,
  services: readonly ServicePlan[],
  { acting, preDeploy }: { acting: readonly ServicePlan[]; preDeploy: readonly Command[] },
): Preparation {
  const commands = acting.length === 0 ? [] : preDeploy;
  const own = acting.filter(
    ({ action, role }) => action === 'run' || (role === 'data' && action !== 'remove'),
  );
  const creating = acting.filter((plan) => plan.action === 'start' || own.includes(plan));
  const called = new Set(
    commands.flatMap(({ service }) => [...dependencies(observation.wanted, service)]),
  );
  const plans = withNeeded(
    observation,
    creating.filter((plan) => own.includes(plan) || called.has(plan.service)),
    creating,
  );
  const items = itemsOf(observation.wanted, plans, commands);
  return {
    operations: inOrder(observation, services, items),
    done: new Set(plans.map(({ service }) => service)),
  };
}

/** These, and those of the others that they depend on. */
export function withNeeded(
  { wanted }: Pick<Observation, 'wanted'>,
  services: readonly ServicePlan[],
  others: readonly ServicePlan[],
): readonly ServicePlan[] {
  const needed = new Set(
    services.flatMap(({ service }) => [service, ...dependencies(wanted, service)]),
  );
  return others.filter((plan) => services.includes(plan) || needed.has(plan.service));
}

/** All that a service depends on, and what that does. */
function dependencies({ services }: Stack, of: string): ReadonlySet<string> {
  const found = new Set([of]);
  // A set that grows while it is walked is walked to its end.
  for (const name of found)
    for (const { service } of services[name]?.dependsOn ?? []) found.add(service);
  found.delete(of);
  return found;
}

function itemsOf(
  wanted: Stack,
  plans: readonly ServicePlan[],
  commands: readonly Command[],
): readonly Item[] {
  const known = new Set(plans.map(({ service }) => service));
  const needs = (service: string): readonly string[] =>
    [...dependencies(wanted, service)].filter((each) => known.has(each));
  const keyed = commands.map((command, index) => ({ command, key: `${String(index)} command` }));
  return [
    ...plans.map((plan) => ({
      key: plan.service,
      waitsFor: [
        ...needs(plan.service),
        ...keyed.flatMap(({ key, command }) => (command.service === plan.service ? key : [])),
      ],
      does: { plan },
    })),
    // One after the other, as the workflow says them.
    ...keyed.map(({ key, command }, index) => ({
      key,
      waitsFor: [...needs(command.service), ...keyed.slice(0, index).map((each) => each.key)],
      does: { command },
    })),
  ];
}

function inOrder(
  observation: Observation,
  services: readonly ServicePlan[],
  items: readonly Item[],
): readonly Operation[] {
  const operations: Operation[] = [];
  let left = [...items];
  while (left.length > 0) {
    const keys = new Set(left.map(({ key }) => key));
    const free = left.filter(({ waitsFor }) => !waitsFor.some((key) => keys.has(key)));
    const next = nextOf(free.length > 0 ? free : left);
    operations.push(...perform(observation, services, next));
    left = left.filter((item) => !next.includes(item));
  }
  return operations;
}

/** All that is to be started; else one of the others. */
function nextOf(free: readonly Item[]): readonly Item[] {
  const started = free.filter(({ does }) => 'plan' in does && does.plan.action === 'start');
  if (started.length > 0) return started;
  const replaced = free.find(({ does }) => 'plan' in does && does.plan.action === 'replace');
  const command = free.find(({ does }) => 'command' in does);
  return [replaced ?? command ?? free[0] ?? []].flat();
}

function perform(
  observation: Observation,
  services: readonly ServicePlan[],
  items: readonly Item[],
): readonly Operation[] {
  const plans = items.flatMap(({ does }) => ('plan' in does ? does.plan : []));
  const renewed = plans.filter(({ action }) => action === 'start' || action === 'replace');
  return [
    ...starts(
      observation,
      plans.filter(({ action }) => action === 'start'),
    ),
    ...plans.flatMap((plan) =>
      plan.action === 'replace' ? replacement(observation, services, plan) : [],
    ),
    // Until the release takes over requests would fail.
    ...planCutovers(observation, services, { batch: [], renewed, files: undefined }),
    ...plans.flatMap((plan) => (plan.action === 'run' ? runJob(observation, plan) : [])),
    ...items.flatMap(({ does }) =>
      'command' in does ? ({ kind: 'run-command', ...does.command } as const) : [],
    ),
  ];
}

function runJob(observation: Observation, plan: ServicePlan): Operation {
  const { service, incumbents, dead } = plan;
  const handed = handedVolumes(observation, plan);
  const again = publishedBefore(observation, service);
  return { kind: 'run-job', service, again, incumbents, dead, handed };
}

/** The incumbent stops, its successor starts. */
export function replacement(
  observation: Observation,
  services: readonly ServicePlan[],
  plan: ServicePlan,
): Operation {
  const { service, replicas, incumbents, dead } = plan;
  const handed = handedVolumes(observation, plan);
  const proxies = knownBy(observation, services, plan);
  return { kind: 'replace', service, replicas, incumbents, dead, handed, proxies };
}

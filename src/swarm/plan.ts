import { changedPlaces, listed } from '../plan/changes/changes.js';
import { isNamed } from '../plan/changes/decision.js';
import { groupFiles } from '../plan/changes/files.js';
import type { Refusal } from '../plan/refusal.js';
import { imageOperations } from '../plan/steps/image-operations.js';
import { objectOf } from '../plan/compose/json.js';
import type { Observation, SwarmStack } from '../plan/observation.js';
import { liveFiles } from '../plan/steps/operations.js';
import type { Operation, Plan } from '../plan/plan.js';
import { STAYS, type ServicePlan } from '../plan/service-plan.js';
import { machineNotes, machineRefusals } from '../plan/preflight/preflight.js';
import { decideServices, type Planned } from '../plan/planner.js';
import type { PlanOptions } from '../plan/plan-options.js';
import { changedData, commonRefusals } from '../plan/refusals/refusals.js';
import { settleImages } from '../plan/changes/services.js';
import { namesUsed } from './contents.js';
import { lintNotes, lintRefusals, orderOf } from './lint.js';
import { translateProject, type StackFile } from './stack-file.js';

/** From the wanted stack and the observed Swarm to what will be done. Pure. */
export function planSwarm(
  observation: Observation,
  stack: SwarmStack,
  options: PlanOptions,
): Planned {
  const file = translateProject(stack.project, stack.contents);
  const services = decideServices(observation, options, (service) =>
    asSwarmDoes(observation, stack, service, { file, options }),
  );
  const operations = [
    ...imageOperations(observation, services, options),
    ...swarmOperations(observation, services, options),
  ];
  const plan: Plan = {
    project: observation.wanted.project,
    sha: observation.commit.sha,
    previousSha: observation.releases.at(-1)?.sha ?? observation.live.head,
    services,
    operations,
    warnings: [
      `engine: Docker Swarm (${stack.services.length === 0 ? 'the input engine says so' : 'the stack runs there'})`,
      ...file.notes,
      ...lintNotes(services, file.services),
      ...services.flatMap(({ service, told }) => told.map((text) => `${service}: ${text}`)),
      ...machineNotes(observation, operations),
    ],
  };
  const against = [
    ...hostRefusals(stack),
    ...machineRefusals(observation, operations),
    ...commonRefusals(observation, services, {
      ...options,
      commands: [...options.preDeploy, ...options.postDeploy],
    }),
    ...unsupported(observation, services, options),
    ...file.refusals,
    ...swarmRefusals(observation, services, file, options),
  ];
  return against.length === 0
    ? { kind: 'plan', plan }
    : { kind: 'refused', plan, refusals: against };
}

/** The rest of the plan, once the images are there. */
export function settleSwarmPlan(
  plan: Plan,
  imageIds: Readonly<Record<string, string>>,
  observation: Observation,
  options: PlanOptions,
): Plan {
  const services = settleImages(plan.services, imageIds, observation.containers);
  return { ...plan, services, operations: swarmOperations(observation, services, options) };
}

/** What stands against the changes of services, once the images are there as well. */
export function swarmRefusals(
  observation: Observation,
  services: readonly ServicePlan[],
  file: Pick<StackFile, 'services'>,
  options: PlanOptions,
): readonly Refusal[] {
  return [
    ...changedData(observation, services, options),
    ...lintRefusals(services, file.services, options),
  ];
}

/**
 * A proxy takes no new configuration while it runs, and what stands below `deploy` is Swarm's: both are an update
 * of the service, in the order that the file says.
 */
function asSwarmDoes(
  observation: Observation,
  stack: SwarmStack,
  service: ServicePlan,
  { file, options }: { readonly file: StackFile; readonly options: PlanOptions },
): ServicePlan {
  const wanted = objectOf(file.services[service.service]);
  const change = orderOf(wanted) === 'start-first' ? 'roll' : 'replace';
  const { action } = service;
  if (action === 'roll' || action === 'replace' || action === 'reload')
    return { ...service, action: change };
  const definition = observation.wanted.services[service.service];
  if (action !== 'keep' || definition === undefined || service.replicas === 0) return service;
  const used = stack.uses[service.service] ?? [];
  const changed = [
    ...changedPlaces(observation, definition).filter((place) => OF_SWARM.test(place)),
    ...namesUsed(wanted, file).filter((name) => !used.includes(name)),
  ];
  if (changed.length === 0) return service;
  const why = `its definition changed (${listed(changed, 5)})`;
  return service.role !== 'data' || isNamed(service.service, service.role, options)
    ? { ...service, action: change, why }
    : {
        ...service,
        told: [
          ...service.told,
          `${listed(changed, 5)} changed, and waits until allow-data-changes: ${service.service}`,
        ],
      };
}

const OF_SWARM = /^(?:deploy\.|scale$)/;

/** The steps, without the images, which come first. Data comes up before what needs it. */
export function swarmOperations(
  observation: Observation,
  services: readonly ServicePlan[],
  { preDeploy }: Pick<PlanOptions, 'preDeploy'>,
): readonly Operation[] {
  const files = groupFiles(observation, services);
  const acting = services.filter(({ action }) => !STAYS.has(action) && action !== 'remove');
  const isFirst = ({ role, action }: ServicePlan): boolean => role === 'data' && action === 'start';
  return [
    ...liveFiles(observation, [...files.first, ...files.cutover], files.inPlace),
    ...updates(acting.filter(isFirst)),
    ...(acting.length === 0
      ? []
      : preDeploy.map(
          ({ service, command }) => ({ kind: 'run-command', service, command }) as const,
        )),
    ...updates(acting.filter((service) => !isFirst(service))),
    ...(acting.length === 0
      ? []
      : ([{ kind: 'check-health' }, { kind: 'soak', part: 'whole' }] as const)),
    {
      kind: 'finish',
      retire: [],
      volumes: [],
      paths: files.last,
      inPlace: files.inPlace.filter((path) => files.last.includes(path)),
    },
  ];
}

function updates(services: readonly ServicePlan[]): readonly Operation[] {
  return services.length === 0
    ? []
    : [{ kind: 'update-services', services: services.map(({ service }) => service) }];
}

function hostRefusals({ nodes, lacks }: SwarmStack): readonly Refusal[] {
  return [
    ...(nodes.length > 1
      ? [
          {
            what: `the Swarm has ${String(nodes.length)} nodes, and this version deploys to a Swarm of one`,
            next: 'Go on with docker stack deploy. A node that is gone for good is taken away with docker node rm --force NODE.',
          },
        ]
      : []),
    ...lacks.map((tool) => ({
      what: `the host lacks ${tool}, which brings a stack in a Swarm back after a failure`,
      next: `On the host: sudo dnf install -y ${tool} (Amazon Linux), or sudo apt-get install -y ${tool} (Debian, Ubuntu).`,
    })),
  ];
}

/** What this version does for Compose only: refused, never left out. */
function unsupported(
  { wanted, installed }: Observation,
  services: readonly ServicePlan[],
  options: PlanOptions,
): readonly Refusal[] {
  const refuse = (what: string, next: string): Refusal => ({ what, next });
  const compose = 'Change it, or deploy with engine: compose.';
  return [
    ...(options.services.length > 0
      ? [refuse('services does not limit a deploy to a Swarm in this version', 'Remove the input.')]
      : []),
    ...(options.buildsOnRunner
      ? [
          refuse(
            'build: runner does not bring images to a Swarm in this version',
            'Set build: host.',
          ),
        ]
      : []),
    ...(options.postDeploy.length > 0
      ? [refuse('post-deploy does not run in a Swarm in this version', 'Remove the input.')]
      : []),
    ...services
      .filter(({ role }) => role === 'job')
      .map(({ service }) =>
        refuse(`${service} is a job, and this version deploys no jobs to a Swarm`, compose),
      ),
    ...services
      .filter(({ action }) => action === 'remove')
      .map(({ service }) =>
        refuse(
          `the commit removed ${service}, or scaled it to 0, and this version takes no service out of a Swarm`,
          `Remove it by hand first: docker service rm ${wanted.project}_${service}`,
        ),
      ),
    ...(['networks', 'volumes'] as const).flatMap((kind) =>
      Object.entries(wanted[kind])
        .filter(([name, text]) => (installed?.[kind][name] ?? text) !== text)
        .map(([name]) =>
          refuse(
            `the definition of ${kind.slice(0, -1)} "${name}" changed, and Swarm changes none that is there`,
            'Give the changed one a new name.',
          ),
        ),
    ),
  ];
}

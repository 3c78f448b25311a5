import { engineNotes, engineRefusals, type EngineInput } from './engine.js';
import { healthNotes, healthRefusals, type HealthTarget } from './health-host.js';
import type { Observation } from './observation.js';
import { planOperations } from './operations.js';
import {
  servicesOf,
  type ImageReference,
  type Operation,
  type Plan,
  type ServicePlan,
} from './plan.js';
import type { Refusal } from './gaps.js';
import { refusals } from './refusals.js';
import { assignRoles } from './roles.js';
import { seenIn, upstreamsOf } from './seen.js';
import { changeOf } from './decision.js';
import { buildOrder, type BuildOrder } from './builds.js';
import { imagesInUse, planServices, settleImages, type ServiceOptions } from './services.js';
import { unmovedProxies } from './unmoved.js';
import { warnings } from './warnings.js';

export interface PlanOptions extends ServiceOptions {
  readonly preDeploy: readonly { readonly service: string; readonly command: string }[];
  readonly postDeploy: readonly { readonly service: string; readonly command: string }[];
  /** True where images are built on the runner, not on the host. */
  readonly buildsOnRunner: boolean;
  readonly soakMs: number;
  readonly drainTimeoutMs: number;
  /** The workflow says the project's name. */
  readonly projectNamed: boolean;
  readonly engine: EngineInput;
  /** What the health check asks, as the workflow says it. */
  readonly health?: HealthTarget;
  /** For a rollback: the image that each reference shall name again. */
  readonly keptImages: Readonly<Record<string, string>>;
  /** For a rollback: the commit that each service's kept image was built from. */
  readonly keptCommits: Readonly<Record<string, string>>;
}

export type Planned =
  | { readonly kind: 'plan'; readonly plan: Plan }
  | { readonly kind: 'refused'; readonly plan: Plan; readonly refusals: readonly Refusal[] };

/** From the wanted stack and the observed host to what will be done. Pure. */
export function makePlan(observation: Observation, options: PlanOptions): Planned {
  const roles = assignRoles(observation.wanted, upstreamsOf(observation), seenIn(observation));
  const planned = planServices(observation, roles, options);
  const services =
    options.images === 'kept'
      ? settleImages(
          expectImages(planned, options.keptImages),
          options.keptImages,
          observation.containers,
        )
      : planned;
  const images = prepareImages(observation, services, options);
  const operations = [...images, ...planOperations(observation, services, options)];
  const plan: Plan = {
    project: observation.wanted.project,
    sha: observation.commit.sha,
    previousSha: observation.releases.at(-1)?.sha ?? observation.live.head,
    services,
    operations,
    warnings: [
      ...warnings(observation, services, operations, options),
      ...healthNotes(observation, options.health),
      ...engineNotes(observation, options.engine),
    ],
  };
  const against = [
    ...engineRefusals(observation, options.engine),
    ...refusals(observation, services, {
      ...options,
      cutOver: cutOverBy(plan),
      commands: [...options.preDeploy, ...options.postDeploy],
    }),
    ...unmovedProxies(observation, services, operations),
    ...healthRefusals(observation, options.health),
  ];
  return against.length === 0
    ? { kind: 'plan', plan }
    : { kind: 'refused', plan, refusals: against };
}

/** The rest of the plan, once the images are there. */
export function settlePlan(
  plan: Plan,
  imageIds: Readonly<Record<string, string>>,
  observation: Observation,
  options: PlanOptions,
): Plan {
  const services = settleImages(plan.services, imageIds, observation.containers);
  const images = plan.operations.filter(isImageOperation);
  return {
    ...plan,
    services,
    operations: [...images, ...planOperations(observation, services, options)],
  };
}

/** What a plan nearly always turns out to be, before its images are there. */
export interface Foreseen {
  /** The rest of the plan where each image that may change does. */
  readonly plan: Plan;
  /** It is another one where a reference names such an image after all. */
  readonly unless: readonly { readonly reference: string; readonly imageId: string }[];
}

/** Undefined where nothing can be said: no image is made, or one that nothing can be compared with. */
export function foreseePlan(
  plan: Plan,
  observation: Observation,
  options: PlanOptions,
): Foreseen | undefined {
  if (!plan.operations.some(({ kind }) => kind === 'prepare-images')) return undefined;
  const open = plan.services
    .filter(({ ifImageChanges }) => ifImageChanges)
    .map((service) => ({
      reference: service.image,
      inUse: imagesInUse(service, observation.containers),
    }));
  if (open.some(({ inUse }) => inUse.length === 0)) return undefined;
  const another = Object.fromEntries(open.map(({ reference }) => [reference, '']));
  return {
    plan: settlePlan(plan, another, observation, options),
    // Of several images that are in use, a new one differs from some in any case.
    unless: open.flatMap(({ reference, inUse: [imageId = '', ...others] }) =>
      others.length === 0 ? [{ reference, imageId }] : [],
    ),
  };
}

/** True where it came true. */
export function cameTrue(
  { unless }: Foreseen,
  imageIds: Readonly<Record<string, string>>,
): boolean {
  return unless.every(({ reference, imageId }) => imageIds[reference] !== imageId);
}

/** The services that the plan's cutovers bring to their candidates. */
export function cutOverBy({ operations }: Plan): ReadonlySet<string> {
  return new Set(
    operations.flatMap((operation) =>
      operation.kind === 'cutover' || operation.kind === 'withdraw' ? servicesOf(operation) : [],
    ),
  );
}

export function isImageOperation(operation: Operation): boolean {
  return operation.kind === 'prepare-images' || operation.kind === 'restore-images';
}

/** True where executing the plan changes no container. */
export function changesNothing(plan: Plan): boolean {
  return plan.services.every(({ action }) => action === 'keep' || action === 'leave');
}

function expectImages(
  services: readonly ServicePlan[],
  kept: Readonly<Record<string, string>>,
): readonly ServicePlan[] {
  return services.map((service) =>
    service.action === 'keep' && service.role !== 'data' && kept[service.image] !== undefined
      ? {
          ...service,
          action: service.role === 'job' ? 'keep' : changeOf(service),
          ifImageChanges: true,
          why: 'its image may change',
        }
      : service,
  );
}

function prepareImages(
  observation: Observation,
  services: readonly ServicePlan[],
  options: PlanOptions,
): readonly Operation[] {
  const { images, wanted } = observation;
  const reference = (image: string): ImageReference => ({
    reference: image,
    before: images[image],
  });
  if (options.images === 'kept') {
    const references = Object.entries(options.keptImages)
      .filter(([image, imageId]) => images[image] !== imageId)
      .map(([image, imageId]) => ({ ...reference(image), imageId }));
    return references.length === 0 ? [] : [{ kind: 'restore-images', references }];
  }
  const chosen = services.filter(({ service, action, ifImageChanges }) => {
    const definition = wanted.services[service];
    if (definition === undefined || action === 'leave') return false;
    if (options.images === 'pull')
      return ifImageChanges || (action !== 'keep' && action !== 'remove');
    if (options.images !== 'host' || definition.build === undefined) return false;
    return (
      ifImageChanges ||
      images[definition.image] === undefined ||
      action === 'roll' ||
      action === 'run' ||
      action === 'start' ||
      action === 'replace'
    );
  });
  if (chosen.length === 0) return [];
  const names = chosen.map(({ service }) => service);
  const order: BuildOrder =
    options.images === 'pull' ? { bases: [], services: names } : buildOrder(observation, names);
  const made = [
    ...chosen.map(({ image }) => image),
    ...order.bases.flatMap((base) => wanted.services[base]?.image ?? []),
  ];
  return [
    {
      kind: 'prepare-images',
      verb: options.images === 'pull' ? 'pull' : options.buildsOnRunner ? 'ship' : 'build',
      ...order,
      references: [...new Set(made)].map(reference),
    },
  ];
}

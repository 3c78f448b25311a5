import type { PlanOptions } from './plan-options.js';
import { withDependants } from './changes/dependants.js';
import { engineNotes, engineRefusals } from './engine.js';
import { imageOperations } from './steps/image-operations.js';
import { healthNotes, healthRefusals } from './health/health-host.js';
import { withHostnames } from './compose/network-names.js';
import { blockedMoves, givingWay } from './steps/moves.js';
import type { Observation } from './observation.js';
import { planOperations } from './steps/operations.js';
import { servicesOf, type Operation, type Plan } from './plan.js';
import type { ServicePlan } from './service-plan.js';
import { takenNames } from './preflight/names.js';
import { preflightNotes, preflightRefusals } from './preflight/preflight.js';
import { jobsOfRollback } from './steps/publishing.js';
import type { Refusal } from './refusal.js';
import { refusals, refusedChanges } from './refusals/refusals.js';
import { assignRoles } from './roles/roles.js';
import { seenIn, upstreamsOf } from './roles/evidence.js';
import { changeOf } from './changes/decision.js';
import { imagesInUse, planServices, settleImages } from './changes/services.js';
import { unmovedProxies } from './refusals/stale-proxies.js';
import { warnings } from './refusals/warnings.js';

export type Planned =
  | { readonly kind: 'plan'; readonly plan: Plan }
  | { readonly kind: 'refused'; readonly plan: Plan; readonly refusals: readonly Refusal[] };

/** From the wanted stack and the observed host to what will be done. Pure. */
export function makePlan(seen: Observation, options: PlanOptions): Planned {
  const observation = inOrder(seen);
  const decided = withDependants(observation, decideServices(observation, options), options);
  const services = givingWay(observation, decided);
  const images = imageOperations(observation, services, options);
  const operations = [...images, ...planOperations(observation, services, options)];
  const plan: Plan = {
    project: observation.wanted.project,
    sha: observation.commit.sha,
    previousSha: observation.releases.at(-1)?.sha ?? observation.live.head,
    services,
    operations,
    warnings: [
      ...warnings(observation, services, operations, options),
      ...preflightNotes(observation, services, operations),
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
    ...blockedMoves(observation, services, operations),
    ...takenNames(observation, services),
    ...preflightRefusals(observation, services, operations),
    ...healthRefusals(observation, options.health),
  ];
  return against.length === 0
    ? { kind: 'plan', plan }
    : { kind: 'refused', plan, refusals: against };
}

/**
 * Every service, and what happens to it; in a rollback, with its kept image.
 *
 * @param adjust what else a service's decision depends on; asked again once the kept images are known
 */
export function decideServices(
  observation: Observation,
  options: PlanOptions,
  adjust: (service: ServicePlan) => ServicePlan = (service) => service,
): readonly ServicePlan[] {
  const roles = assignRoles(observation.wanted, upstreamsOf(observation), seenIn(observation));
  const services = planServices(observation, roles, options).map(adjust);
  if (options.images !== 'kept') return services;
  const expected = jobsOfRollback(observation, expectImages(services, options.keptImages));
  return settleImages(expected, options.keptImages, observation.containers).map(adjust);
}

/** Docker tells containers in no order that lasts: of the same host the plan is the same. What its DNS names is known. */
function inOrder(observation: Observation): Observation {
  const sorted = <T extends { readonly name: string }>(list: readonly T[]): readonly T[] =>
    [...list].sort((one, other) => one.name.localeCompare(other.name, 'en', { numeric: true }));
  return {
    ...observation,
    wanted: withHostnames(observation.wanted, observation.host.engineVersion),
    containers: sorted(observation.containers),
    proxies: sorted(observation.proxies),
  };
}

/** The rest of the plan, once the images are there. */
export function settlePlan(
  plan: Plan,
  imageIds: Readonly<Record<string, string>>,
  observation: Observation,
  options: PlanOptions,
): Plan {
  const settled = settleImages(plan.services, imageIds, observation.containers);
  const services = withDependants(observation, settled, options);
  const images = plan.operations.filter(isImageOperation);
  return {
    ...plan,
    services,
    operations: [...images, ...planOperations(inOrder(observation), services, options)],
  };
}

/** What stands against the rest of the plan: the same that `makePlan` knows of the host counts. */
export function refusalsOnceSettled(
  plan: Plan,
  seen: Observation,
  options: PlanOptions,
): readonly Refusal[] {
  const observation = inOrder(seen);
  return [
    ...refusedChanges(observation, plan.services, { ...options, cutOver: cutOverBy(plan) }),
    ...unmovedProxies(observation, plan.services, plan.operations),
    ...blockedMoves(observation, plan.services, plan.operations),
    ...takenNames(observation, plan.services),
  ];
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

/** The plan for a person who only looks: it tells as well what a deploy would be refused for after its build. */
export function withLaterRefusals(
  plan: Plan,
  observation: Observation,
  options: PlanOptions,
): Plan {
  const foreseen = foreseePlan(plan, observation, options);
  if (foreseen === undefined) return plan;
  const later = refusalsOnceSettled(foreseen.plan, observation, options).map(
    ({ what, next }) =>
      `a deploy is refused once the images are there, if they differ: ${what}. ${next}`,
  );
  return { ...plan, warnings: [...plan.warnings, ...later] };
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

/** What has failed by itself before has no incumbents. */
function withAnother(service: ServicePlan): ServicePlan['action'] {
  const isDead = service.incumbents.length === 0 && service.dead.length > 0;
  return isDead ? 'start' : changeOf(service);
}

/** For a rollback: what runs may have another image than the kept one. */
function expectImages(
  services: readonly ServicePlan[],
  kept: Readonly<Record<string, string>>,
): readonly ServicePlan[] {
  return services.map((service) =>
    service.action === 'keep' && service.role !== 'data' && kept[service.image] !== undefined
      ? {
          ...service,
          action: service.role === 'job' ? 'keep' : withAnother(service),
          ifImageChanges: true,
          why: 'its image may change',
        }
      : service,
  );
}

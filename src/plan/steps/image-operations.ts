import { buildOrder, type BuildOrder } from '../changes/builds.js';
import type { Observation } from '../observation.js';
import type { ImageReference, Operation } from '../plan.js';
import type { ServicePlan } from '../service-plan.js';
import type { PlanOptions } from '../plan-options.js';
import { roomWanted } from '../preflight/room.js';
import { isBuilt } from '../changes/services.js';

/** How the images of the release are made, or brought back. */
export function imageOperations(
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
  const chosen = services.filter((plan) => {
    const { service, action, ifImageChanges } = plan;
    const definition = wanted.services[service];
    if (definition === undefined || action === 'leave') return false;
    if (options.images === 'pull')
      return ifImageChanges || (action !== 'keep' && action !== 'remove');
    return isBuilt(observation, plan, options);
  });
  if (chosen.length === 0) return [];
  const names = chosen.map(({ service }) => service);
  const order: BuildOrder =
    options.images === 'pull' ? { bases: [], services: names } : buildOrder(observation, names);
  const made = [
    ...chosen.map(({ image }) => image),
    ...order.bases.flatMap((base) => wanted.services[base]?.image ?? []),
  ];
  const references = [...new Set(made)].map(reference);
  const room = roomWanted(observation, references);
  return [
    {
      kind: 'prepare-images',
      verb: options.images === 'pull' ? 'pull' : options.buildsOnRunner ? 'ship' : 'build',
      ...order,
      references,
      ...(room === undefined ? {} : { room }),
    },
  ];
}

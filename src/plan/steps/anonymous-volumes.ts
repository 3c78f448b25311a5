import type { Container, Observation } from '../observation.js';
import type { ServicePlan } from '../service-plan.js';
import type { HandedVolumes } from '../scale.js';
import { isRenewed } from '../roles/storage.js';
import type { Service } from '../compose/stack.js';

/**
 * An anonymous volume (an image's `VOLUME`, `- /data`) belongs to a container, and its successor gets it, as with
 * `docker compose up`. What comes with each image is not handed on: there the old one would hide the new.
 */
interface AnonymousVolume {
  /** The path in the container. */
  readonly target: string;
  readonly volume: string;
  /**
   * `handed`: the successor gets it; `renewed`: the successor has a new one; `left`: nothing mounts it any
   * more, and somebody may want what it holds.
   */
  readonly fate: 'handed' | 'renewed' | 'left';
}

function volumesOf(container: Container, service: Service | undefined): readonly AnonymousVolume[] {
  return container.mounts.flatMap(({ target, volume }): readonly AnonymousVolume[] => {
    if (volume === undefined) return [];
    if (isRenewed(target, service?.binds ?? [])) return [{ target, volume, fate: 'renewed' }];
    const named = service?.mounts.some((mount) => mount.target === target && mount.source);
    const isLeft = service === undefined || named === true;
    return [{ target, volume, fate: isLeft ? 'left' : 'handed' }];
  });
}

/** Actions after which a service has other containers. */
const CREATES: ReadonlySet<ServicePlan['action']> = new Set(['start', 'roll', 'replace', 'run']);

/** The containers of a service whose successors get their volumes, in the order in which they do. */
function predecessors({ containers }: Observation, plan: ServicePlan): readonly Container[] {
  const { action, role, incumbents, dead } = plan;
  // What holds data and only stopped is started again.
  if (!CREATES.has(action) || (action === 'start' && role === 'data')) return [];
  const ids = action === 'run' ? [...dead, ...incumbents] : [...incumbents, ...dead];
  return ids.flatMap((id) => containers.find((container) => container.id === id) ?? []);
}

/** What new containers of a service get of its old ones: one gets all that one had. */
export function handedVolumes(
  observation: Observation,
  plan: ServicePlan,
): readonly HandedVolumes[] {
  const service = observation.wanted.services[plan.service];
  return predecessors(observation, plan)
    .map((container) => ({
      container: container.id,
      volumes: volumesOf(container, service)
        .filter(({ fate }) => fate === 'handed')
        .map(({ target, volume }) => ({ target, volume })),
    }))
    .filter(({ volumes }) => volumes.length > 0)
    .slice(0, plan.replicas);
}

/** Old containers that do not run, and stay until the release is proven: new ones get their volumes. */
export function keptDead(observation: Observation, plan: ServicePlan): readonly string[] {
  return handedVolumes(observation, plan)
    .map(({ container }) => container)
    .filter((id) => plan.dead.includes(id));
}

/** What becomes of the anonymous volumes of the containers that go with the release. */
export function volumesLeftBy(
  observation: Observation,
  plan: ServicePlan,
): { readonly renewed: readonly AnonymousVolume[]; readonly left: readonly AnonymousVolume[] } {
  const service = observation.wanted.services[plan.service];
  const going =
    plan.action === 'remove'
      ? observation.containers.filter(
          ({ id }) => plan.incumbents.includes(id) || plan.dead.includes(id),
        )
      : predecessors(observation, plan);
  const handed = new Set(
    handedVolumes(observation, plan).flatMap(({ volumes }) => volumes.map(({ volume }) => volume)),
  );
  const all = going.flatMap((container) => volumesOf(container, service));
  return {
    renewed: all.filter(({ fate }) => fate === 'renewed'),
    left: all.filter(({ fate, volume }) => fate !== 'renewed' && !handed.has(volume)),
  };
}

/** What becomes of them, a line each, for a person. */
export function volumesTold(observation: Observation, plan: ServicePlan): readonly string[] {
  const { renewed, left } = volumesLeftBy(observation, plan);
  const handed = handedVolumes(observation, plan).flatMap(({ volumes }) => volumes);
  const places = (volumes: readonly { readonly target: string }[]): string =>
    [...new Set(volumes.map(({ target }) => target))].join(', ');
  return [
    ...(handed.length === 0
      ? []
      : [`the anonymous volume at ${places(handed)} goes on to the new container`]),
    ...(renewed.length === 0
      ? []
      : [
          `the anonymous volume at ${places(renewed)} is made anew from the image, which \`docker compose up\` does only with -V`,
        ]),
    ...left.map(
      ({ target, volume }) =>
        `no container uses the anonymous volume ${volume.slice(0, 12)} any more (${target}); it stays, as it may hold data. To remove it: docker volume rm ${volume}`,
    ),
  ];
}

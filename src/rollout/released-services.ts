import { commitOf, releasedService, wasRemoved } from '../plan/changes/changes.js';
import { fingerprintOf, type Fingerprint } from '../plan/compose/definition.js';
import { keptReference } from '../plan/steps/kept-image.js';
import type { ReleasedService } from '../plan/observation.js';
import type { Plan } from '../plan/plan.js';
import type { ServicePlan } from '../plan/service-plan.js';
import type { Service } from '../plan/compose/stack.js';
import type { RolloutContext } from './context.js';

type Recording = Pick<RolloutContext, 'observation' | 'planOptions' | 'results'>;

/**
 * What the record of a release says of each service: the commit and the definition that it runs with, which are
 * those of an earlier release where this one left it as it was.
 *
 * @param again tells releases of one commit apart; empty for the first of them
 */
export function releasedServices(
  context: Recording,
  plan: Plan,
  again = '',
): Readonly<Record<string, ReleasedService>> {
  const { observation } = context;
  const { wanted } = observation;
  return Object.fromEntries(
    plan.services.flatMap((service) => {
      const definition = wanted.services[service.service];
      if (service.action === 'leave') return leftService(context, service, again);
      const imageId =
        context.results.candidates.get(service.service)?.[0]?.imageId ??
        context.results.imageIds.get(service.image) ??
        service.oldImageId;
      if (definition === undefined || imageId === undefined) return [];
      const released: ReleasedService = {
        imageId,
        image: service.image,
        keptAs: keptAs(context, service, definition, again),
        commit: commitAfter(context, service),
        runs: runningAs(context, definition, service.waits),
      };
      return [[service.service, released]];
    }),
  );
}

/** Also one that is in no profile of this deploy, or that the commit removed: the next one knows of it. */
function leftService(
  context: Recording,
  service: ServicePlan,
  again: string,
): readonly (readonly [string, ReleasedService])[] {
  const { observation } = context;
  const { service: name, oldImageId } = service;
  const before = releasedService(observation, name);
  const definition = observation.wanted.services[name];
  if (definition === undefined) {
    const kept = before && { ...before, commit: commitOf(observation, name) };
    if (!wasRemoved(observation, name)) return kept === undefined ? [] : [[name, kept]];
    const { image } = observation.installed?.services[name] ?? service;
    // No rollback starts it again.
    const unknown = { imageId: oldImageId ?? '', image, commit: '' };
    return [[name, { ...unknown, ...kept, keptAs: undefined, removed: service.role }]];
  }
  if (oldImageId === undefined) return [];
  const released: ReleasedService = {
    imageId: oldImageId,
    image: before?.image ?? service.image,
    keptAs: keptAs(context, service, definition, again),
    // Where somebody else has deployed since the last release, nobody knows.
    commit: before === undefined ? '' : commitOf(observation, name),
    definition: before?.definition,
    runs: before?.runs,
  };
  return [[name, released]];
}

function keptAs(
  { observation: { wanted, commit } }: Recording,
  { service, role }: ServicePlan,
  { build }: Service,
  again: string,
): string | undefined {
  const isKept = build !== undefined || role !== 'data';
  return isKept
    ? keptReference({ project: wanted.project, service }, commit.sha, again)
    : undefined;
}

function commitAfter(
  { observation, planOptions }: Recording,
  { service, image, unread }: ServicePlan,
): string {
  if (unread.length > 0) return commitOf(observation, service);
  const isRestored = planOptions.images === 'kept' && planOptions.keptImages[image] !== undefined;
  return (isRestored ? planOptions.keptCommits[service] : undefined) ?? observation.commit.sha;
}

/**
 * Without a key nothing of it is kept: it would not be secret.
 *
 * @param waits places in which its containers have what an earlier record says
 */
function runningAs(
  { observation }: Recording,
  service: Service,
  waits: readonly string[],
): Fingerprint | undefined {
  const { host, recordKey: key } = observation;
  if (key === '') return undefined;
  const wanted = fingerprintOf(service, { compose: host.composeVersion, key });
  const before = releasedService(observation, service.name)?.runs?.places ?? {};
  const waiting = new Set(waits);
  const places = Object.entries(wanted.places).filter(([place]) => !waiting.has(place));
  // An empty text differs from every digest: what is not known waits as well.
  const kept = waits.flatMap((place) => {
    const text = before[place] ?? (wanted.places[place] === undefined ? undefined : '');
    return text === undefined ? [] : [[place, text] as const];
  });
  return { ...wanted, places: Object.fromEntries([...places, ...kept]) };
}

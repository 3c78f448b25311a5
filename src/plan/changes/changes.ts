import { unescaped } from '../compose/contents.js';
import {
  differingPlaces,
  fingerprintOf,
  formerDigest,
  isUnknownToFormer,
  keyName,
  meaningOf,
  OF_A_VOLUME,
  placesOf,
  type Fingerprint,
  type Meaning,
} from '../compose/definition.js';
import { isObject, textOf } from '../compose/json.js';
import type { FileChange, Observation, ReleasedService } from '../observation.js';
import type { Service } from '../compose/stack.js';

/**
 * What the last release says of a service; undefined where its record does not describe what lies in
 * the live directory (a host that somebody else has deployed to since).
 */
export function releasedService(
  { releases, live }: Pick<Observation, 'releases' | 'live'>,
  service: string,
): ReleasedService | undefined {
  const last = releases.at(-1);
  return last?.sha === live.head ? last?.services[service] : undefined;
}

/** True for a service that this commit does without, or an earlier one that has left its containers. */
export function wasRemoved(observation: Observation, service: string): boolean {
  return (
    observation.installed?.services[service] !== undefined ||
    releasedService(observation, service)?.removed !== undefined
  );
}

/** The commit that a service was last brought to; empty where nobody knows. */
export function commitOf(observation: Observation, service: string): string {
  const released = releasedService(observation, service);
  // What `services` left out a record of an earlier version does not tell.
  return released?.commit ?? observation.live.head ?? '';
}

/** What the commit changes of the files that a service was last brought to. */
export function changesFor(
  { commit, live, ...rest }: Observation,
  service: string,
): readonly FileChange[] {
  const base = commitOf({ commit, live, ...rest }, service);
  if (base === (live.head ?? '')) return commit.changes;
  return commit.since[base] ?? commit.files.map((path) => ({ path, status: 'modified' }));
}

/** The places of a service's definition in which the commit, or the host's own files, differ from what runs. */
export function changedPlaces(observation: Observation, service: Service): readonly string[] {
  const released = releasedService(observation, service.name);
  const sinceInstalled = (): readonly string[] => changesOfFiles(observation, service);
  if (released === undefined) return sinceInstalled();
  const { runs } = released;
  if (runs?.key === keyName(observation.recordKey)) {
    // Somebody may have made the containers again since, with other variables on the host.
    return sortedUnique([
      ...sinceRecorded(observation, service, runs),
      ...sinceInstalled().filter(isOfAVolume),
      ...changedVariables(observation, service),
    ]);
  }
  // A record of an earlier version, or a key that was lost: what there is to see is compared.
  const isSame = released.definition === formerDigest(service.definition);
  return isSame
    ? sinceInstalled().filter(isUnknownToFormer)
    : sortedUnique([...sinceInstalled(), ...changedVariables(observation, service)]);
}

function sortedUnique(places: readonly string[]): readonly string[] {
  return [...new Set(places)].sort();
}

/** Those of a meaning. */
export function changedFor(
  meaning: Meaning,
  observation: Observation,
  service: Service,
): readonly string[] {
  return changedPlaces(observation, service).filter((place) => meaningOf(place) === meaning);
}

/** Printed by every version of Compose as they were written. */
const AS_WRITTEN =
  /^(?:environment\..*|labels\..*|image|container_name|hostname|user|working_dir|restart)$/;

const isOfAVolume = (place: string): boolean => OF_A_VOLUME.test(place);

function sinceRecorded(
  observation: Observation,
  service: Service,
  runs: Fingerprint,
): readonly string[] {
  const { recordKey: key, host } = observation;
  const now = fingerprintOf(service, { compose: host.composeVersion, key });
  const differing = differingPlaces(runs.places, now.places).filter(
    // A record of an earlier version says nothing of volumes.
    (place) => !isOfAVolume(place) || Object.keys(runs.places).some(isOfAVolume),
  );
  if (runs.compose === host.composeVersion) return differing;
  // Another version of Compose prints the same service differently: both sides are as this one prints them.
  const changed = new Set(changesOfFiles(observation, service));
  return differing.filter((place) => AS_WRITTEN.test(place) || changed.has(place));
}

/** Between the Compose file of the live directory and that of the commit, with the same files of the host. */
function changesOfFiles({ installed }: Observation, service: Service): readonly string[] {
  const before = installed?.services[service.name];
  if (before === undefined) return [];
  return differingPlaces(placesOf(before.definition), placesOf(service.definition));
}

/** Variables that the running containers have otherwise: the host's own files may have changed. */
function changedVariables({ containers }: Observation, service: Service): readonly string[] {
  const { environment } = service.definition;
  if (!isObject(environment)) return [];
  const running = containers.filter(
    (each) => each.service === service.name && each.running && !each.oneOff,
  );
  return Object.entries(environment).flatMap(([name, value]) => {
    const wanted = textOf(value);
    return wanted !== undefined &&
      running.some((each) => each.environment[unescaped(name)] !== unescaped(wanted))
      ? `environment.${name}`
      : [];
  });
}

/** At most `most` of the words, and how many more there are. */
export function listed(words: readonly string[], most: number): string {
  const shown = words.slice(0, most).join(', ');
  return words.length > most ? `${shown} and ${String(words.length - most)} more` : shown;
}

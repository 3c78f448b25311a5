import { changedFor } from '../changes/changes.js';
import { isNamed } from '../changes/decision.js';
import type { Permissions } from '../plan-options.js';
import { sharedStorage } from './data-refusals.js';
import { changedComposeFiles, linksOfContainers } from './container-writes.js';
import { differences } from '../compose/definition.js';
import { objectOf } from '../compose/json.js';
import { filesInTheWay } from './local-changes.js';
import type { Observation } from '../observation.js';
import { changedBuildInputs, missingImages } from './image-refusals.js';
import type { ServicePlan } from '../service-plan.js';
import { gaps, type GapOptions } from './gaps.js';
import type { Refusal } from '../refusal.js';
import { missingSources } from './missing-files.js';
import { driftedMounts, volumeName } from './mounted.js';
import { movedWithGap } from '../steps/moves.js';
import { anotherProject } from '../preflight/projects.js';
import { removedUpstreams } from '../changes/removed-upstreams.js';
import { ROLES, ROLE_LABEL } from '../role.js';
import { isSameVolume } from '../compose/volumes.js';

export interface RefusalOptions extends GapOptions, Permissions {
  readonly images: string;
  /** The workflow says the project's name. */
  readonly projectNamed: boolean;
  readonly commands: readonly { readonly service: string; readonly command: string }[];
}

/** Everything that stands against the deploy, all at once. */
export function refusals(
  observation: Observation,
  services: readonly ServicePlan[],
  options: RefusalOptions,
): readonly Refusal[] {
  return [
    ...commonRefusals(observation, services, options),
    ...anotherProject(observation, options),
    ...changedNetworks(observation, options),
    ...refusedChanges(observation, services, options),
  ];
}

/** What stands against it whatever runs the stack. */
export function commonRefusals(
  observation: Observation,
  services: readonly ServicePlan[],
  options: Permissions & Pick<RefusalOptions, 'images' | 'commands'>,
): readonly Refusal[] {
  return [
    ...unknownServices(observation, options),
    ...unknownRoles(observation),
    ...filesInTheWay(observation),
    ...changedComposeFiles(observation),
    ...linksOfContainers(observation),
    ...changedBuildInputs(observation, options),
    ...sharedStorage(observation, services),
    ...missingImages(observation, services, options),
    ...missingSources(observation, services),
  ];
}

/**
 * What stands against the changes of services themselves. A service whose image may turn out to be the same is
 * left out: it is asked again once the images are there.
 */
export function refusedChanges(
  observation: Observation,
  services: readonly ServicePlan[],
  options: GapOptions & Permissions,
): readonly Refusal[] {
  return [
    ...changedData(observation, services, options),
    ...sharedContainers(observation, services),
    ...linkedContainers(observation, services),
    ...driftedMounts(observation, services),
    ...removedUpstreams(observation, services),
    ...gaps(observation, services, options),
    ...(options.allowDowntime ? [] : movedWithGap(observation, services)),
  ];
}

function unknownServices(
  { wanted, containers }: Observation,
  options: Permissions & Pick<RefusalOptions, 'commands'>,
): readonly Refusal[] {
  const known = Object.keys(wanted.services);
  // What the commit removes is named as well.
  const there = [...known, ...containers.map(({ service }) => service)];
  const next = `The Compose file knows: ${known.join(', ')}.`;
  const named = [
    ...options.services.map((service) => ({ service, input: 'services' })),
    ...options.allowDataChanges.map((service) => ({ service, input: 'allow-data-changes' })),
    ...options.commands.map(({ service }) => ({ service, input: 'pre-deploy or post-deploy' })),
  ];
  return named
    .filter(
      ({ service, input }) => !(input === 'allow-data-changes' ? there : known).includes(service),
    )
    .map(({ service, input }) => ({
      what: `${input} names "${service}", which is no service`,
      next,
    }));
}

function unknownRoles({ wanted }: Observation): readonly Refusal[] {
  return Object.values(wanted.services).flatMap(({ name, labels }) => {
    const label = labels[ROLE_LABEL];
    if (label === undefined || ROLES.some((role) => role === label)) return [];
    return [
      {
        what: `the label ${ROLE_LABEL} of ${name} is "${label}"`,
        next: `Use one of ${ROLES.join(', ')}, or remove the label.`,
      },
    ];
  });
}

export function changedData(
  observation: Observation,
  services: readonly ServicePlan[],
  options: Permissions,
): readonly Refusal[] {
  return services
    .filter(({ ifImageChanges }) => !ifImageChanges)
    .filter(({ role, action }) => role === 'data' && (action === 'replace' || action === 'remove'))
    .filter(({ service, role }) => !isNamed(service, role, options))
    .map(({ service, why }) => {
      const lines = changeLines(observation, service);
      return {
        what: `${service} holds data, and ${lines.length === 0 ? why : `its definition changed: ${lines.join('; ')}`}`,
        next: `A code deploy never touches data. To change it on purpose, with a gap, name it: allow-data-changes: ${service}`,
      };
    });
}

/** Each place that changed: with its values, where the Compose file says both. */
function changeLines(observation: Observation, name: string): readonly string[] {
  const { wanted, installed } = observation;
  const service = wanted.services[name];
  if (service === undefined) return [];
  const said = differences(installed?.services[name]?.definition ?? {}, service.definition);
  return changedFor('container', observation, service).map(
    (place) => said.find((line) => line.startsWith(`${place}: `)) ?? place,
  );
}

function changingServices(services: readonly ServicePlan[]): ReadonlySet<string> {
  return new Set(
    services.flatMap(({ service, action, incumbents, ifImageChanges }) =>
      incumbents.length > 0 && !ifImageChanges && (action === 'roll' || action === 'replace')
        ? service
        : [],
    ),
  );
}

/** A container that shares the network of another keeps that of the old one, which goes. */
function sharedContainers(
  { wanted, live }: Observation,
  services: readonly ServicePlan[],
): readonly Refusal[] {
  const changing = changingServices(services);
  return Object.values(wanted.services).flatMap(({ name, joins }) =>
    joins
      .filter((joined) => changing.has(joined))
      .map((joined) => ({
        what: `${name} shares the network or the processes of ${joined}, and would be left with those of its old container`,
        next: `Make this change on the host, with a gap, and run the workflow again: git -C ${live.path} pull --ff-only && cd ${live.path} && docker compose up -d --build ${joined} ${name}. Where ${name} only calls ${joined}, and is not to send its own traffic through it (no VPN, no Tailscale), a network of its own needs no gap: http://${joined}:PORT.`,
      })),
  );
}

/** Docker ties the name of a link to one container: of no use once that is gone. */
function linkedContainers(
  { wanted }: Observation,
  services: readonly ServicePlan[],
): readonly Refusal[] {
  const changing = changingServices(services);
  const kept = services.filter(({ action }) => action === 'keep' || action === 'reload');
  return kept.flatMap(({ service }) =>
    (wanted.services[service]?.links ?? [])
      .filter((linked) => changing.has(linked))
      .map((linked) => ({
        what: `${service} is tied to one container of ${linked} by \`links\`, and could not resolve the name once that is gone`,
        next: `Remove \`links\` from ${service}: on a network of Compose the names of services and \`aliases\` resolve without. That changes ${service} once, with a gap: allow-downtime: true.`,
      })),
  );
}

function changedNetworks(
  { wanted, installed, containers }: Observation,
  { allowDowntime }: RefusalOptions,
): readonly Refusal[] {
  if (installed === undefined || containers.length === 0) return [];
  const changed = (kind: 'networks' | 'volumes'): readonly string[] =>
    Object.entries(wanted[kind]).flatMap(([name, text]) => {
      const before = installed[kind][name] ?? text;
      return before === text || (kind === 'volumes' && isSameVolume(before, text)) ? [] : [name];
    });
  return [
    ...changed('networks').map((name) => ({
      what: `the definition of network "${name}" changed${differencesOf(
        `network ${name}`,
        [installed, wanted].map(({ networks }) => networks[name]),
      )}`,
      next: 'Compose would stop every container on it, also the database, and starts none of them again, so allow-downtime is no way. Give the changed network a new name; or, with a gap, on the host: docker compose down (volumes stay), and run the workflow again.',
    })),
    ...(allowDowntime ? [] : changed('volumes')).map((name) =>
      volumeRefusal(name, [volumeName(installed, name), volumeName(wanted, name)]),
    ),
  ];
}

/** @param texts canonical, before and after */
function differencesOf(
  place: string,
  [before = '{}', after = '{}']: readonly (string | undefined)[],
): string {
  const [was, is] = [before, after].map((text) => ({ [place]: objectOf(JSON.parse(text)) }));
  const lines = differences(was ?? {}, is ?? {}).map((line) => line.slice(place.length + 1));
  return lines.length === 0 ? '' : `: ${lines.join('; ')}`;
}

function volumeRefusal(
  name: string,
  [before = '', after = '']: readonly (string | undefined)[],
): Refusal {
  return before === after
    ? {
        what: `the definition of volume "${name}" changed`,
        next: 'Compose stops every container on it to recreate it. Give the changed one a new name, or accept the gap: allow-downtime: true.',
      }
    : {
        what: `volume "${name}" is another one by its name: ${before} → ${after}`,
        next: `${after} may be empty, and what ${before} holds stays there, out of sight: where it is wanted, copy it first. Then accept the gap: allow-downtime: true, and name what holds data: allow-data-changes.`,
      };
}

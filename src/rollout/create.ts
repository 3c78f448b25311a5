import { parseContainers } from '../host/containers.js';
import { commandLine, quote } from '../host/quote.js';
import { variablesBefore } from '../host/state.js';
import type { ServiceScale } from '../plan/scale.js';
import { isTraefikRouted } from '../plan/compose/traefik-labels.js';
import type { Service } from '../plan/compose/stack.js';
import { remoteScript } from '../remote/load.js';
import type { Asking } from './candidate-checks.js';
import { candidatesOf, knownIds, type RolloutContext } from './context.js';
import { contentLines, neededBy, requireDecidedImage, runsAlready, scales } from './creation.js';
import { hookLines } from './hooks.js';
import { registryVariables } from './registries.js';
import { goingFirst, handedLines } from './volumes.js';

/** New containers of services, and what is undone of that. */
interface Creation {
  readonly name: string;
  readonly services: readonly ServiceScale[];
  /** Incumbents that stop when the new containers are there, and before these start. */
  readonly stop?: readonly string[];
  /** Containers that ran before, and must run when this is undone. */
  readonly again?: readonly string[];
  readonly then: readonly string[];
  readonly asking?: Asking | undefined;
  /** Commands for when the incumbents run again. */
  readonly afterUndos?: readonly string[];
  readonly lastUndo?: string | undefined;
}

/** One script, which finds the ids of the new containers itself: one round trip. */
export async function create(context: RolloutContext, creation: Creation): Promise<void> {
  const {
    name,
    services,
    stop = [],
    again = [],
    then,
    asking,
    afterUndos = [],
    lastUndo,
  } = creation;
  const known = [...knownIds(context), ...candidatesOf(context).map(({ id }) => id)].join(' ');
  const output = await context.transaction.step({
    name,
    ...(lastUndo === undefined ? {} : { lastUndo }),
    undo: [
      // Journalled first, so that it is undone last: the new container goes before the old returns.
      ...(stop.length === 0 ? [] : [`start_containers ${stop.join(' ')}`]),
      [
        undoOf(context, services, known),
        ...(again.length === 0 ? [] : [`run_again ${again.join(' ')}`]),
      ].join('\n'),
    ],
    afterUndos,
    script: [...['up', ...then].map(remoteScript), asking?.script ?? ''].join('\n'),
    variables: {
      ...asking?.variables,
      DIR: context.observation.live.path,
      COMPOSE: context.compose,
      VARIABLES: variablesBefore(context.inputs.compose.variables),
      SCALES: scales(context, services),
      SERVICES: commandLine(services.map(({ service }) => service)),
      NEEDED: [...neededBy(context, services)].join(' '),
      PROJECT: context.observation.wanted.project,
      KNOWN: known,
      REMOVE: services.flatMap(goingFirst).join(' '),
      HANDED: handedLines(services),
      ...registryVariables(context),
      RESUME: services.flatMap(({ resumed }) => resumed).join(' '),
      STOP: stop.join(' '),
      CONTENTS: contentLines(context, services),
      HOOKS: hookLines(context, services),
      FIRST: services
        .filter(({ incumbents }) => incumbents.length === 0 && stop.length === 0)
        .map(({ service }) => service)
        .join(' '),
      NEW: namesOf(services, (service) => !runsAlready(context, service)),
      ENDING: namesOf(services, (service) => mayEnd(context.observation.wanted.services[service])),
      OF_IMAGE: namesOf(services, (service) => !hasHealthcheck(context, service)),
      PORTS: services.map(({ service, port }) => `${service} ${String(port ?? '-')}\n`).join(''),
      TIMEOUT: String(Math.ceil(context.inputs.readyTimeoutMs / 1000)),
    },
  });
  for (const container of parseContainers(output)) {
    requireDecidedImage(context, container);
    const others = context.results.candidates.get(container.service) ?? [];
    context.results.candidates.set(container.service, [...others, container]);
  }
}

function namesOf(services: readonly ServiceScale[], test: (service: string) => boolean): string {
  return services
    .map(({ service }) => service)
    .filter(test)
    .join(' ');
}

/** True where the Compose file says itself that Docker leaves it where it has ended with 0, and no proxy needs it. */
function mayEnd(service: Service | undefined): boolean {
  const says = /^(?:no|on-failure)(?::|$)/.test(service?.restart ?? '');
  return service !== undefined && says && !isTraefikRouted(service);
}

/** True where the Compose file says how it is checked, or that it is not. */
function hasHealthcheck({ observation }: RolloutContext, service: string): boolean {
  return observation.wanted.services[service]?.definition['healthcheck'] !== undefined;
}

function undoOf(
  { observation }: RolloutContext,
  services: readonly ServiceScale[],
  known: string,
): string {
  const project = quote(observation.wanted.project);
  return [
    ...services.flatMap(({ service, incumbents, drainFile }) => {
      const those = `${project} ${quote(service)}`;
      const served = incumbents.length > 0 ? 'yes' : 'no';
      const remove = `remove_new_containers ${those} ${served} ${known}`;
      return drainFile === undefined
        ? [remove]
        : [`withdraw_new ${those} ${quote(drainFile)} ${known}`, remove];
    }),
    ...(observation.containers.length === 0 ? [`remove_unused_networks ${project}`] : []),
  ].join('\n');
}

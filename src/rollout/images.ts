import { commandLine, quote } from '../host/quote.js';
import { linesOf } from '../host/sections.js';
import { variablesBefore } from '../host/state.js';
import { isPinned } from '../plan/compose/image-names.js';
import type { ImageReference, Operation } from '../plan/plan.js';
import { remoteScript } from '../remote/load.js';
import type { RolloutContext } from './context.js';
import { registryVariables } from './registries.js';
import { shipImages } from './shipping.js';

type Prepare = Extract<Operation, { kind: 'prepare-images' }>;
type Restore = Extract<Operation, { kind: 'restore-images' }>;

/** Builds, pulls or ships the release's images; the live directory is not touched. */
export async function prepareImages(context: RolloutContext, operation: Prepare): Promise<void> {
  const output =
    operation.verb === 'ship'
      ? await shipImages(context, operation, {
          undo: restoreTags(operation.references),
          room: roomArguments(operation),
        })
      : await buildOrPull(context, operation);
  for (const line of linesOf(output)) {
    const [reference, id] = line.split(' ');
    if (reference !== undefined && id !== undefined) context.results.imageIds.set(reference, id);
  }
}

function buildOrPull(context: RolloutContext, operation: Prepare): Promise<string> {
  return context.transaction.step({
    name: operation.verb,
    undo: restoreTags(operation.references),
    script: remoteScript('build'),
    variables: {
      STAGE: context.observation.stage,
      COMPOSE: context.compose,
      VARIABLES: variablesBefore(context.inputs.compose.variables),
      VERB: operation.verb,
      BASES: operation.bases.join(' '),
      SERVICES: commandLine(operation.services),
      REFERENCES: operation.references.map(({ reference }) => reference).join(' '),
      ROOM: roomArguments(operation),
      ...registryVariables(context),
    },
  });
}

/** Gives the references back the images of a kept release. */
export async function restoreImages(context: RolloutContext, operation: Restore): Promise<void> {
  await context.transaction.step({
    name: 'images',
    undo: restoreTags(operation.references),
    script: operation.references
      .flatMap(({ reference, imageId }) =>
        imageId === undefined ? [] : [`set_tag ${quote(reference)} ${quote(imageId)}`],
      )
      .join('\n'),
    variables: {},
  });
  for (const { reference, imageId } of operation.references) {
    if (imageId !== undefined) context.results.imageIds.set(reference, imageId);
  }
}

/** Those of make_room; nothing where there is enough. */
function roomArguments({ room }: Prepare): string {
  if (room === undefined) return '';
  const { path, project, wantedKb, leastKb, leastInodes } = room;
  return commandLine([path, project, ...[wantedKb, leastKb, leastInodes].map(String)]);
}

function restoreTags(references: readonly ImageReference[]): string {
  return references
    .filter(({ reference }) => !isPinned(reference))
    .map(({ reference, before }) => `restore_tag ${quote(reference)} ${quote(before ?? '')}`)
    .join('\n');
}

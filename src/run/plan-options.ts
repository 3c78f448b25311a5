import { RefusedError } from '../errors.js';
import type { Inputs } from '../inputs.js';
import type { Observation, ReleaseRecord } from '../plan/observation.js';
import type { PlanOptions } from '../plan/plan-options.js';

/**
 * What a plan is made with.
 *
 * @param release for a rollback: the kept release to go back to
 * @throws RefusedError where an image of that release is not on the host any more
 */
export function planOptions(
  inputs: Inputs,
  release: ReleaseRecord | undefined,
  observation: Observation,
): PlanOptions {
  const kept = Object.values(release?.services ?? {}).filter(({ keptAs }) => keptAs !== undefined);
  const present = new Set(Object.values(observation.images));
  const lost = kept.filter(({ imageId }) => !present.has(imageId));
  if (lost.length > 0) {
    throw new RefusedError({
      what: `images of ${release?.sha ?? ''} are not on the host any more: ${lost.map(({ image }) => image).join(', ')}`,
      next: 'Deploy that commit again (operation: deploy, from a revert commit), or roll back to another kept release.',
    });
  }
  return {
    services: inputs.compose.services,
    allowDataChanges: inputs.allowDataChanges,
    projectNamed: inputs.compose.projectName !== undefined,
    engine: inputs.compose.engine,
    images: release === undefined ? imagesFrom(inputs) : 'kept',
    buildsOnRunner: inputs.compose.build === 'runner',
    preDeploy: release === undefined ? inputs.preDeploy : [],
    postDeploy: release === undefined ? inputs.postDeploy : [],
    allowDowntime: inputs.allowDowntime,
    soakMs: inputs.soakMs,
    drainTimeoutMs: inputs.drainTimeoutMs,
    health: { url: inputs.health.url, host: inputs.health.host },
    keptCommits: Object.fromEntries(
      Object.entries(release?.services ?? {}).map(([service, { commit }]) => [
        service,
        commit ?? release?.sha ?? '',
      ]),
    ),
    keptImages: Object.fromEntries(kept.map(({ image, imageId }) => [image, imageId])),
  };
}

/** On the runner the same is built as on the host. */
function imagesFrom({ compose }: Inputs): 'host' | 'pull' | 'none' {
  return compose.build === 'runner' ? 'host' : compose.build;
}

import type { Inputs } from '../inputs.js';
import type { ReleasedWorkflow } from '../plan/observation.js';

/** The default of `health-url`: a workflow that says nothing. */
const DEFAULT_HEALTH_URL = 'http://localhost/api/health/';

/** What a release's record keeps of the inputs, for operations on it. */
export function toRecord({
  health,
  compose,
  envFile,
}: Pick<Inputs, 'health' | 'compose' | 'envFile'>): ReleasedWorkflow {
  return {
    healthUrl: health.url.href,
    healthHost: health.host,
    healthStatus: health.status,
    composeFiles: compose.files,
    profiles: compose.profiles,
    variables: compose.variables,
    envFile: envFile?.recorded,
  };
}

/**
 * The inputs of an operation on a release: what its workflow leaves at the default is as the release had it,
 * and its variables are those of the release, whatever the workflow says.
 */
export function withRecorded(inputs: Inputs, recorded: ReleasedWorkflow | undefined): Inputs {
  if (recorded === undefined) return inputs;
  const { health, compose } = inputs;
  const unsaid = health.url.href === DEFAULT_HEALTH_URL && health.host === undefined;
  return {
    ...inputs,
    health: unsaid
      ? {
          ...health,
          url: new URL(recorded.healthUrl),
          host: recorded.healthHost,
          status: recorded.healthStatus,
        }
      : health,
    compose: {
      ...compose,
      files: compose.files.length === 0 ? recorded.composeFiles : compose.files,
      profiles: compose.profiles.length === 0 ? recorded.profiles : compose.profiles,
      variables: recorded.variables ?? {},
    },
  };
}

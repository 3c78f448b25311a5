import { listed } from '../changes/changes.js';
import type { Refusal } from '../refusal.js';
import { dropping, MOST_FILES } from './local-changes.js';
import type { Observation } from '../observation.js';
import { isWithin } from '../compose/stack.js';

/** Names of files that say what Compose runs; others may be named by `compose-files` and `include`. */
const COMPOSE_FILE = /(?:^|\/)(?:docker-)?compose[^/]*\.ya?ml$/i;

/**
 * Who can change a Compose file chooses what the next deploy starts on the host, with whatever rights. A container
 * with the live directory mounted can: a change that no commit made is not taken over then.
 */
export function changedComposeFiles(observation: Observation): readonly Refusal[] {
  const { live } = observation;
  const changed = live.modified.filter((path) => COMPOSE_FILE.test(path));
  const { files, writers } = writable(observation, changed);
  if (files.length === 0) return [];
  return [
    {
      what: `${listed(files, MOST_FILES)} in ${live.path} was changed there, and ${writers.join(', ')} can write to it: whoever is in that container would choose what runs on the host`,
      next: `On the host, look at the change (git -C ${live.path} diff). If it is yours, commit and push it; else drop it: ${dropping(live.path, files)}. Mount the directory read-only (:ro), or only what the container needs of it.`,
    },
  ];
}

/** The same of a Compose file that is in no commit: nothing tells whether it was changed. */
export function unprovenComposeFiles(observation: Observation): readonly string[] {
  const { files, writers } = writable(observation, observation.ownComposeFiles);
  if (files.length === 0) return [];
  return [
    `${listed(files, MOST_FILES)} is not in git, and ${writers.join(', ')} can write to it: whoever is in that container chooses what runs on the host. Commit it, or mount the directory read-only (:ro)`,
  ];
}

/** Those of the files that a container of the stack can write to, and the services of these. */
function writable(
  { live, containers }: Observation,
  files: readonly string[],
): { readonly files: readonly string[]; readonly writers: readonly string[] } {
  const found = files.map((path) => {
    const place = `${live.path}/${path}`;
    const writers = containers.filter(({ mounts }) =>
      mounts.some(
        ({ source, readOnly, volume, named }) =>
          readOnly !== true &&
          volume === undefined &&
          named === undefined &&
          (source === '/' || isWithin(place, source)),
      ),
    );
    return { path, writers: writers.map(({ service }) => service) };
  });
  return {
    files: found.flatMap(({ path, writers }) => (writers.length === 0 ? [] : path)),
    writers: [...new Set(found.flatMap(({ writers }) => writers))],
  };
}

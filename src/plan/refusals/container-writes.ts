import { posix } from 'node:path';
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
    `${listed(files, MOST_FILES)} is not in git, and ${writers.join(', ')} can write to it: whoever is in that container chooses what runs on the host. Commit it (.env: give it by \`env-file\`), or mount the directory read-only (:ro)`,
  ];
}

/**
 * Docker, Compose and builds follow a symbolic link wherever it leads, Docker as root: who can put one in the place of
 * what is mounted or read chooses what of the host that is.
 */
export function linksOfContainers(observation: Observation): readonly Refusal[] {
  const { live, links } = observation;
  // A link is made in the directory that it stands in.
  const found = links.flatMap((link) => {
    const { writers } = writable(observation, [posix.dirname(link)]);
    return writers.length === 0 ? [] : [{ link, writers }];
  });
  if (found.length === 0) return [];
  const writers = [...new Set(found.flatMap((each) => each.writers))];
  const names = listed(
    found.map(({ link }) => link),
    MOST_FILES,
  );
  return [
    {
      what: `${names} in ${live.path} is a symbolic link that no commit holds, the Compose file mounts or reads what it leads to, and ${writers.join(', ')} can make such links there: whoever is in that container would choose what of the host that is`,
      next: `On the host, look where it leads (ls -l ${live.path}). If it is yours, name what it leads to in the Compose file, or commit the link; else remove it. Mount the directory read-only (:ro), or only what the container needs of it.`,
    },
  ];
}

/** Those of the files that a container of the stack can write to, and the services of these. */
function writable(
  { live, containers }: Observation,
  files: readonly string[],
): { readonly files: readonly string[]; readonly writers: readonly string[] } {
  const found = files.map((path) => {
    const place = posix.join(live.path, path);
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

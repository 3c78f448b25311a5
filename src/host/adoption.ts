import { posix } from 'node:path';
import type { Inputs } from '../inputs.js';
import { objectOf, textOf } from '../plan/compose/json.js';
import { listedContainers } from './listed-containers.js';
import type { Problem } from './problem.js';
import type { Sections } from './sections.js';

/** Compose's own choice where nothing is named. */
const DEFAULT_FILE = /^(?:docker-)?compose(?:\.override)?\.ya?ml$/;

/** What is wrong with taking over what somebody else has started, or what another stack has left. */
export function adoptionProblem(sections: Sections, inputs: Inputs): Problem | undefined {
  return stateProblem(sections, inputs.path) ?? filesProblem(sections, inputs);
}

function stateProblem(sections: Sections, path: string): Problem | undefined {
  const owner = sections.get('foreign-state')?.trim();
  if (owner === undefined) return undefined;
  const state = sections.get('state')?.trim() ?? '';
  return {
    what: `the releases and the lock in ${state} belong to the stack in ${owner}, not to ${path}`,
    next: `Two directories of the same name need a name each: set project-name, to the name that Compose has for ${path}. If the stack has moved from ${owner}, remove ${state}/path on the host.`,
  };
}

/** Without a record nothing tells that the stack was started with other files than this deploy reads. */
function filesProblem(sections: Sections, { path, compose }: Inputs): Problem | undefined {
  const isRecorded = [...sections.keys()].some((name) => name.startsWith('release:'));
  // The stack's `.env` names them, for Compose as for us.
  const isGiven = (sections.get('compose-file-variable') ?? '').trim() !== '';
  const config = sections.get('config');
  if (isRecorded || isGiven || config === undefined) return undefined;
  const project = textOf(objectOf(JSON.parse(config))['name']) ?? '';
  const used = listedContainers(sections)
    .filter((listed) => listed.project === project && listed.running && !listed.oneOff)
    .map(({ files }) => filesOf(files, path));
  const wanted = compose.files.map((file) => posix.normalize(file));
  const isSame = (files: readonly string[]): boolean =>
    wanted.length === 0
      ? files.every((file) => DEFAULT_FILE.test(file))
      : files.join() === wanted.join();
  const [first] = used;
  if (first === undefined || used.some(isSame)) return undefined;
  return {
    what: `the containers of ${project} were created from ${first.join(', ')}, and this deploy reads ${wanted.length === 0 ? 'the default Compose file' : wanted.join(', ')}`,
    next: `Set compose-files: ${first.join(', ')}. Where other files are meant, bring the stack up with them once on the host: docker compose -f FILE up -d`,
  };
}

/** Relative to the stack's directory, where they lie in it. */
function filesOf(label: string, path: string): readonly string[] {
  return label
    .split(',')
    .filter((file) => file !== '')
    .map((file) =>
      file.startsWith(`${path}/`) ? file.slice(path.length + 1) : posix.basename(file),
    );
}

import { DeployError } from '../errors.js';
import type { Inputs } from '../inputs.js';
import { objectOf, textOf } from '../plan/compose/json.js';
import type { FileChange, LiveDirectory, Observation, ProxyFacts } from '../plan/observation.js';
import { parseStack } from '../plan/compose/compose-config.js';
import { isWithin } from '../plan/compose/stack.js';
import { observationScript } from '../remote/load.js';
import { withNamedImages } from './compatibility.js';
import { containersIn } from './containers.js';
import { envFileChange, envFileVariables } from './env-file.js';
import { refuseUnfit } from './fitness.js';
import { inLiveTerms } from './live-terms.js';
import { parseFacts } from './facts.js';
import { composeProjects, heldNames } from './listed-containers.js';
import { heldPorts } from './ports.js';
import { releasesIn } from './releases.js';
import { parseDockerfiles } from './dockerfiles.js';
import { parseImages } from './images.js';
import { linesOf, type Sections } from './sections.js';
import type { Shell } from './shell.js';
import { parseSwarm } from './swarm.js';
import { composeArguments, stateAssignment, variablesBefore } from './state.js';

/**
 * Looks at the host and at the commit: one round trip.
 *
 * @param run a name for the run's own stage on the host
 * @throws RefusedError when the host or the commit cannot be deployed to or from
 */
export async function observe(
  shell: Shell,
  inputs: Inputs,
  sha: string,
  run: string,
  signal?: AbortSignal,
): Promise<Observation> {
  const state = stateAssignment(inputs.compose.projectName, inputs.path);
  const { sections, stderr } = await shell.look(
    state + observationScript(),
    {
      DIR: inputs.path,
      RUN: run,
      REMOTE: inputs.source.remoteUrl,
      BRANCH: inputs.source.branch,
      REF: inputs.source.ref,
      SHA: sha,
      TOKEN: inputs.source.token ?? '',
      TOKEN_FOR: inputs.source.tokenFor ?? '',
      COMPOSE: composeArguments(inputs.compose),
      ...envFileVariables(inputs),
      VARIABLES: variablesBefore(inputs.compose.variables),
      EDGE_CONFIG: inputs.cloudflare?.config ?? '',
    },
    signal,
  );
  refuseUnfit(sections, inputs, sha);
  if (!sections.has('end')) {
    throw new DeployError({
      what: 'looking at the host ended early',
      where: inputs.connection.host,
      next: 'See the lines above for what the host said. Is its disk full? On the host: df -h ~. Nothing was changed: run the workflow again.',
      evidence: stderr.slice(-2000),
    });
  }
  return parseObservation(sections, inputs);
}

/** The text of a section, trimmed; undefined where it is absent or empty. */
function trimmed(sections: Sections, name: string): string | undefined {
  const text = sections.get(name)?.trim();
  return text === '' ? undefined : text;
}

function parseObservation(sections: Sections, inputs: Inputs): Observation {
  const stage = trimmed(sections, 'stage') ?? '';
  const namesIn = (section: string): readonly string[] => linesOf(sections.get(section));
  const config = withNamedImages(sections.get('config') ?? '{}', namesIn('image-names'));
  const live = trimmed(sections, 'live-config');
  const values = variablesIn(sections);
  return {
    host: parseFacts(sections),
    stateDirectory: trimmed(sections, 'state') ?? '',
    releases: releasesIn(sections),
    recordKey: trimmed(sections, 'record-key') ?? '',
    busy: sections.has('lease') || sections.has('journal'),
    live: parseLive(sections, inputs.path),
    commit: {
      sha: trimmed(sections, 'commit') ?? '',
      subject: trimmed(sections, 'subject') ?? '',
      // What git forgets of the stack's .env is not removed: the release has another one.
      changes: changesIn(sections).filter(({ path }) => path !== inputs.envFile?.path),
      since: sinceIn(sections),
      files: linesOf(sections.get('files')),
      newerThanLive: !sections.has('head') || trimmed(sections, 'newer-than-head') === 'yes',
    },
    stage,
    envFile: envFileChange(sections, inputs),
    unset: linesOf(sections.get('unset')),
    missingFiles: linesOf(sections.get('missing-files')),
    ownComposeFiles: linesOf(sections.get('own-compose-files')),
    links: linesOf(sections.get('links')),
    uncopied: linesOf(sections.get('uncopied')),
    pointers: linesOf(sections.get('lfs-pointers')),
    wanted: parseStack(inLiveTerms(config, stage, inputs.path), inputs.path, values),
    wantedProject: objectOf(JSON.parse(config)),
    installed:
      live === undefined
        ? undefined
        : parseStack(withNamedImages(live, namesIn('live-image-names')), inputs.path, values),
    containers: containersIn(sections),
    projects: composeProjects(sections),
    heldPorts: heldPorts(sections),
    heldNames: heldNames(sections),
    swarm: parseSwarm(sections),
    ...parseImages(sections.get('images') ?? ''),
    dockerfiles: parseDockerfiles(sections.get('dockerfiles')),
    proxies: parseProxies(sections),
    storage: [],
    edgeConfig: sections.get('edge-config'),
    proxyFiles: Object.fromEntries(
      [...sections].flatMap(([name, text]) =>
        name.startsWith('proxy-file:') ? [[name.slice('proxy-file:'.length), text]] : [],
      ),
    ),
  };
}

/** The values of variables that configs and secrets are made of: labels of a service that Compose was asked for. */
function variablesIn(sections: Sections): Readonly<Record<string, string>> {
  const services = objectOf(objectOf(JSON.parse(sections.get('variables') ?? '{}'))['services']);
  const labels = Object.values(services).map((service) => objectOf(objectOf(service)['labels']));
  return Object.fromEntries(
    labels.flatMap(Object.entries).map(([name, value]) => [name, textOf(value) ?? '']),
  );
}

function parseLive(sections: Sections, path: string): LiveDirectory {
  return {
    path,
    head: trimmed(sections, 'head'),
    branch: trimmed(sections, 'branch'),
    localCommits: linesOf(sections.get('local-commits')),
    commonCommit: trimmed(sections, 'common-commit'),
    modified: linesOf(sections.get('modified')),
    conflicts: linesOf(sections.get('conflicts')),
  };
}

/** A submodule is one path of the commit; what changes are the files in it. */
function changesIn(sections: Sections): readonly FileChange[] {
  const submodules = new Set(linesOf(sections.get('submodules')));
  return [
    ...parseChanges(linesOf(sections.get('changed'))).filter(({ path }) => !submodules.has(path)),
    ...parseChanges(linesOf(sections.get('changed-in-submodules'))),
  ];
}

/** Of a submodule that is another, any file may be. */
function sinceIn(sections: Sections): Readonly<Record<string, readonly FileChange[]>> {
  const submodules = new Set(linesOf(sections.get('submodules')));
  const files = linesOf(sections.get('files'));
  return Object.fromEntries(
    [...sections].flatMap(([name, text]) => {
      if (!name.startsWith('since:')) return [];
      const changes = parseChanges(linesOf(text)).flatMap((change): readonly FileChange[] =>
        submodules.has(change.path)
          ? [change.path, ...files.filter((file) => isWithin(file, change.path))].map((path) => ({
              path,
              status: 'modified',
            }))
          : [change],
      );
      return [[name.slice('since:'.length), changes] as const];
    }),
  );
}

/** @param lines a letter and a path by turns */
function parseChanges(lines: readonly string[]): readonly FileChange[] {
  return lines.flatMap((letter, index) => {
    const path = lines[index + 1];
    if (index % 2 === 1 || path === undefined) return [];
    return { path, status: letter === 'A' ? 'added' : letter === 'D' ? 'deleted' : 'modified' };
  });
}

/** Sections `proxy:KIND:ID:NAME:NETWORKS`, with `.err` where it did not tell its configuration. */
function parseProxies(sections: Sections): readonly ProxyFacts[] {
  return [...sections].flatMap(([title, text]) => {
    const [, kind, containerId = '', name = '', networks = ''] =
      /^proxy:(\w+):(\w+):([^:]*):(.*?)(?:\.err)?$/.exec(title) ?? [];
    if (kind !== 'nginx' && kind !== 'caddy') return [];
    const config = title.endsWith('.err') ? '' : text;
    return [{ kind, containerId, name, networks: networks.split(','), config }];
  });
}

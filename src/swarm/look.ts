import { DeployError } from '../errors.js';
import { parseTasks } from '../host/containers.js';
import { inLiveTerms } from '../host/live-terms.js';
import { linesOf } from '../host/sections.js';
import type { Shell } from '../host/shell.js';
import { objectOf } from '../plan/compose/json.js';
import type { Observation } from '../plan/observation.js';
import { askingScript } from '../remote/load.js';
import { filesOfContents } from './contents.js';

/**
 * The same observation with the stack as the Swarm has it: `containers` are those of its tasks. One round trip.
 *
 * @throws DeployError when the Swarm does not answer
 */
export async function lookAtSwarm(
  shell: Shell,
  observation: Observation,
  signal?: AbortSignal,
): Promise<Observation> {
  const { wanted, wantedProject, stage, live } = observation;
  const variables = { STACK: wanted.project, FILES: filesOfContents(wantedProject).join('\n') };
  const { sections, stderr } = await shell.look(askingScript('swarm-look'), variables, signal);
  if (!sections.has('end')) {
    throw new DeployError({
      what: 'the Swarm does not answer',
      where: live.path,
      next: 'On the host, docker node ls tells; a Swarm without a majority of its managers changes nothing.',
      evidence: stderr.slice(-2000),
    });
  }
  const prefix = `${wanted.project}_`;
  const containers = parseTasks(sections.get('containers') ?? '');
  return {
    ...observation,
    containers: containers.map((each) => ({ ...each, service: without(prefix, each.service) })),
    swarmStack: {
      services: linesOf(sections.get('services')).map((name) => without(prefix, name)),
      nodes: linesOf(sections.get('nodes')),
      lacks: linesOf(sections.get('lacks')),
      project: {
        ...objectOf(JSON.parse(inLiveTerms(JSON.stringify(wantedProject), stage, live.path))),
        configs: wantedProject['configs'],
        secrets: wantedProject['secrets'],
      },
      contents: Object.fromEntries(
        linesOf(sections.get('contents')).map((line) => [line.slice(65), line.slice(0, 64)]),
      ),
      uses: Object.fromEntries(
        linesOf(sections.get('uses')).map((line) => {
          const [name = '', ...used] = line.split(' ').filter((word) => word !== '');
          return [without(prefix, name), used];
        }),
      ),
    },
  };
}

function without(prefix: string, name: string): string {
  return name.startsWith(prefix) ? name.slice(prefix.length) : name;
}

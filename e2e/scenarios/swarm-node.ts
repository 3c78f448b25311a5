import { ask } from '../harness/shell.js';
import { checkRefused, errorOf } from './refusals.js';
import type { Scenario } from './scenario.js';
import { checkWhole, underLoad } from './whole.js';

const JOIN =
  'docker swarm init --advertise-addr "$1" --default-addr-pool 198.19.200.0/22 >/dev/null';
/** A service without a task: enough for a stack of that name to be in the Swarm. */
const SERVICE =
  'docker service create --detach --quiet --name "$1_ghost" --label "com.docker.stack.namespace=$1" --replicas 0 --no-resolve-image nginx:alpine >/dev/null';
const LEAVE = `
docker swarm leave --force >/dev/null
docker network rm docker_gwbridge >/dev/null
`;

export const swarmNode: Scenario = {
  name: 'swarm-node',
  home: 'tiny',
  stacks: ({ name }) => name === 'tiny',
  sentence:
    'a Compose stack on a Swarm manager stays Compose; a stack of its name in the Swarm, or engine: swarm, is refused',
  from: 'deployed',
  run: async (bed, checks, standing) => {
    await checkRefused(bed, checks, standing, standing.sha, { inputs: { engine: 'swarm' } });
    await ask(bed.host, JOIN, { args: [bed.host.address] });
    try {
      const before = await bed.lookSettled();
      const release = bed.nextRelease();
      const sha = await bed.commit('On a manager', bed.stack.changes.backend(release));
      const { value: run } = await underLoad(bed, checks, () => bed.deploy(sha));
      checks.equal(run.outputs['result'], 'deployed', 'result on a manager');
      await checkWhole(bed, checks, before, { sha, release });

      await ask(bed.host, SERVICE, { args: [bed.place.project] });
      const next = await bed.commit('Twice', bed.stack.changes.backend(bed.nextRelease()));
      const refused = await checkRefused(bed, checks, { sha, release }, next);
      checks.matches(errorOf(refused), /runs twice/, 'the annotation');
      const swarm = await checkRefused(bed, checks, { sha, release }, next, {
        inputs: { engine: 'swarm' },
      });
      checks.matches(errorOf(swarm), /runs in Compose/, 'the annotation with engine: swarm');
    } finally {
      await ask(bed.host, LEAVE);
    }
  },
};

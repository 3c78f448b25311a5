import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from '../harness/shell.js';
import type { ActionRun } from '../harness/action.js';
import { laidOver, replacing, together, type Change } from '../stacks/stack.js';
import { placeFiles, type Bed, type WorkflowOverrides } from './bed.js';
import type { Checks } from './checks.js';
import { untilHostSays } from './interruptions.js';
import { errorOf } from './refusals.js';
import type { Scenario } from './scenario.js';
import type { LiveRelease } from './bed.js';
import { checkRelease } from './whole.js';

const JOIN =
  'docker swarm init --advertise-addr "$1" --default-addr-pool 198.19.200.0/22 >/dev/null';
const LEAVE = `
docker stack rm "$1" >/dev/null 2>&1
for _ in $(seq 150); do [ -n "$(docker ps -aq)" ] || break; sleep 0.2; done
docker swarm leave --force >/dev/null
docker network rm docker_gwbridge >/dev/null
`;
/** The first release is gone back to in the end. */
const KEEPING = { 'keep-releases': '9' };
const AS_SWARM = new URL('../stacks/tiny-swarm/', import.meta.url);

const forSwarm: Omit<Scenario, 'name' | 'sentence' | 'run'> = {
  home: 'tiny',
  stacks: ({ name }) => name === 'tiny',
  from: 'empty',
  reusable: false,
};

/** Makes the host a Swarm of one node, on which a first release of the stack runs. */
async function inSwarm(
  bed: Bed,
  checks: Checks,
  run: (standing: LiveRelease) => Promise<void>,
): Promise<void> {
  await placeFiles(bed);
  await ask(bed.host, 'echo hush >"$1/token"', { args: [bed.place.directory] });
  await ask(bed.host, JOIN, { args: [bed.host.address] });
  try {
    const release = bed.nextRelease();
    const sha = await bed.commit('For a Swarm', changed(bed, release, laidOver(AS_SWARM)));
    const first = await bed.deploy(sha, { inputs: { engine: 'swarm' } });
    checks.equal(first.outputs['result'], 'deployed', 'result of the first deploy');
    await checkSwarm(bed, checks, { sha, release });
    await run({ sha, release });
  } finally {
    await ask(bed.host, LEAVE, { args: [bed.place.project] });
  }
}

function changed(bed: Bed, release: string, ...more: readonly Change[]): Change {
  return together(...more, bed.stack.changes.backend(release));
}

/** Lines `NAME RUNNING/WANTED UPDATE`, and the ids of the tasks that run. */
const SERVICES = `
docker service ls --filter "label=com.docker.stack.namespace=$1" --format '{{.Name}} {{.Replicas}}' | sort
`;
const TASKS = `
docker ps -q --no-trunc --filter "label=com.docker.swarm.service.name=$1_$2"
`;

/** All that is true of the stack after any run: one release, every task, nothing left over. */
async function checkSwarm(bed: Bed, checks: Checks, { sha, release }: LiveRelease): Promise<void> {
  // nginx keeps an address for a second.
  await sleep(2_000);
  await checkRelease(bed, checks, release);
  const { project } = bed.place;
  const services = await ask(bed.host, SERVICES, { args: [project] });
  checks.equal(
    services.trim().split('\n'),
    ['api', 'proxy', 'store', 'worker'].map((name) => `${project}_${name} 1/1`),
    'the services of the stack',
  );
  const seen = await bed.lookSettled();
  checks.equal(seen.lease, [], 'the lease');
  checks.equal(seen.journal, [], 'the journal');
  checks.equal(seen.stage, [], 'staged trees');
  checks.equal(seen.processes, [], 'processes');
  checks.equal(seen.head, sha, 'HEAD on the host');
  checks.equal(seen.status, ['?? token'], 'git status on the host');
}

const READ = `
task=$(docker ps -q --no-trunc --filter "label=com.docker.swarm.service.name=$1_worker")
docker exec -u 0 "$task" cat /etc/words /run/secrets/token
docker config ls -q --filter "label=com.docker.stack.namespace=$1" | wc -l
`;

/** A changed config is another one, and its service is updated; the one of before goes. */
async function checkWords(bed: Bed, checks: Checks, before: string): Promise<void> {
  const api = await taskOf(bed, 'api');
  const args = { args: [bed.place.project] };
  checks.equal(await ask(bed.host, READ, args), 'one\nhush\n1', 'config, secret, configs');
  const sha = await bed.commit('Other words', () => Promise.resolve({ words: 'two\n' }));
  await deployed(bed, checks, sha, 'a changed config');
  checks.equal(await ask(bed.host, READ, args), 'two\nhush\n1', 'config, secret, configs');
  checks.equal(await taskOf(bed, 'api'), api, 'the task of api');
  const back = { inputs: { operation: 'rollback', 'rollback-to': before } };
  await deployed(bed, checks, sha, 'the rollback of a config', back);
  checks.equal(await ask(bed.host, READ, args), 'one\nhush\n1', 'config, secret, configs');
  await bed.fixture.git('reset', '-q', '--hard', before);
  await bed.fixture.push({ force: true });
}

async function taskOf(bed: Bed, service: string): Promise<string> {
  return (await ask(bed.host, TASKS, { args: [bed.place.project, service] })).trim();
}

async function deployed(
  bed: Bed,
  checks: Checks,
  sha: string,
  what: string,
  said: WorkflowOverrides = {},
): Promise<ActionRun> {
  const run = await bed.deploy(sha, { inputs: { ...KEEPING, ...said.inputs } });
  checks.equal(run.outputs['result'], 'deployed', `result of ${what}`);
  return run;
}

export const swarm: Scenario = {
  ...forSwarm,
  name: 'swarm',
  sentence:
    'on a Swarm of one node a first release, a change, an unchanged commit and a rollback do what they say, and touch no other service',
  run: (bed, checks) =>
    inSwarm(bed, checks, async (first) => {
      const store = await taskOf(bed, 'store');
      const proxy = await taskOf(bed, 'proxy');
      const release = bed.nextRelease();
      const sha = await bed.commit('A change', bed.stack.changes.backend(release));
      const run = await deployed(bed, checks, sha, 'a change');
      checks.matches(run.log, /engine: Docker Swarm \(the stack runs there\)/, 'the log');
      await checkSwarm(bed, checks, { sha, release });

      const again = await bed.deploy(sha, { inputs: KEEPING });
      checks.equal(again.outputs['result'], 'unchanged', 'result of the same commit');
      await checkWords(bed, checks, sha);

      const idle = await bed.commit('A word', replacing('README.md', '#', '# About'));
      const api = await taskOf(bed, 'api');
      const words = await bed.deploy(idle, { inputs: KEEPING });
      checks.equal(words.outputs['result'], 'unchanged', 'result of a commit of words');
      checks.equal(await taskOf(bed, 'api'), api, 'the task of api');
      await checkSwarm(bed, checks, { sha: idle, release });

      const back = { inputs: { operation: 'rollback', 'rollback-to': first.sha } };
      await deployed(bed, checks, idle, 'the rollback', back);
      await checkSwarm(bed, checks, first);
      checks.equal(await taskOf(bed, 'store'), store, 'the task of store, after all of it');
      checks.equal(await taskOf(bed, 'proxy'), proxy, 'the task of proxy, after all of it');

      const compose = await bed.deploy(idle, { inputs: { engine: 'compose' } });
      checks.equal(compose.outputs['result'], 'refused', 'result with engine: compose');
      checks.matches(errorOf(compose), /a second copy/, 'the annotation');
    }),
};

export const swarmLost: Scenario = {
  ...forSwarm,
  name: 'swarm-lost',
  waits: true,
  sentence:
    'on a Swarm of one node a runner that dies while Swarm updates leaves the old release, whole, once the lease has run out',
  run: (bed, checks) =>
    inSwarm(bed, checks, async (first) => {
      const release = bed.nextRelease();
      const sha = await bed.commit('Lost', bed.stack.changes.backend(release));
      const running = await bed.start(sha, { inputs: { soak: '20s' } });
      await untilUpdating(bed, running.done);
      await running.lose();
      await untilHostSays(
        bed,
        180_000,
        (seen) => seen.lease.length === 0 && seen.journal.length === 0,
      );
      await checkSwarm(bed, checks, first);
      await deployed(bed, checks, sha, 'the next deploy');
      await checkSwarm(bed, checks, { sha, release });
    }),
};

async function untilUpdating(bed: Bed, ended: Promise<unknown>): Promise<void> {
  const updating = async (): Promise<void> => {
    for (;;) {
      const state = await ask(
        bed.host,
        `docker service inspect --format '{{if .UpdateStatus}}{{.UpdateStatus.State}}{{end}}' "$1_api"`,
        { args: [bed.place.project] },
      );
      if (state.trim() === 'updating') return;
      await sleep(100);
    }
  };
  const early = ended.then(() => {
    throw new Error('the run ended before Swarm updated the service');
  });
  await Promise.race([updating(), early]);
}

import type { ActionRun } from '../harness/action.js';
import { ask } from '../harness/shell.js';
import { idsByService } from '../harness/snapshot.js';
import { replacing } from '../stacks/stack.js';
import type { Bed, WorkflowOverrides } from './bed.js';
import type { Checks } from './checks.js';
import { checkRefused, errorOf } from './refusals.js';
import type { Scenario } from './scenario.js';
import type { LiveRelease } from './bed.js';
import { checkWhole, underLoad } from './whole.js';

const COMPOSE_FILE = 'docker-compose.yml';

export const composeV1: Scenario = {
  name: 'compose-v1',
  home: 'tiny',
  sentence: 'a host that has only docker-compose 1 is refused, and told what to install',
  from: 'deployed',
  stacks: ({ name }) => name === 'tiny',
  run: async (bed, checks, standing) => {
    const sha = await bed.commit('Too early', bed.stack.changes.backend(bed.nextRelease()));
    const old: Bed = {
      ...bed,
      deploy: (...what) => withComposeV1(bed, () => bed.deploy(...what)),
    };
    const run = await checkRefused(old, checks, standing, sha);
    checks.matches(errorOf(run), /docker-compose 1 is there/, 'what the annotation has found');
    checks.matches(errorOf(run), /Install Compose v2.*https:/s, 'the remedy in the annotation');
  },
};

/** What `docker-compose version --short` of the last 1.x printed. */
const COMPOSE_V1 = '#!/bin/sh\necho 1.29.2\n';
const PLUGINS = '/usr/libexec/docker/cli-plugins';

/** Hides the plugins of the host's docker command for the time of `work`. */
async function withComposeV1(bed: Bed, work: () => Promise<ActionRun>): Promise<ActionRun> {
  const asRoot = { user: 'root', args: [PLUGINS, '/usr/local/bin/docker-compose'] } as const;
  await ask(bed.host, 'mount -t tmpfs none "$1"; cat >"$2"; chmod 755 "$2"', {
    ...asRoot,
    stdin: COMPOSE_V1,
  });
  try {
    return await work();
  } finally {
    await ask(bed.host, 'rm "$2"; umount "$1"', asRoot);
  }
}

export const unknownHost: Scenario = {
  name: 'unknown-host',
  home: 'tiny',
  sentence:
    'health-host is the Host that the app sees; for one that it answers 400 the run says so',
  from: 'deployed',
  run: async (bed, checks, standing) => {
    const before = await bed.lookSettled();
    const sha = await bed.commit('Good', bed.stack.changes.backend(bed.nextRelease()));
    const inputs = { 'health-host': 'unknown.example', 'health-timeout': '1s' };
    const run = await bed.deploy(sha, { inputs });
    checks.equal(run.exitCode, 1, 'the exit code');
    checks.equal(run.outputs['result'], 'rolled-back', 'result');
    checks.matches(run.report ?? '', /status 400/, 'what the report tells');
    checks.matches(errorOf(run), /set `?health-host/, 'the remedy in the annotation');
    await checkWhole(bed, checks, before, standing, { rolledBack: true });
  },
};

export const idleChange: Scenario = {
  name: 'idle-change',
  home: 'tiny',
  sentence: 'a commit that changes no service restarts none, also where config-hash differs',
  from: 'deployed',
  run: async (bed, checks, standing) => {
    await noteConfigHash(bed);
    const before = await bed.lookSettled();
    const { idleFile } = bed.stack.changes;
    const sha = await bed.commit('No service', replacing(idleFile, /\n$/, '\n# Idle.\n'));
    const { value: run } = await underLoad(bed, checks, () => bed.deploy(sha));
    checks.equal(run.exitCode, 0, 'the exit code');
    checks.equal(run.outputs['result'], 'unchanged', 'result');
    checks.equal(idsByService(await bed.lookSettled()), idsByService(before), 'the containers');
    await checkWhole(bed, checks, before, { sha, release: standing.release });
  },
};

/** Many versions of Compose compute another one for a service with `env_file` than they label it with. */
async function noteConfigHash(bed: Bed): Promise<void> {
  const hashes = await ask(
    bed.host,
    `cd "$1"
docker compose config --hash "$2"
docker inspect -f '{{index .Config.Labels "com.docker.compose.config-hash"}}' $(docker compose ps -q "$2")`,
    { args: [bed.place.directory, bed.stack.backend] },
  );
  bed.note(`config-hash as computed and as labelled:\n${hashes}`);
}

export const dataChange: Scenario = {
  name: 'data-change',
  home: 'tiny',
  sentence: 'a changed data service is refused, also with allow-downtime, unless it is named',
  from: 'deployed',
  stacks: ({ name }) => name === 'tiny',
  run: async (bed, checks, standing) => {
    const store = "image: redis:8-alpine\n    command: ['redis-server', '--appendonly', 'yes']";
    const change = replacing(COMPOSE_FILE, 'image: redis:8-alpine', store);
    const sha = await bed.commit('Another store', change);
    const said = { inputs: { 'allow-downtime': 'true' } };
    const run = await checkRefused(bed, checks, standing, sha, said);
    checks.matches(
      errorOf(run),
      /store holds data.*command.*allow-data-changes: store/s,
      'the annotation',
    );

    const inputs = { 'allow-data-changes': 'store' };
    await checkOnlyReplaced(bed, checks, 'store', { sha, release: standing.release }, { inputs });
  },
};

export const proxyChange: Scenario = {
  name: 'proxy-change',
  home: 'tiny',
  sentence: 'another image of the proxy is refused, and told to be a gap, unless that is allowed',
  from: 'deployed',
  stacks: ({ name }) => name === 'tiny',
  run: async (bed, checks, standing) => {
    await bed.host.ask('docker tag nginx:alpine nginx:next-alpine');
    const change = replacing(COMPOSE_FILE, 'nginx:alpine', 'nginx:next-alpine');
    const sha = await bed.commit('Another proxy', change);
    const run = await checkRefused(bed, checks, standing, sha);
    checks.matches(
      errorOf(run),
      /proxy .*without a gap.*a few seconds.*allow-downtime: true/s,
      'the annotation',
    );

    const inputs = { 'allow-downtime': 'true' };
    await checkOnlyReplaced(bed, checks, 'proxy', { sha, release: standing.release }, { inputs });
  },
};

/** Deploys with a gap, so without load: one service has another container, all others have theirs. */
async function checkOnlyReplaced(
  bed: Bed,
  checks: Checks,
  service: string,
  next: LiveRelease,
  said: WorkflowOverrides,
): Promise<void> {
  const { [service]: old, ...others } = idsByService(await bed.lookSettled());
  const run = await bed.deploy(next.sha, said);
  checks.equal(run.outputs['result'], 'deployed', `result with ${JSON.stringify(said.inputs)}`);
  const { [service]: now, ...after } = idsByService(await bed.lookSettled());
  checks.that(now?.[0] !== old?.[0], `${service} has another container`);
  checks.equal(after, others, 'the containers of all other services');
  await checkWhole(bed, checks, undefined, next);
}

import { askInside } from '../harness/shell.js';
import { idsByService } from '../harness/snapshot.js';
import { replacing, type Stack, together } from '../stacks/stack.js';
import type { Bed } from './bed.js';
import type { Checks } from './checks.js';
import type { Scenario } from './scenario.js';
import type { LiveRelease } from './bed.js';
import { checkWhole, type LoadOptions, underLoad } from './whole.js';

export const unchanged: Scenario = {
  name: 'unchanged',
  home: 'resee',
  sentence: 'deploying the commit that runs already restarts nothing',
  from: 'deployed',
  run: async (bed, checks, standing) => {
    const before = await bed.lookSettled();
    const { value: run } = await underLoad(bed, checks, () => bed.deploy(standing.sha));
    checks.equal(run.exitCode, 0, 'the exit code');
    checks.equal(run.outputs['result'], 'unchanged', 'result');
    checks.equal(idsByService(await bed.lookSettled()), idsByService(before), 'the containers');
    await checkWhole(bed, checks, before, standing);
  },
};

export const backendChange: Scenario = {
  name: 'backend-change',
  home: 'resee',
  sentence: 'a new backend takes over without a failed request',
  from: 'deployed',
  run: async (bed, checks, standing) => {
    const release = bed.nextRelease();
    const sha = await bed.commit('Change the backend', bed.stack.changes.backend(release));
    await checkDeployed(bed, checks, standing, { sha, release });
  },
};

export const frontendChange: Scenario = {
  name: 'frontend-change',
  home: 'resee',
  sentence: 'a new frontend takes over without a failed request, and the backend is left alone',
  from: 'deployed',
  stacks: (stack) => stack.changes.frontend !== undefined,
  run: async (bed, checks, standing) => {
    const { frontend } = bed.stack.changes;
    if (frontend === undefined) throw new Error(`${bed.stack.name} has no frontend`);
    const before = await bed.lookSettled();
    const sha = await bed.commit('Change the frontend', frontend(bed.nextRelease()));
    await checkDeployed(bed, checks, standing, { sha, release: standing.release });
    const after = idsByService(await bed.lookSettled());
    checks.equal(after['backend'], idsByService(before)['backend'], 'the container of the backend');
    checks.that(
      after['frontend']?.[0] !== idsByService(before)['frontend']?.[0],
      'the frontend has a new container',
    );
  },
};

export const bothChange: Scenario = {
  name: 'both-change',
  home: 'resee',
  sentence: 'backend and frontend take over together without a failed request',
  from: 'deployed',
  stacks: (stack) => stack.changes.frontend !== undefined,
  run: async (bed, checks, standing) => {
    const { frontend, backend } = bed.stack.changes;
    if (frontend === undefined) throw new Error(`${bed.stack.name} has no frontend`);
    const release = bed.nextRelease();
    const sha = await bed.commit('Change both', together(backend(release), frontend(release)));
    await checkDeployed(bed, checks, standing, { sha, release });
  },
};

export const proxyConfigChange: Scenario = {
  name: 'proxy-config-change',
  home: 'tiny',
  sentence: "a change of the proxy's own configuration is live in the container that stays",
  from: 'deployed',
  run: async (bed, checks, standing) => {
    const sha = await bed.commit('Change the proxy configuration', bed.stack.changes.proxyConfig);
    await checkDeployed(bed, checks, standing, { sha, release: standing.release });
    const effective = await askInside(bed.host, bed.place.directory, {
      service: bed.stack.proxy,
      command: 'nginx -T',
    });
    checks.matches(
      effective,
      /client_max_body_size 6m;/,
      'the configuration that nginx has loaded',
    );
  },
};

export const proxyConfigStale: Scenario = {
  name: 'proxy-config-stale',
  home: 'tiny',
  sentence:
    'a proxy with a read-only mount that still holds the file from before a git pull is left as it is, and the run says how to recreate it',
  from: 'deployed',
  run: async (bed, checks, standing) => {
    // As git does it: another inode under the same name, which the read-only mount does not follow.
    await bed.host.ask(
      `cd ${bed.place.directory} && cp -p nginx/nginx.conf nginx/new && mv nginx/new nginx/nginx.conf`,
    );
    const sha = await bed.commit(
      'Change the proxy configuration',
      replacing('nginx/nginx.conf', /\n$/, '\n# Of the newest release.\n'),
    );
    const before = await bed.lookSettled();
    const { value: run } = await underLoad(bed, checks, () => bed.deploy(sha));
    checks.equal(run.exitCode, 1, 'the exit code');
    checks.equal(run.outputs['result'], 'rolled-back', 'result');
    checks.matches(run.log, /recreate it once, with a gap/, 'the remedy in the log');
    await checkWhole(bed, checks, before, standing);
    await bed.host.ask(
      `cd ${bed.place.directory} && docker compose up -d --force-recreate ${bed.stack.proxy}`,
    );
    const again = await bed.deploy(sha);
    checks.equal(again.outputs['result'], 'deployed', 'result once the proxy was recreated');
    await checkWhole(bed, checks, undefined, { sha, release: standing.release });
  },
};

/** Deploys `next` under load, and checks everything that a good deploy promises. */
export async function checkDeployed(
  bed: Bed<Stack>,
  checks: Checks,
  standing: LiveRelease,
  next: LiveRelease,
  options: LoadOptions = {},
): Promise<void> {
  const before = await bed.lookSettled();
  const { value: run, load } = await underLoad(bed, checks, () => bed.deploy(next.sha), options);
  checks.equal(run.exitCode, 0, 'the exit code');
  checks.equal(run.outputs['result'], 'deployed', 'result');
  checks.equal(run.outputs['sha'], next.sha, 'sha');
  checks.equal(run.outputs['previous-sha'], standing.sha, 'previous-sha');
  const releases = load.releases.map(({ release }) => release);
  checks.equal(
    releases,
    next.release === standing.release ? [next.release] : [standing.release, next.release],
    'the releases that answered during the deploy',
  );
  await checkWhole(bed, checks, before, next);
}

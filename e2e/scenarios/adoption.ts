import { setTimeout as sleep } from 'node:timers/promises';
import { askSite } from '../harness/http.js';
import { ask } from '../harness/shell.js';
import { type Bed, placeFiles } from './bed.js';
import type { Scenario } from './scenario.js';
import { checkWhole, underLoad } from './whole.js';

export const adoption: Scenario = {
  name: 'adoption',
  home: 'resee',
  sentence:
    'a host that a script has deployed to is taken over by the first run, without a failed request',
  from: 'empty',
  run: async (bed, checks, standing) => {
    const oldSha = await bed.commit('As it was before', bed.stack.before);
    await setUpByHand(bed);
    const before = await bed.lookSettled();
    checks.equal(before.head, oldSha, 'HEAD before the first run');

    await bed.fixture.git('rm', '-rfq', '.');
    await bed.fixture.git('checkout', '-q', standing.sha, '--', '.');
    const release = bed.nextRelease();
    const sha = await bed.commit('The first that is deployed', bed.stack.changes.backend(release));
    const { value: run } = await underLoad(bed, checks, () => bed.deploy(sha), {
      // Development servers do not stand more.
      scale: 0.15,
      // The old configuration has no keepalive_min_timeout yet, and the plan says what that costs.
      staleCheck: true,
    });
    checks.equal(run.outputs['result'], 'deployed', 'result');
    checks.equal(run.outputs['previous-sha'], oldSha, 'previous-sha');
    await checkWhole(bed, checks, before, { sha, release });
  },
};

/** A person would type it again while the database is still starting. */
function untilItWorks(command: string): string {
  return `cd "$1"; tries=0
until ${command}; do tries=$((tries + 1)); [ "$tries" -lt 60 ] || exit 1; sleep 1; done`;
}

/** What the site still answers badly at the end of `timeoutMs`; undefined once all of it is well. */
async function unanswered(bed: Bed, timeoutMs: number): Promise<string | undefined> {
  const { get, page = get } = bed.stack.paths;
  const deadline = performance.now() + timeoutMs;
  for (const request of [get, page]) {
    for (;;) {
      const said = await askSite(bed, request).then(
        ({ status }) => `status ${status}`,
        (error: unknown) => String(error),
      );
      if (said === 'status 200') break;
      if (performance.now() > deadline) return `${request.path}: ${said}`;
      await sleep(200);
    }
  }
  return undefined;
}

const RESTARTS = 6;

/**
 * A development server that came up before its database stays, and serves nothing; one that was
 * started again has another address now, and nginx never learns. Whoever did this by hand restarts
 * both, as often as it takes.
 */
async function restartUntilItAnswers(bed: Bed): Promise<void> {
  const { backend, proxy } = bed.stack;
  for (let restarts = 1; ; restarts += 1) {
    await ask(
      bed.host,
      `cd "$1" && docker compose restart ${backend} && docker compose restart ${proxy}`,
      {
        args: [bed.place.directory],
      },
    );
    const problem = await unanswered(bed, 15_000);
    if (problem === undefined) return;
    if (restarts === RESTARTS)
      throw new Error(`the site set up by hand does not answer: ${problem}`);
  }
}

/** As a person does it the first time, with what the workflow will run before each release. */
async function setUpByHand(bed: Bed): Promise<void> {
  const { directory } = bed.place;
  await ask(bed.host, 'git clone -q "https://github.com/$1.git" "$2"', {
    args: [bed.stack.repository, directory],
  });
  await placeFiles(bed);
  await ask(bed.host, 'cd "$1" && docker compose up -d --build', {
    args: [directory],
    timeoutMs: 300_000,
  });
  for (const line of (bed.stack.inputs['pre-deploy'] ?? '').split('\n').filter(Boolean)) {
    const [service = '', command = ''] = line.split(/:(.*)/);
    await ask(bed.host, untilItWorks(`docker compose exec -T ${service} ${command}`), {
      args: [directory],
    });
  }
  await restartUntilItAnswers(bed);
}

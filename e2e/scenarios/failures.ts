import { askInside } from '../harness/shell.js';
import { idsByService } from '../harness/snapshot.js';
import { type Change, replacing, together } from '../stacks/stack.js';
import type { Bed } from './bed.js';
import type { Checks } from './checks.js';
import { errorOf } from './refusals.js';
import type { Scenario } from './scenario.js';
import type { LiveRelease } from './bed.js';
import { checkWhole, underLoad } from './whole.js';

interface Failure {
  readonly result: 'rolled-back' | 'refused';
  /** Something that the log or the annotation must tell. */
  readonly tells: RegExp;
  /** Whether the old release had to be brought back, or served all the time. */
  readonly stands: 'rolled back' | 'never left';
  readonly inputs?: Readonly<Record<string, string>>;
  /** False where the health endpoint itself is what the release breaks. */
  readonly asksHealth?: boolean;
}

export const buildFails: Scenario = {
  name: 'build-fails',
  home: 'resee',
  sentence:
    'a commit that does not build leaves the old release, its files and its containers alone',
  from: 'deployed',
  run: (bed, checks, standing) =>
    checkFailed(bed, checks, standing, bed.stack.changes.buildFails, {
      result: 'rolled-back',
      tells: /no_such_module/,
      stands: 'never left',
    }),
};

export const neverReady: Scenario = {
  name: 'never-ready',
  home: 'resee',
  sentence: 'a release that never gets ready is taken away, and its last words are shown',
  from: 'deployed',
  run: async (bed, checks, standing) => {
    const change = together(
      bed.stack.changes.backend(bed.nextRelease()),
      bed.stack.changes.neverReady,
    );
    await checkFailed(bed, checks, standing, change, {
      result: 'rolled-back',
      tells: bed.stack.changes.lastWords,
      stands: 'never left',
      inputs: { 'ready-timeout': '15s' },
    });
  },
};

export const failsItsHealthPath: Scenario = {
  name: 'fails-its-health-path',
  home: 'tiny',
  sentence:
    'a candidate whose healthcheck passes, and that answers 500 to what the health check asks, never gets a request',
  from: 'deployed',
  stacks: ({ name }) => name === 'tiny',
  run: async (bed, checks, standing) => {
    const change = together(
      bed.stack.changes.backend(bed.nextRelease()),
      replacing(
        'api/server.py',
        'elif url.path in',
        // The container's own healthcheck asks 127.0.0.1.
        'elif url.path == "/health" and self.headers["host"] == "localhost":\n' +
          '            self.answer(500, {"release": RELEASE})\n        elif url.path in',
      ),
    );
    await checkFailed(bed, checks, standing, change, {
      result: 'rolled-back',
      tells:
        /api did not become ready: it answers 500 at \/health, where the old release answers 200/,
      stands: 'never left',
      inputs: { 'ready-timeout': '5s' },
    });
  },
};

export const failsBehindProxy: Scenario = {
  name: 'fails-after-cutover',
  home: 'resee',
  sentence:
    'a release that answers 500 only once it is live is rolled back without a failed request',
  from: 'deployed',
  run: async (bed, checks, standing) => {
    const change = together(
      bed.stack.changes.backend(bed.nextRelease()),
      bed.stack.changes.failsBehindProxy,
    );
    await checkFailed(bed, checks, standing, change, {
      result: 'rolled-back',
      tells: /500/,
      stands: 'rolled back',
      inputs: { 'health-timeout': '3s' },
      asksHealth: false,
    });
  },
};

export const migrationFails: Scenario = {
  name: 'migration-fails',
  home: 'resee',
  sentence: 'a failing pre-deploy command stops the deploy before any candidate starts',
  from: 'deployed',
  run: async (bed, checks, standing) => {
    const change = together(
      bed.stack.changes.backend(bed.nextRelease()),
      bed.stack.changes.migrationFails,
    );
    await checkFailed(bed, checks, standing, change, {
      result: 'rolled-back',
      tells: /no_such_column/,
      stands: 'never left',
    });
  },
};

export const proxyConfigBroken: Scenario = {
  name: 'proxy-config-broken',
  home: 'tiny',
  sentence: 'a proxy configuration that does not parse fails the deploy, and the old text is back',
  from: 'deployed',
  run: async (bed, checks, standing) => {
    const change = together(
      bed.stack.changes.backend(bed.nextRelease()),
      bed.stack.changes.proxyConfigBroken,
    );
    await checkFailed(bed, checks, standing, change, {
      result: 'rolled-back',
      tells: /send_file/,
      stands: 'rolled back',
    });
    const seen = await askInside(bed.host, bed.place.directory, {
      service: bed.stack.proxy,
      command: 'nginx -T',
    });
    checks.that(!seen.includes('send_file'), 'the proxy sees its old configuration');
  },
};

/** Deploys a bad commit under load: the job is red, and the site is exactly as it was. */
async function checkFailed(
  bed: Bed,
  checks: Checks,
  standing: LiveRelease,
  change: Change,
  { inputs = {}, asksHealth = true, ...failure }: Failure,
): Promise<void> {
  const before = await bed.lookSettled();
  const sha = await bed.commit('A bad commit', change);
  const { value: run } = await underLoad(bed, checks, () => bed.deploy(sha, { inputs }), {
    asksHealth,
  });
  checks.equal(run.exitCode, 1, 'the exit code');
  checks.equal(run.outputs['result'], failure.result, 'result');
  const errors = run.annotations.filter((annotation) => annotation.level === 'error');
  checks.equal(errors.length, 1, 'the number of error annotations');
  checks.that(failure.tells.test(run.log), `the log does not tell ${String(failure.tells)}`);
  checks.that(errorOf(run).includes(failure.stands), `the annotation: ${failure.stands}`);
  checks.equal(idsByService(await bed.lookSettled()), idsByService(before), 'the containers');
  await checkWhole(bed, checks, before, standing, { rolledBack: true });
}

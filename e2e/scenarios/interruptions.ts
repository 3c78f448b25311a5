import type { RunningAction } from '../harness/action.js';
import { ask } from '../harness/shell.js';
import { idsOf, type Snapshot } from '../harness/snapshot.js';
import type { Bed, WorkflowOverrides } from './bed.js';
import type { Checks } from './checks.js';
import type { Scenario } from './scenario.js';
import type { LiveRelease } from './bed.js';
import { answeringRelease, checkWhole, underLoad } from './whole.js';

/** A moment of a deploy, told by what stands on the host. */
interface Moment {
  readonly name: string;
  readonly reached: (bed: Bed, seen: Snapshot) => boolean;
}

export const MOMENTS = {
  building: {
    name: 'a build',
    reached: (_bed, seen) => seen.stage.length > 0 && seen.lease.length > 0,
  },
  candidate: {
    name: 'the start of a candidate',
    reached: (bed, seen) => idsOf(seen, bed.stack.backend).length > 1,
  },
  soaking: { name: 'the soak', reached: (_bed, seen) => seen.pins.length > 0 },
} as const satisfies Record<string, Moment>;

/** The soak is long enough to be met. */
const SAID: WorkflowOverrides = { inputs: { soak: '6s' } };

/** Two jobs of one workflow run have the same id, and nothing else in common. */
const SAME_RUN: WorkflowOverrides = { workflow: { runId: '7' } };

/** Beyond the lease's expiry and the watchdog's work. */
export const WHOLE_WITHIN_MS = 150_000;

export const cancelled: readonly Scenario[] = Object.entries(MOMENTS).map(([key, moment]) => ({
  name: `cancelled-while-${key}`,
  home: 'tiny',
  sentence: `a run cancelled in ${moment.name} hands the stack back whole in its post step`,
  from: 'deployed',
  run: (bed, checks, standing) =>
    interrupt(bed, checks, standing, moment, async (running) => {
      const run = await running.cancel();
      checks.that(run.exitCode !== 0, 'a cancelled run is not green');
      const post = await running.post(run);
      checks.equal(post.exitCode, 0, 'the exit code of post');
    }),
}));

export const lost: readonly Scenario[] = Object.entries(MOMENTS).map(([key, moment]) => ({
  name: `runner-lost-while-${key}`,
  home: 'tiny',
  waits: true,
  sentence: `a runner that vanishes in ${moment.name} leaves a stack that is whole when the lease ends`,
  from: 'deployed',
  run: (bed, checks, standing) =>
    interrupt(bed, checks, standing, moment, async (running) => {
      await running.lose();
      await untilHostSays(bed, WHOLE_WITHIN_MS, (seen) => seen.lease.length === 0);
    }),
}));

export const connectionCut: Scenario = {
  name: 'connection-cut',
  home: 'tiny',
  waits: true,
  sentence:
    'a connection that breaks in the soak costs no request, and the stack is whole afterwards',
  from: 'deployed',
  run: (bed, checks, standing) =>
    interrupt(bed, checks, standing, MOMENTS.soaking, async (running) => {
      await ask(bed.host, END_SSH_SESSIONS, { user: 'root' });
      await running.done;
      await untilHostSays(bed, WHOLE_WITHIN_MS, (seen) => seen.lease.length === 0);
    }),
};

/** The release is recorded, and something still goes on. */
const afterwards = ({ sha }: LiveRelease): Moment => ({
  name: 'post-deploy',
  reached: (_bed, seen) => seen.head !== sha && seen.lease.length > 0,
});

export const connectionCutAfterwards: Scenario = {
  name: 'connection-cut-afterwards',
  home: 'tiny',
  waits: true,
  sentence: 'past the point of no return a lost connection leaves the new release, and says so',
  from: 'deployed',
  run: (bed, checks, standing) =>
    interrupt(
      bed,
      checks,
      standing,
      afterwards(standing),
      async (running) => {
        await ask(bed.host, END_SSH_SESSIONS, { user: 'root' });
        const run = await running.done;
        checks.equal(run.outputs['result'], 'deployed', 'result of the run that was cut');
        checks.that(run.log.includes('The new release is in place'), 'it tells what serves');
        checks.that(run.log.includes('the connection to the host was lost'), 'it tells why');
        await untilHostSays(bed, WHOLE_WITHIN_MS, (seen) => seen.lease.length === 0);
        checks.equal((await bed.look()).head, run.outputs['sha'], 'HEAD on the host');
      },
      { inputs: { ...SAID.inputs, 'post-deploy': `${bed.stack.backend}: sleep 8` } },
    ),
};

/** Ends the processes that hold an established connection to this host's port 22. */
const END_SSH_SESSIONS = `
ss -Htnp state established '( sport = :22 )' | grep -o 'pid=[0-9]*' | cut -d= -f2 | sort -u | xargs -r kill -KILL
`;

export const connectionFrozen: Scenario = {
  name: 'connection-frozen',
  home: 'tiny',
  waits: true,
  sentence:
    'a connection on which nothing comes any more is noticed, and the stack is whole afterwards',
  from: 'deployed',
  run: (bed, checks, standing) =>
    interrupt(bed, checks, standing, MOMENTS.candidate, async (running) => {
      const rule = '-p tcp --dport 22 -j DROP';
      await ask(bed.host, `iptables -I INPUT ${rule}`, { user: 'root' });
      try {
        await running.done;
      } finally {
        await ask(bed.host, `iptables -D INPUT ${rule}`, { user: 'root' });
      }
      await untilHostSays(bed, WHOLE_WITHIN_MS, (seen) => seen.lease.length === 0);
    }),
};

export const twoAtOnce: Scenario = {
  name: 'two-at-once',
  home: 'tiny',
  sentence: 'of two deploys at the same time the second waits, and the newer commit is what runs',
  from: 'deployed',
  run: async (bed, checks) => {
    const older = await bed.commit('First of two', bed.stack.changes.backend(bed.nextRelease()));
    const release = bed.nextRelease();
    const newer = await bed.commit('Second of two', bed.stack.changes.backend(release));
    const before = await bed.look();
    const { value: runs } = await underLoad(bed, checks, async () => {
      const first = await bed.start(older, { ...SAID, ...SAME_RUN });
      await untilHostSays(bed, 20_000, (seen) => seen.lease.length > 0);
      const impatient = await bed.deploy(newer, { inputs: { 'lock-timeout': '1s' }, ...SAME_RUN });
      const second = await bed.start(newer, SAME_RUN);
      return { first: await first.done, second: await second.done, impatient };
    });
    checks.equal(runs.first.outputs['result'], 'deployed', 'result of the first');
    checks.equal(runs.second.outputs['result'], 'deployed', 'result of the second');
    checks.equal(
      runs.impatient.outputs['result'],
      'refused',
      'result of the one that did not wait',
    );
    checks.equal(runs.impatient.exitCode, 1, 'the exit code of the one that did not wait');
    await checkWhole(bed, checks, before, { sha: newer, release });
  },
};

/**
 * Starts a deploy under load, does something to it at the moment, and checks that the site did not
 * notice and that what stands then is one release, whole: the old or the new one.
 */
export async function interrupt(
  bed: Bed,
  checks: Checks,
  standing: LiveRelease,
  moment: Moment,
  act: (running: RunningAction) => Promise<void>,
  said: WorkflowOverrides = SAID,
): Promise<void> {
  const release = bed.nextRelease();
  const sha = await bed.commit(`Interrupted`, bed.stack.changes.backend(release));
  const before = await bed.look();
  await underLoad(bed, checks, async () => {
    const running = await bed.start(sha, said);
    await untilHostSays(bed, 90_000, (seen) => moment.reached(bed, seen), running.done);
    await act(running);
  });
  const seen = await bed.look();
  const stands = seen.head === sha ? { sha, release } : standing;
  await checkWhole(bed, checks, before, stands, { rolledBack: true });

  // … and the next deploy finds nothing in its way.
  const next = bed.nextRelease();
  const nextSha = await bed.commit('After the interruption', bed.stack.changes.backend(next));
  const run = await bed.deploy(nextSha);
  checks.equal(run.outputs['result'], 'deployed', 'result of the next deploy');
  checks.equal(await answeringRelease(bed), next, 'the release after the next deploy');
}

/** Looks at the host until it is as told. @throws Error when that takes too long, or `ended` first. */
export async function untilHostSays(
  bed: Bed,
  timeoutMs: number,
  isSo: (seen: Snapshot) => boolean,
  ended?: Promise<unknown>,
): Promise<void> {
  const over = new AbortController();
  const mark = (): void => {
    over.abort();
  };
  ended?.then(mark, mark);
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const wasOver = over.signal.aborted;
    const seen = await bed.look();
    if (isSo(seen)) return;
    if (wasOver) throw new Error('The run ended before the moment came');
    if (performance.now() > deadline) {
      throw new Error(`Not within ${String(timeoutMs)} ms; the host: ${JSON.stringify(seen)}`);
    }
  }
}

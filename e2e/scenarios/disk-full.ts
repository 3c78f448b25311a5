import { ask } from '../harness/shell.js';
import type { Bed } from './bed.js';
import type { Checks } from './checks.js';
import { MOMENTS, untilHostSays, WHOLE_WITHIN_MS } from './interruptions.js';
import { errorOf } from './refusals.js';
import type { Scenario } from './scenario.js';
import type { LiveRelease } from './bed.js';
import { answeringRelease, checkWhole, underLoad } from './whole.js';

/** The soak is long enough to be met. */
const SAID = { inputs: { soak: '4s' } };

export const diskFull: readonly Scenario[] = Object.entries(MOMENTS).map(([key, moment]) => ({
  name: `disk-full-while-${key}`,
  home: 'tiny',
  stacks: ({ name }) => name === 'tiny',
  sentence: `a state directory that fills up in ${moment.name} costs the release and no request, and nothing is called undone that is not`,
  from: 'deployed',
  run: async (bed, checks, standing) => {
    await onSmallDisk(bed, async () => {
      const release = bed.nextRelease();
      const sha = await bed.commit('Too much', bed.stack.changes.backend(release));
      const before = await bed.look();
      const { value: run } = await underLoad(bed, checks, async () => {
        const running = await bed.start(sha, SAID);
        const reached = untilHostSays(
          bed,
          90_000,
          (seen) => moment.reached(bed, seen),
          running.done,
        );
        await reached;
        await fill(bed);
        const main = await running.done;
        await running.post(main);
        return main;
      });
      checks.equal(run.exitCode, 1, 'the exit code');
      checks.that(
        ['failed', 'rolled-back', 'refused'].includes(run.outputs['result'] ?? 'failed'),
        `the result is ${run.outputs['result'] ?? 'none'}`,
      );
      checks.matches(errorOf(run), /a disk of the host is full.*df -h/s, 'the annotation');
      await checkUndone(bed, checks, standing, run.log);

      const refused = await bed.deploy(sha, SAID);
      checks.equal(refused.outputs['result'], 'refused', 'result while the disk is full');
      checks.matches(errorOf(refused), /disk of .* is full.*df -h/s, 'the annotation');

      await ask(bed.host, 'rm "$1/fill"', { args: [stateOf(bed)] });
      await untilHostSays(
        bed,
        WHOLE_WITHIN_MS,
        ({ lease, journal }) => lease.length === 0 && journal.length === 0,
      );
      await checkWhole(bed, checks, before, standing, { rolledBack: true });

      const next = bed.nextRelease();
      const nextSha = await bed.commit('With room again', bed.stack.changes.backend(next));
      const again = await bed.deploy(nextSha);
      checks.equal(again.outputs['result'], 'deployed', 'result once there is room');
      await checkWhole(bed, checks, before, { sha: nextSha, release: next });
    });
  },
}));

/** Where the run says that the old release is back, it is, and alone; else what is left is told. */
async function checkUndone(
  bed: Bed,
  checks: Checks,
  { release }: LiveRelease,
  log: string,
): Promise<void> {
  checks.equal(await answeringRelease(bed), release, 'the release that answers afterwards');
  const { journal, pins, containers } = await bed.lookSettled();
  const backends = containers.filter(({ service }) => service === bed.stack.backend);
  const isWhole = journal.length === 0 && pins.length === 0 && backends.length === 1;
  checks.that(
    isWhole || /could not undo|goes on trying/.test(log),
    `not all is undone, and the run does not say so: ${JSON.stringify({ journal, pins, backends })}`,
  );
}

function stateOf(bed: Bed): string {
  return `/home/ec2-user/.local/state/resee-deploy/${bed.place.project}`;
}

/** With the state directory on a disk of its own of 12 MiB, for the time of `work`. */
async function onSmallDisk(bed: Bed, work: () => Promise<void>): Promise<void> {
  const asRoot = { user: 'root', args: [stateOf(bed)] } as const;
  await ask(bed.host, MOUNT, asRoot);
  try {
    await work();
  } finally {
    await ask(bed.host, UNMOUNT, asRoot);
  }
}

const MOUNT = `
cp -a "$1" /var/tmp/state
mount -t tmpfs -o size=12m,mode=700 none "$1"
cp -a /var/tmp/state/. "$1/"
chown --reference=/var/tmp/state "$1"
rm -r /var/tmp/state
`;

const UNMOUNT = `
rm -f "$1/fill"
cp -a "$1" /var/tmp/state
umount -l "$1"
rm -rf "$1"
mv /var/tmp/state "$1"
`;

/** No byte is left, however much is freed meanwhile: it goes on filling for a second. */
async function fill(bed: Bed): Promise<void> {
  await ask(
    bed.host,
    'for _ in 1 2 3 4 5 6 7 8 9 10; do cat /dev/zero >>"$1/fill" || sleep 0.1; done 2>/dev/null',
    { args: [stateOf(bed)] },
  );
}

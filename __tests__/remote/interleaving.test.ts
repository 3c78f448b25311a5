import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SHELLS } from './host.js';
import { createWorld, type Cut, type DeployRun, type World } from './world.js';

/** What somebody does. */
type Act =
  | { readonly who: 1 | 2; readonly what: 'next' | 'lose' | 'post' }
  | { readonly who: 'person'; readonly what: 'unlock' | 'compose up' }
  | { readonly who: 'nobody'; readonly what: 'expire' | 'late renewal' | 'power cut' };

interface Event {
  readonly act: Act;
  readonly cut: Cut | undefined;
  /** The next one begins before this one has ended. */
  readonly beside: boolean;
}

const number = fc.constantFrom(1 as const, 2 as const);
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 10, arbitrary: number.map((who) => ({ who, what: 'next' as const })) },
  {
    weight: 2,
    arbitrary: fc.record({ who: number, what: fc.constantFrom('lose' as const, 'post' as const) }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('unlock' as const, 'compose up' as const).map((what) => ({
      who: 'person' as const,
      what,
    })),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom('expire' as const, 'late renewal' as const, 'power cut' as const)
      .map((what) => ({ who: 'nobody' as const, what })),
  },
);
const cut: fc.Arbitrary<Cut> = fc.record({
  at: fc.integer({ min: 1, max: 60 }),
  kills: fc.constantFrom('process' as const, 'group' as const, 'power' as const),
  after: fc.boolean(),
});
const events: fc.Arbitrary<readonly Event[]> = fc.array(
  fc.record({
    act,
    cut: fc.option(cut, { nil: undefined, freq: 4 }),
    beside: fc.boolean(),
  }),
  { minLength: 4, maxLength: 12 },
);

/** By default a few that are always the same. More of them, and each time others, find more: 100 take some minutes. */
const MORE = process.env['RESEE_INTERLEAVINGS'];
const RUNS = { numRuns: Number(MORE ?? 4), ...(MORE === undefined ? { seed: 1 } : {}) };

describe.each(SHELLS.filter(({ name }) => name !== 'bash'))(
  'two deploys, the watchdog, a person and the power, with $name as sh',
  ({ path }) => {
    it('leave one release, and nothing else, in whatever order they come', async () => {
      await fc.assert(
        fc.asyncProperty(events, async (all) => {
          const world = createWorld(path);
          try {
            await happen(world, all);
          } finally {
            world.remove();
          }
        }),
        { ...RUNS, endOnFailure: true },
      );
    }, 600_000);
  },
);

async function happen(world: World, all: readonly Event[]): Promise<void> {
  const runs = new Map<number, DeployRun>();
  const ahead = new Map<Act['who'], Promise<unknown>>();
  let highest = 0;
  let beside: Promise<unknown> = Promise.resolve();
  for (const event of all) {
    world.arm(event.cut);
    const { act: does } = event;
    const before = ahead.get(does.who) ?? Promise.resolve();
    // What one does is done in its order.
    const doing = before.then(() => perform(world, runs, does)).catch(() => undefined);
    ahead.set(does.who, doing);
    if (event.beside) {
      beside = Promise.all([beside, doing]);
      continue;
    }
    await Promise.all([beside, doing]);
    beside = Promise.resolve();
    if (world.powerFailed()) reboot(world, runs);
    const fence = world.highestFence();
    expect(fence).toBeGreaterThanOrEqual(highest);
    highest = fence;
  }
  await beside;
  if (world.powerFailed()) reboot(world, runs);
  world.arm(undefined);
  for (const run of runs.values()) run.lose();
  await world.settle();
  check(world, all, all.filter(({ cut: each }) => each !== undefined).length);
}

function reboot(world: World, runs: Map<number, DeployRun>): void {
  world.powerCycle();
  runs.clear();
}

async function perform(
  world: World,
  runs: Map<number, DeployRun>,
  { who, what }: Act,
): Promise<void> {
  if (who === 'person') return what === 'unlock' ? world.unlock() : world.composeUp();
  if (who === 'nobody') {
    if (what === 'expire') world.expire();
    else if (what === 'late renewal') await world.renewLate();
    else reboot(world, runs);
    return;
  }
  const run = runs.get(who);
  if (what === 'lose') {
    run?.lose();
    return;
  }
  if (what === 'post') {
    if (run === undefined) return;
    run.lose();
    runs.delete(who);
    await world.post(who, run);
    return;
  }
  if (run === undefined) runs.set(who, await world.run(who));
  await runs.get(who)?.next();
}

function check(world: World, all: readonly Event[], cuts: number): void {
  expect(world.violations()).toEqual([]);
  const fences = world.fences();
  expect(fences).toEqual([...fences].sort((one, other) => one - other));
  expect(world.left()).toEqual([]);
  expect(world.processes()).toEqual([]);

  const containers = Object.entries(world.containers());
  expect(containers).toHaveLength(1);
  expect(containers[0]?.[1]).toBe(true);
  const finished = world.finished();
  // Compose by hand may keep a candidate in the place of the release that served.
  if (!all.some(({ act: { what } }) => what === 'compose up')) {
    expect(containers[0]?.[0]).toBe(`c-${finished.at(-1) ?? '0'}`);
  }

  const undone = new Map<string, number>();
  for (const line of world.undone()) undone.set(line, (undone.get(line) ?? 0) + 1);
  // Once, and once more for each time that somebody was cut off before he could note it.
  for (const times of undone.values()) expect(times).toBeLessThanOrEqual(1 + cuts);
}

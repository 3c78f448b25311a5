import { describe, expect, it } from '@jest/globals';
import { until } from './host.js';
import { createWorld, type Cut } from './world.js';

/** A deploy there has about so many commands; behind its end nothing is cut. */
const COMMANDS = 220;
const all = Array.from({ length: COMMANDS }, (_, n) => n + 1);
/**
 * Around the taking of the lease, and a few places more; `RESEE_CUTS=all` tries each command of a deploy, which takes
 * some minutes.
 */
const PLACES =
  process.env['RESEE_CUTS'] === 'all'
    ? all
    : all.filter((n) => (n > 6 && n < 20 && n % 2 === 0) || n % 40 === 0);

/** What the next deploy clears without a word, and nobody is held up by. */
const LITTER: ReadonlySet<string> = new Set(['fence.new', 'lease.new', 'lease.over', 'scratch']);

describe('a host on which a script of a deploy is killed', () => {
  it.each(['process', 'group'] satisfies Cut['kills'][])(
    'is whole by itself when the lease has run out: its %s',
    async (kills) => {
      const left: string[] = [];
      for (const at of PLACES)
        left.push(...(await leftAfter({ at, kills, after: false, sparesWatchdog: true })));
      expect(left).toEqual([]);
    },
    1_800_000,
  );
});

/** What is left of a deploy that met the cut, once its runner is gone and its lease has run out; no deploy follows. */
async function leftAfter(cut: Cut): Promise<string[]> {
  const world = createWorld('/bin/sh');
  try {
    world.arm(cut);
    const run = await world.run(1);
    while (await run.next());
    run.lose();
    const left = (): string[] => world.left().filter((name) => !LITTER.has(name));
    await until(() => {
      world.expire();
      return left().length === 0 && world.processes().length === 0;
    }, 15_000).catch(() => undefined);
    const containers = Object.entries(world.containers()).map(
      ([id, runs]) => `${id} ${String(runs)}`,
    );
    const problems = [
      ...left(),
      ...(containers.length === 1 && containers[0]?.endsWith('true') === true ? [] : containers),
    ];
    return problems.length === 0 ? [] : [`at command ${String(cut.at)}: ${problems.join(', ')}`];
  } finally {
    world.remove();
  }
}

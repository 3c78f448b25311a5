import { measureOverhead, type Overhead } from '../harness/overhead.js';
import type { Scenario } from './scenario.js';
import { checkWhole, underLoad } from './whole.js';

const SOAK_MS = 1_000;
/** Those of the health checks and of the sign of life, for which nobody waits, are counted as well. */
const MOST_ROUND_TRIPS = 20;
/** How far away the host is, and what a deploy may take beyond what nobody could take away. */
const DISTANCES = [
  { roundTripMs: 0, overheadMs: 4_000 },
  { roundTripMs: 200, overheadMs: 7_500 },
] as const;

export const overhead: Scenario = {
  name: 'overhead',
  home: 'resee',
  alone: true,
  sentence:
    'a one-line backend change takes at most 4 s beyond build, boot and soak, 7.5 s at 200 ms and 20 round trips',
  from: 'deployed',
  run: async (bed, checks) => {
    const before = await bed.lookSettled();
    const deployed = async (roundTripMs: number, quiet: boolean): Promise<Overhead> => {
      const release = bed.nextRelease();
      const sha = await bed.commit('One line', bed.stack.changes.backend(release));
      const measured = await measureOverhead(bed, sha, { roundTripMs, soakMs: SOAK_MS, quiet });
      bed.note(measured.shown);
      await checkWhole(bed, checks, before, { sha, release });
      return measured;
    };
    for (const { roundTripMs, overheadMs } of DISTANCES) {
      const tries: Overhead[] = [];
      // Whatever else this machine does can only make a deploy slower: the fastest of three counts.
      while (tries.length < 3 && tries.every((each) => each.overheadMs > overheadMs)) {
        tries.push(await deployed(roundTripMs, false));
      }
      const best = Math.min(...tries.map((each) => each.overheadMs));
      checks.that(best <= overheadMs, tries.map(({ shown }) => shown).join('; '));
    }
    const { roundTrips, shown } = await deployed(DISTANCES[1].roundTripMs, true);
    checks.that(roundTrips <= MOST_ROUND_TRIPS, shown);
  },
};

export const rollbackOperation: Scenario = {
  name: 'rollback-operation',
  home: 'tiny',
  sentence:
    'operation: rollback brings the previous release back without a build or a failed request',
  from: 'deployed',
  run: async (bed, checks, standing) => {
    const release = bed.nextRelease();
    const sha = await bed.commit('To be regretted', bed.stack.changes.backend(release));
    checks.equal((await bed.deploy(sha)).outputs['result'], 'deployed', 'result of the deploy');
    // As a person does who looks for room: what a kept release needs must survive it.
    await bed.host.ask('docker image prune --force');
    const before = await bed.lookSettled();
    const { value: run } = await underLoad(bed, checks, () =>
      bed.deploy(sha, { inputs: { operation: 'rollback' } }),
    );
    checks.equal(run.exitCode, 0, 'the exit code');
    checks.that(!run.log.includes('docker compose  build'), 'nothing was built');
    await checkWhole(bed, checks, before, standing);

    const next = bed.nextRelease();
    const nextSha = await bed.commit('Better', bed.stack.changes.backend(next));
    const after = await bed.deploy(nextSha);
    checks.equal(after.outputs['result'], 'deployed', 'result of the deploy after the rollback');
    await checkWhole(bed, checks, before, { sha: nextSha, release: next });
  },
};

import { leftovers } from '../harness/snapshot.js';
import { type Bed, emptyHost, placeFiles } from './bed.js';
import type { Stack } from '../stacks/stack.js';
import type { Trial } from './scenario.js';
import type { LiveRelease } from './bed.js';
import { answeringRelease } from './whole.js';

/** Brings the host and the repository to where a scenario begins. */
export interface Stage {
  /** @throws Error when the release that should stand cannot be deployed. */
  prepare(trial: Pick<Trial<Stack>, 'from'>): Promise<LiveRelease>;
  /** After a scenario that passed: what it left may serve the next one. */
  keep(): Promise<void>;
}

/** `first` is a good commit: what is deployed where nothing stands, or where something broke. */
export function makeStage(bed: Bed<Stack>, first: LiveRelease): Stage {
  let standing: LiveRelease | undefined;
  const resetMain = async (sha: string): Promise<void> => {
    await bed.fixture.git('checkout', '-q', '-B', 'main', sha);
    await bed.fixture.git('reset', '-q', '--hard', sha);
    await bed.fixture.push({ force: true });
  };
  return {
    prepare: async ({ from }) => {
      const reused = standing;
      standing = undefined;
      if (from === 'deployed' && reused !== undefined) {
        await resetMain(reused.sha);
        return reused;
      }
      await resetMain(first.sha);
      await emptyHost(bed);
      if (from === 'deployed') {
        await placeFiles(bed);
        await bed.stack.arrange?.(bed.host, first.release);
        const run = await bed.deploy(first.sha);
        if (run.outputs['result'] !== 'deployed') {
          throw new Error(`The first deploy failed:\n${run.log.slice(-2_000)}`);
        }
      }
      return first;
    },
    keep: async () => {
      const seen = await bed.look();
      const isWhole = leftovers(seen, bed.place, bed.stack.services, bed.stack.beside).length === 0;
      if (isWhole && seen.head !== undefined && seen.status.length === 0) {
        standing = { sha: seen.head, release: await answeringRelease(bed) };
      }
    },
  };
}

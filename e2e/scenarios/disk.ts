import { ask } from '../harness/shell.js';
import type { Stack } from '../stacks/stack.js';
import type { Bed } from './bed.js';
import type { Checks } from './checks.js';

/** What deploys may pile up on a host. */
export interface Disk {
  /** How many there are, by kind. */
  readonly counts: Readonly<Record<string, number>>;
  /** KiB of what lies in layers: images, what containers wrote, and the cache of builds. */
  readonly layersKiB: number;
  readonly gitKiB: number;
  /** Files of git's objects in the state directory: packs, each with an index. */
  readonly objectFiles: number;
  /** References of images that the action keeps for a way back. */
  readonly kept: readonly string[];
  /** Those that a release's record names. */
  readonly recorded: readonly string[];
  /** As `docker system df` tells it, for people. */
  readonly table: string;
}

/** Looks at everything that takes room on the host, as its root. */
export async function lookAtDisk(bed: Bed<Stack>): Promise<Disk> {
  const { directory, project } = bed.place;
  const text = await ask(bed.host, LOOK, { user: 'root', args: [directory, project] });
  const [numbers = '', kept = '', recorded = '', table = ''] = text.split('\n==\n');
  const counts = Object.fromEntries(
    numbers.split('\n').map((line): [string, number] => {
      const [count = '', ...name] = line.split(' ');
      return [name.join(' '), Number(count)];
    }),
  );
  const { layersKiB = NaN, gitKiB = NaN, objectFiles = NaN, ...rest } = counts;
  return {
    counts: rest,
    layersKiB,
    gitKiB,
    objectFiles,
    kept: linesOf(kept),
    recorded: linesOf(recorded),
    table,
  };
}

/** Checks that only what the kept releases need is kept. */
export function checkKept(checks: Checks, disk: Disk, keepReleases: number): void {
  checks.equal(disk.kept, disk.recorded, 'the images that are kept, beside those of the records');
  const { records = NaN } = disk.counts;
  checks.that(
    records <= keepReleases,
    `${String(records)} records are kept, at most ${String(keepReleases)} may be`,
  );
}

/** Checks that nothing grew between two moments at which the same should be there. */
export function checkNoGrowth(checks: Checks, earlier: Disk, later: Disk, roomKiB: number): void {
  for (const [name, count] of Object.entries(later.counts)) {
    const before = earlier.counts[name] ?? NaN;
    checks.that(count <= before, `${name} grew from ${String(before)} to ${String(count)}`);
  }
  // As many packs as the logarithm of what there is.
  checks.that(
    later.objectFiles <= MOST_OBJECT_FILES,
    `git keeps ${String(later.objectFiles)} files of objects, at most ${String(MOST_OBJECT_FILES)} may be`,
  );
  const grownKiB = later.layersKiB - earlier.layersKiB;
  checks.that(
    grownKiB <= roomKiB,
    `images, containers and build cache grew by ${String(grownKiB)} KiB, at most ${String(roomKiB)} may be`,
  );
}

/** For people: what there is. */
export function describe({ counts, layersKiB, gitKiB, table }: Disk): string {
  const named = Object.entries(counts).map(([name, count]) => `${name} ${String(count)}`);
  return `${named.join(', ')}, layers ${String(layersKiB)} KiB, git ${String(gitKiB)} KiB\n${table}`;
}

function linesOf(text: string): string[] {
  return [...new Set(text.split('\n').filter((line) => line !== ''))].sort();
}

const MOST_OBJECT_FILES = 30;

const LOOK = `
state=/home/ec2-user/.local/state/resee-deploy/$2
count() { printf '%s %s\\n' "$(sort -u | grep -c . || :)" "$1"; }
docker images --all --quiet --no-trunc | count images
docker ps --all --quiet | count containers
docker network ls --quiet | count networks
docker volume ls --quiet | count volumes
ls "$state/releases" | count records
ls -A "$state/journal" 2>/dev/null | count journal
ls -A "$state/stage" 2>/dev/null | count stage
find "$state" -type f | grep -v -e /releases/ -e /repository.git/objects/ | count "other state files"
find "$state/repository.git/objects" -type f | count objectFiles
du -skx /var/lib/docker/overlay2 | sed 's/\\t.*/ layersKiB/'
du -skx "$1/.git" | sed 's/\\t.*/ gitKiB/'
echo ==
docker images --format '{{.Repository}}:{{.Tag}}' "resee/$2/*"
echo ==
cat "$state"/releases/*.json | grep -o "resee/$2/[^\\"]*"
echo ==
docker system df
`;

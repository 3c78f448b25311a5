import { askSite } from '../harness/http.js';
import { releaseIn } from '../load/request.js';
import { startLoad } from '../load/load.js';
import { LIMITS, usualLoad, withStaleCheck } from '../load/spec.js';
import { loadTable } from '../load/table.js';
import type { LoadResult } from '../load/tally.js';
import { ask } from '../harness/shell.js';
import { idsByService, idsOf, leftovers, type Snapshot } from '../harness/snapshot.js';
import type { Stack } from '../stacks/stack.js';
import type { Bed } from './bed.js';
import type { Checks } from './checks.js';
import type { LiveRelease } from './bed.js';

export interface LoadOptions {
  /** False where the health endpoint itself is what the release breaks. */
  readonly asksHealth?: boolean;
  /** 0.5 is half of the usual requests a second. */
  readonly scale?: number;
  /**
   * Where a reload of the proxy closes idle connections whatever a deploy does (nginx without
   * `keepalive_min_timeout`, Caddy): visitors who look before they use a connection again.
   */
  readonly staleCheck?: boolean;
  /** How long the load goes on at most, where the usual ten minutes are too few. */
  readonly maxMs?: number;
}

const MEANINGFUL_ANSWERS = 100;
const MOST_FAILURES_SHOWN = 20;

/** Runs `work` while the site is used in every way, and checks that nobody noticed. */
export async function underLoad<T>(
  bed: Bed<Stack>,
  checks: Checks,
  work: () => Promise<T>,
  { asksHealth = true, scale = 1, staleCheck = false, maxMs }: LoadOptions = {},
): Promise<{ value: T; load: LoadResult }> {
  const { paths, tellRelease, release } = bed.stack;
  const all = asksHealth ? { ...paths, release: tellRelease } : paths;
  const usual = usualLoad(bed.base, all, release, scale);
  const spec = maxMs === undefined ? usual : { ...usual, maxMs, maxRequests: LIMITS.maxRequests };
  const load = startLoad(staleCheck ? withStaleCheck(spec) : spec);
  try {
    await load.answered(1, 15_000);
  } catch (error) {
    await load.stop();
    throw error;
  }
  try {
    const value = await work();
    // What is done in a second is seen by few.
    await load.answered(MEANINGFUL_ANSWERS, 30_000);
    const result = await load.stop();
    bed.note(loadTable(result));
    if (Object.keys(result.failures).length > 0) bed.note(await complaints(bed, result.durationMs));
    checks.equal(result.failures, {}, 'the list of failed requests under load');
    for (const { atMs, stream, reason } of result.timeline.slice(0, MOST_FAILURES_SHOWN)) {
      bed.note(`failed after ${String(Math.round(atMs))} ms of load: ${stream}, ${reason}`);
    }
    checks.that(
      result.durationMs < spec.maxMs && result.sent < spec.maxRequests,
      'the load outlasts what is done under it',
    );
    return { value, load: result };
  } finally {
    // A second stop answers what the first one did.
    await load.stop();
  }
}

/** What the containers that run have complained of meanwhile: why a request failed. */
function complaints(bed: Bed<Stack>, sinceMs: number): Promise<string> {
  const seconds = String(Math.ceil(sinceMs / 1000) + 5);
  return ask(bed.host, COMPLAINTS, { args: [seconds] });
}
const COMPLAINTS = `
for id in $(docker ps -aq); do
  docker inspect -f '{{.Name}}' "$id"
  docker logs -t --since "$1s" "$id" 2>&1 | grep -aE '\\[(error|crit|alert|emerg)\\]|"level":"error"|Traceback|Error' | tail -n 20
done
true`;

export interface WholeOptions {
  /** Lines of `git status --porcelain` that are as they should be. */
  readonly status?: readonly string[];
  /** After a rollback the images of the bad release stay until the next good one. */
  readonly rolledBack?: boolean;
}

/**
 * Checks all that must be true after any run: the release that should answer does, data and proxy
 * are the containers they were, nothing is left over, git is at the sha on `main`, and
 * `docker compose up -d` finds nothing to do.
 */
export async function checkWhole(
  bed: Bed<Stack>,
  checks: Checks,
  before: Snapshot | undefined,
  standing: LiveRelease,
  options: WholeOptions = {},
): Promise<void> {
  const after = await bed.lookSettled();
  await checkRelease(bed, checks, standing.release);
  if (before !== undefined) {
    for (const service of bed.stack.kept) {
      checks.equal(idsOf(after, service), idsOf(before, service), `the container of ${service}`);
    }
  }
  const { jobs = [] } = bed.stack;
  const left = {
    ...after,
    containers: after.containers.filter(
      ({ service, state }) => state !== 'exited' || !jobs.includes(service),
    ),
    danglingImages: options.rolledBack === true ? [] : after.danglingImages,
  };
  for (const problem of leftovers(left, bed.place, bed.stack.services, bed.stack.beside))
    checks.that(false, problem);
  checks.equal(after.head, standing.sha, 'HEAD on the host');
  checks.equal(after.branch, 'main', 'the branch on the host');
  checks.equal(after.status, options.status ?? [], 'git status on the host');
  await checkComposeAgrees(bed, checks, after);
}

/** Twenty answers through the proxy, all of the same release. */
export async function checkRelease(
  bed: Bed<Stack>,
  checks: Checks,
  release: string,
): Promise<void> {
  const seen = new Set<string>();
  for (let n = 0; n < 20; n += 1) seen.add(await answeringRelease(bed));
  checks.equal([...seen], [release], 'the release that answers');
}

export async function answeringRelease(bed: Bed<Stack>): Promise<string> {
  const answer = await askSite(bed, bed.stack.tellRelease);
  return releaseIn(answer.message, answer.text, bed.stack.release) ?? `status ${answer.status}`;
}

/** In the stack's directory, with the variables of the release, where it has some. */
const WITH_VARIABLES = `
cd "$1"
kept=$HOME/.local/state/resee-deploy/$2/variables.env
! grep -q = "$kept" 2>/dev/null || export COMPOSE_ENV_FILES=".env,$kept"
`;

async function checkComposeAgrees(
  bed: Bed<Stack>,
  checks: Checks,
  before: Snapshot,
): Promise<void> {
  await ask(bed.host, `${WITH_VARIABLES}docker compose ${bed.stack.composeOptions ?? ''} up -d`, {
    args: [bed.place.directory, bed.place.project],
  });
  const after = await bed.lookSettled();
  checks.equal(
    idsByService(after),
    idsByService(before),
    'after `docker compose up -d`, the containers',
  );
}

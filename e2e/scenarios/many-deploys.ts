import { ask } from '../harness/shell.js';
import { LIMITS } from '../load/spec.js';
import type { Bed } from './bed.js';
import type { Checks } from './checks.js';
import { checkKept, checkNoGrowth, describe, type Disk, lookAtDisk } from './disk.js';
import { roundOf, type Turn } from './rounds.js';
import type { Scenario } from './scenario.js';
import type { LiveRelease } from './bed.js';
import { whileOrdering } from './tasks.js';
import { checkWhole, underLoad } from './whole.js';

interface Took {
  readonly kind: string;
  readonly ms: number;
}

const KEPT_RELEASES = 3;
/** Layers of the same changes are not of the same size to the byte. */
const ROOM_KIB = 16 * 1024;
/** From here on each kind of release has been kept and forgotten. */
const SETTLED_AFTER = 5;

const SENTENCE = `${String(wanted())} deploys in a row of every kind of change lose nothing and leave nothing`;

export const manyDeploys: Scenario = {
  name: 'many-deploys',
  home: 'resee',
  alone: true,
  sentence: `${SENTENCE}: no request, no task`,
  from: 'deployed',
  stacks: (stack) => stack.name === 'resee',
  run: inARow,
};

/** The same where it takes minutes only, and with streams that are held. */
export const deploysInARow: Scenario = {
  name: 'deploys-in-a-row',
  home: 'tiny',
  sentence: `${SENTENCE}: no request, no stream`,
  from: 'deployed',
  stacks: (stack) => stack.name === 'tiny',
  run: inARow,
};

/** As many as `RESEE_E2E_DEPLOYS` says, else 20. */
function wanted(): number {
  const said = Number(process.env['RESEE_E2E_DEPLOYS'] ?? '20');
  if (!Number.isInteger(said) || said < 12 || said > 200) {
    throw new Error('RESEE_E2E_DEPLOYS is a number from 12 to 200: fewer show no growth');
  }
  return said;
}

async function inARow(bed: Bed, checks: Checks, standing: LiveRelease): Promise<void> {
  const count = wanted();
  const round = roundOf(bed.stack);
  // The releases that are kept there are of the same kinds as those at the end.
  const settledAt = SETTLED_AFTER + ((count - SETTLED_AFTER) % round.length);
  const before = await bed.lookSettled();
  const took: Took[] = [];
  let last = standing;
  let settled: Disk | undefined;
  const deploys = async (): Promise<void> => {
    for (let n = 1; n <= count; n += 1) {
      const turn = round[(n - 1) % round.length];
      if (turn === undefined) throw new Error('A round has no turn');
      const next = await deployOne(bed, checks, turn, n, last, took);
      // What follows a deploy that failed shows nothing; what was seen until then is still told.
      if (next === undefined) return;
      last = next;
      if (n === settledAt) settled = await lookAtDisk(bed);
      await tidy(bed);
    }
  };
  const { load } = await underLoad(
    bed,
    checks,
    () => (bed.stack.name === 'resee' ? whileOrdering(bed, checks, deploys) : deploys()),
    // Here it is the number of deploys that counts, and not the pace.
    { scale: 0.5, maxMs: Math.min(LIMITS.maxMs, count * 60_000) },
  );
  checks.equal(took.length, count, 'the number of deploys');
  bed.note(tableOf(took));
  for (const [name, stream] of Object.entries(load.streams)) {
    if (name !== 'SSE' && name !== 'WebSocket') continue;
    const ended = took.filter(({ kind }) => kind === 'backend').length;
    checks.that(
      stream.closed >= ended,
      `each of ${String(ended)} new backends ended the ${name}, ${String(stream.closed)} ends were seen`,
    );
  }
  await checkWhole(bed, checks, before, last);
  const atEnd = await lookAtDisk(bed);
  checkKept(checks, atEnd, KEPT_RELEASES);
  bed.note(`at the end: ${describe(atEnd)}`);
  if (settled === undefined) return;
  bed.note(`after ${String(settledAt)} deploys: ${describe(settled)}`);
  checkNoGrowth(checks, settled, atEnd, ROOM_KIB);
}

async function deployOne(
  bed: Bed,
  checks: Checks,
  turn: Turn,
  number: number,
  last: LiveRelease,
  took: Took[],
): Promise<LiveRelease | undefined> {
  const release = bed.nextRelease();
  const sha = await bed.commit(`${turn.kind} ${String(number)}`, turn.change(number, release));
  const run = await bed.deploy(sha, { inputs: { 'keep-releases': String(KEPT_RELEASES) } });
  took.push({ kind: turn.kind, ms: run.durationMs });
  if (run.outputs['result'] !== 'deployed' || run.exitCode !== 0) {
    checks.that(false, `deploy ${String(number)} (${turn.kind}) failed: ${run.log.slice(-3_000)}`);
    return undefined;
  }
  checks.equal(run.outputs['previous-sha'], last.sha, `previous-sha of deploy ${String(number)}`);
  return { sha, release: turn.tells ? release : last.release };
}

/** What the load adds to the site is taken away, as a site's own cron job does: only deploys may grow it. */
async function tidy(bed: Bed): Promise<void> {
  if (bed.stack.name !== 'resee') return;
  await ask(bed.host, TIDY, { args: [bed.place.directory] });
}

const TIDY = `
cd "$1"
docker compose exec -T postgres psql -q -U postgres resee_prod <<'END'
CREATE TEMP TABLE old AS SELECT id FROM reviews_card ORDER BY id DESC OFFSET 300;
DELETE FROM reviews_review WHERE card_id IN (SELECT id FROM old);
DELETE FROM reviews_card WHERE id IN (SELECT id FROM old);
END
`;

function tableOf(took: readonly Took[]): string {
  const kinds = [...new Set(took.map(({ kind }) => kind))];
  const all = { kind: 'all', of: took };
  const groups = kinds.map((kind) => ({ kind, of: took.filter((each) => each.kind === kind) }));
  return [...groups, all]
    .map(({ kind, of }) => {
      const sorted = of.map(({ ms }) => ms / 1000).sort((a, b) => a - b);
      const at = (share: number): string =>
        (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN).toFixed(1);
      return `${kind}: ${String(of.length)} deploys, ${at(0)} – ${at(0.5)} – ${at(1)} s`;
    })
    .join('\n');
}

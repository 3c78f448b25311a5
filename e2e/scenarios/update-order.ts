import { ask } from '../harness/shell.js';
import type { Snapshot } from '../harness/snapshot.js';
import { type Change, replacing, together } from '../stacks/stack.js';
import type { Bed } from './bed.js';
import type { Checks } from './checks.js';
import type { Scenario } from './scenario.js';
import type { LiveRelease } from './bed.js';
import { checkWhole } from './whole.js';

const COMPOSE_FILE = 'docker-compose.yml';
const WORKER = /command: \['python', 'worker\.py'.*\]\n/;
const STOP_FIRST = '$&    deploy: { update_config: { order: stop-first } }\n';

export const updateOrder: Scenario = {
  name: 'update-order',
  home: 'tiny',
  sentence:
    'the old worker ends its job before the new one starts, or the new one starts first, as update_config.order says',
  from: 'deployed',
  stacks: ({ name }) => name === 'tiny',
  run: async (bed, checks) => {
    const stopFirst = replacing(COMPOSE_FILE, WORKER, STOP_FIRST);
    const first = await deployed(bed, checks, stopFirst);
    checkOrder(checks, first.events, ['old worker die 0', 'new worker start', 'proxy reload']);

    const startFirst = replacing(COMPOSE_FILE, 'stop-first', 'start-first');
    const second = await deployed(bed, checks, startFirst);
    checkOrder(checks, second.events, [
      'new worker start',
      'old worker kill 15',
      // Killed in the middle of its job it ends with 137.
      'old worker die 0',
      'proxy reload',
      'old api kill 15',
    ]);
    await checkWhole(bed, checks, undefined, second.standing);
  },
};

interface Deployed {
  readonly standing: LiveRelease;
  /** `new SERVICE start`, `old SERVICE kill SIGNAL`, `old SERVICE die CODE`, `SERVICE reload`, in their order. */
  readonly events: readonly string[];
}

/**
 * Deploys a new release with that change, and asks the engine what became of the containers. Without
 * load: no request tells in which order workers came and went, and the drain of streams takes its time.
 */
async function deployed(bed: Bed, checks: Checks, change: Change): Promise<Deployed> {
  const release = bed.nextRelease();
  const sha = await bed.commit('Change', together(bed.stack.changes.backend(release), change));
  const before = await bed.lookSettled();
  const since = String(Date.now() / 1000);
  const run = await bed.deploy(sha);
  checks.equal(run.outputs['result'], 'deployed', 'result');
  const events = await eventsSince(bed, since, namesOf(before, await bed.look()));
  return { standing: { sha, release }, events };
}

/** By the id of a container: `old SERVICE` where it went, `new SERVICE` where it came, or `SERVICE`. */
function namesOf(before: Snapshot, after: Snapshot): ReadonlyMap<string, string> {
  const ids = ({ containers }: Snapshot): Set<string> => new Set(containers.map(({ id }) => id));
  const [old, now] = [ids(before), ids(after)];
  return new Map(
    [...before.containers, ...after.containers].map(({ id, service }) => {
      if (!now.has(id)) return [id, `old ${service}`];
      return [id, old.has(id) ? service : `new ${service}`];
    }),
  );
}

/** The engine remembers its last 256 events: ask soon. */
async function eventsSince(
  bed: Bed,
  since: string,
  names: ReadonlyMap<string, string>,
): Promise<string[]> {
  const lines = await ask(
    bed.host,
    `docker events --since "$1" --until "$(date +%s.%N)" --filter type=container --format "$2"`,
    { args: [since, EVENT] },
  );
  const events = lines.split('\n').flatMap((line) => {
    const [, id = '', action = '', number = ''] = /^(\w+) "(.*)" (\d*)$/.exec(line) ?? [];
    const [name, what] = [names.get(id), happened(action, number)];
    return name === undefined || what === undefined ? [] : [`${name} ${what}`];
  });
  bed.note(['What the engine tells:', ...events].join('\n'));
  return events;
}

/** `ID "ACTION" NUMBER`, one a line whatever an action holds. */
const EVENT =
  '{{.Actor.ID}} {{printf "%q" .Action}} {{with .Actor.Attributes}}{{index . "signal"}}{{index . "exitCode"}}{{end}}';

function happened(action: string, number: string): string | undefined {
  if (action.startsWith('exec_create') && action.includes('-s reload')) return 'reload';
  if (action === 'start') return action;
  return action === 'kill' || action === 'die' ? `${action} ${number}` : undefined;
}

function checkOrder(checks: Checks, events: readonly string[], wanted: readonly string[]): void {
  // Of each container only what is asked for: whichever signal stopped it, and however it ended.
  const kinds = wanted.map((event) => event.replace(/ \d+$/, ''));
  checks.equal(
    events.filter((event) => kinds.includes(event.replace(/ \d+$/, ''))),
    wanted,
    'the order in which containers ended and started',
  );
}

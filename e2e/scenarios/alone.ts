import { idsByService } from '../harness/snapshot.js';
import { type Change, replacing, together } from '../stacks/stack.js';
import { errorOf } from './refusals.js';
import type { Scenario } from './scenario.js';
import { checkWhole, underLoad } from './whole.js';

/** Longer than it takes to look once more: what a release does without the old one takes its time. */
const MISSES_FOR_S = 2;
/** Of which a quarter is watched after the old containers have stopped. */
const SOAK = '12s';

export const needsTheOld: Scenario = {
  name: 'needs-the-old-release',
  home: 'tiny',
  sentence:
    'a release that fails once the old one has stopped is never green: that is started again, without a failed request',
  from: 'deployed',
  stacks: ({ name }) => name === 'tiny',
  run: async (bed, checks, standing) => {
    const before = await bed.lookSettled();
    const deploy = (change: Change) =>
      bed
        .commit(
          'It needs the other one',
          together(bed.stack.changes.backend(bed.nextRelease()), change),
        )
        .then((sha) => () => bed.deploy(sha, { inputs: { soak: SOAK } }));

    const healthFails = await deploy(whenAlone('failing.set()'));
    const { value: run } = await underLoad(bed, checks, healthFails, { asksHealth: false });
    checks.equal(run.exitCode, 1, 'the exit code');
    checks.equal(run.outputs['result'], 'rolled-back', 'result');
    checks.matches(
      errorOf(run),
      /requests failed during the soak|times in a row/,
      'the annotation',
    );
    checks.that(run.log.includes('stopped within'), 'the old release was stopped before');
    checks.equal(idsByService(await bed.lookSettled()), idsByService(before), 'the containers');
    await checkWhole(bed, checks, before, standing, { rolledBack: true });

    const ends = await (await deploy(whenAlone('os._exit(1)')))();
    checks.equal(ends.outputs['result'], 'rolled-back', 'result where the app ends');
    bed.note(
      `where the app ends: ${ends.outputs['failed-probes'] ?? '?'} of ${ends.outputs['probes'] ?? '?'} probes failed, the gap was ${ends.outputs['longest-gap-ms'] ?? '?'} ms`,
    );
    checks.equal(idsByService(await bed.lookSettled()), idsByService(before), 'the containers');
    await checkWhole(bed, checks, before, standing, { rolledBack: true });
  },
};

/** So long after its name has led to two containers, and leads to one again, the API does `what`. */
function whenAlone(what: string): Change {
  return async (fixture) => {
    const seen = replacing(
      'api/server.py',
      'def main():\n',
      `failing = threading.Event()


def miss_the_other():
    seen = 0
    while seen < 2 or count() > 1:
        seen = max(seen, count())
        time.sleep(0.05)
    time.sleep(${String(MISSES_FOR_S)})
    ${what}


def count():
    try:
        return len({found[4] for found in socket.getaddrinfo("api", 3000, type=socket.SOCK_STREAM)})
    except OSError:
        return 0


def main():
    threading.Thread(target=miss_the_other, daemon=True).start()
`,
    );
    const edits = await seen(fixture);
    const text = String(edits['api/server.py'])
      .replace('import json\n', 'import json\nimport os\n')
      .replace('import signal\n', 'import signal\nimport socket\n')
      .replace(
        'elif url.path in',
        'elif url.path == "/health" and failing.is_set():\n            self.answer(500, {"release": RELEASE})\n        elif url.path in',
      );
    return { 'api/server.py': text };
  };
}

import { ask } from '../harness/shell.js';
import { idsByService, idsOf } from '../harness/snapshot.js';
import type { Stack } from '../stacks/stack.js';
import { checkDeployed } from './changes.js';
import type { Trial } from './scenario.js';
import { checkWhole, underLoad } from './whole.js';

/** As an app makes it that keeps its rows in a file. */
const MAKE_DATABASE =
  "import sqlite3; d = sqlite3.connect('/srv/state/app.sqlite3'); d.execute('create table t (x)'); d.commit()";

export const ownDatabase: Trial<Stack> = {
  name: 'own-database',
  sentence:
    'a routed service with a database in its own volume is never there twice; once the file is gone, it takes over',
  from: 'deployed',
  stacks: ({ name }) => name === 'readonly',
  run: async (bed, checks, standing) => {
    const before = await bed.lookSettled();
    const [id = ''] = idsOf(before, 'api');
    await ask(bed.host, 'docker exec -u 0 "$1" python -c "$2"', { args: [id, MAKE_DATABASE] });
    const release = bed.nextRelease();
    const sha = await bed.commit('Another release', bed.stack.changes.backend(release));
    const { value: refused } = await underLoad(bed, checks, () => bed.deploy(sha));
    checks.equal(refused.outputs['result'], 'refused', 'result with a database in the volume');
    checks.matches(
      refused.log,
      /only it writes to state, which holds \/srv\/state\/app\.sqlite3/,
      'what the refusal says',
    );
    checks.equal(
      idsByService(await bed.lookSettled()),
      idsByService(before),
      'the containers after the refusal',
    );
    await checkWhole(bed, checks, before, standing);
    await ask(bed.host, 'docker exec -u 0 "$1" rm /srv/state/app.sqlite3', { args: [id] });
    await checkDeployed(bed, checks, standing, { sha, release });
  },
};

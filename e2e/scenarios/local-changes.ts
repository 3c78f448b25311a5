import { ask } from '../harness/shell.js';
import type { Bed } from './bed.js';
import { checkRefused, errorOf } from './refusals.js';
import type { Scenario } from './scenario.js';
import { checkWhole, underLoad } from './whole.js';

export const localChangeKept: Scenario = {
  name: 'local-change-kept',
  home: 'tiny',
  sentence: 'a file edited on the host, which the commit does not touch, is reported and kept',
  from: 'deployed',
  run: async (bed, checks) => {
    const { idleFile, backend } = bed.stack.changes;
    await editOnHost(bed, idleFile);
    const release = bed.nextRelease();
    const sha = await bed.commit('Elsewhere', backend(release));
    const before = await bed.lookSettled();
    const { value: run } = await underLoad(bed, checks, () => bed.deploy(sha));
    checks.equal(run.outputs['result'], 'deployed', 'result');
    checks.that(run.log.includes(idleFile), `the log tells of ${idleFile}`);
    await checkWhole(bed, checks, before, { sha, release }, { status: [` M ${idleFile}`] });
  },
};

export const localChangeRefused: Scenario = {
  name: 'local-change-refused',
  home: 'tiny',
  sentence:
    'a file edited on the host, which the commit would overwrite, stops the deploy and stays',
  from: 'deployed',
  run: async (bed, checks, standing) => {
    const { backendFile, backend } = bed.stack.changes;
    await editOnHost(bed, backendFile);
    const sha = await bed.commit('The same file', backend(bed.nextRelease()));
    const run = await checkRefused(bed, checks, standing, sha, {}, [` M ${backendFile}`]);
    checks.that(errorOf(run).includes(backendFile), 'the annotation names the file');
    const kept = await bed.host.ask(`tail -n 1 ${bed.place.directory}/${backendFile}`);
    checks.equal(kept, '# edited on the host', 'the last line of the file');
  },
};

async function editOnHost(bed: Bed, file: string): Promise<void> {
  await ask(bed.host, 'echo "# edited on the host" >>"$1"', {
    args: [`${bed.place.directory}/${file}`],
  });
}

import { ask } from '../harness/shell.js';
import { placeFiles } from './bed.js';
import type { Scenario } from './scenario.js';
import { checkWhole } from './whole.js';

export const firstDeploy: Scenario = {
  name: 'first-deploy',
  home: 'resee',
  sentence: 'an empty host where only the .env was placed runs the stack after one deploy',
  from: 'empty',
  run: async (bed, checks, standing) => {
    await placeFiles(bed);
    const run = await bed.deploy(standing.sha);
    checks.equal(run.exitCode, 0, 'the exit code');
    checks.equal(run.outputs['result'], 'deployed', 'result');
    checks.equal(run.outputs['sha'], standing.sha, 'sha');
    checks.equal(run.outputs['previous-sha'], '', 'previous-sha');
    checks.that(run.summary.includes(standing.sha.slice(0, 7)), 'the summary names the commit');
    await checkWhole(bed, checks, undefined, standing);
    for (const [file, text] of Object.entries(bed.stack.placed)) {
      const now = await ask(bed.host, 'cat "$1"', { args: [`${bed.place.directory}/${file}`] });
      checks.equal(`${now}\n`, text, `what the user placed in ${file}`);
    }
  },
};

export const firstDeployWithoutEnv: Scenario = {
  name: 'first-deploy-without-env',
  home: 'resee',
  sentence: 'a first deploy names the file that the Compose file needs and the user has not placed',
  from: 'empty',
  run: async (bed, checks, standing) => {
    const run = await bed.deploy(standing.sha);
    checks.equal(run.exitCode, 1, 'the exit code');
    checks.equal(run.outputs['result'], 'refused', 'result');
    const errors = run.annotations.filter((annotation) => annotation.level === 'error');
    checks.equal(errors.length, 1, 'the number of error annotations');
    const message = errors[0]?.message ?? '';
    for (const file of Object.keys(bed.stack.placed)) {
      checks.that(message.includes(file), `the annotation names ${file}: ${message}`);
    }
    const after = await bed.lookSettled();
    checks.equal(after.containers, [], 'the containers on the host');
    checks.equal(after.lease, [], 'the lease');
    checks.equal(after.journal, [], 'the journal');

    // The remedy that it names must be one.
    await placeFiles(bed);
    const again = await bed.deploy(standing.sha);
    checks.equal(again.outputs['result'], 'deployed', 'result after the file was placed');
    await checkWhole(bed, checks, undefined, standing);
  },
};

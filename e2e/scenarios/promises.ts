import { phasesIn } from '../harness/report.js';
import { ask } from '../harness/shell.js';
import { TOKEN } from '../harness/action.js';
import type { Scenario } from './scenario.js';
import { checkWhole, underLoad } from './whole.js';

/** What a deploy cannot be faster than: not ours to remove. */
const FLOOR = /^(build|run in the new image|start|let the old|stop|soak)/;
const OVERHEAD_MS = 3_000;

export const overhead: Scenario = {
  name: 'overhead',
  sentence: 'a one-line backend change takes at most 3 s beyond build, boot and what is in flight',
  from: 'deployed',
  run: async (bed, checks) => {
    const release = bed.nextRelease();
    const sha = await bed.commit('One line', bed.stack.changes.backend(release));
    const before = await bed.lookSettled();
    const run = await bed.deploy(sha);
    checks.equal(run.outputs['result'], 'deployed', 'result');
    const phases = phasesIn(run.report);
    const floorMs = phases
      .filter(({ name }) => FLOOR.test(name))
      .reduce((sum, { durationMs }) => sum + durationMs, 0);
    const overheadMs = Math.round(run.durationMs - floorMs);
    const shown = phases.map(({ name, durationMs }) => `${name} ${Math.round(durationMs)} ms`);
    checks.that(
      floorMs > 0 && overheadMs <= OVERHEAD_MS,
      `${overheadMs} ms beyond the floor of ${Math.round(floorMs)} ms: ${shown.join(', ')}`,
    );
    await checkWhole(bed, checks, before, { sha, release });
  },
};

export const secrets: Scenario = {
  name: 'secrets',
  sentence: 'neither key nor token is in the log, in an output or on the disk of the host',
  from: 'deployed',
  run: async (bed, checks) => {
    const release = bed.nextRelease();
    const sha = await bed.commit('Nothing to hide', bed.stack.changes.backend(release));
    const run = await bed.deploy(sha);
    checks.equal(run.outputs['result'], 'deployed', 'result');
    const key = bed.host.privateKey.split('\n')[2] ?? '';
    checks.that(key.length > 40, 'the key has a line to look for');
    // The runner does not show the commands that tell it what to mask.
    const seen = run.log.split('\n').filter((line) => !line.startsWith('::add-mask::'));
    const texts = [...seen, run.summary, run.report ?? '', JSON.stringify(run.outputs)].join('\n');
    const base64 = Buffer.from(`x-access-token:${TOKEN}`).toString('base64');
    for (const secret of [key, TOKEN, base64]) {
      checks.that(!texts.includes(secret), 'a secret is in what the run printed or wrote');
      const found = await ask(
        bed.host,
        'grep -rlF -e "$1" /home/ec2-user /srv/git /tmp /var/log 2>/dev/null || [ $? = 1 ]',
        { user: 'root', args: [secret] },
      );
      checks.equal(found, '', 'files of the host that hold a secret');
    }
  },
};

export const rollbackOperation: Scenario = {
  name: 'rollback-operation',
  sentence:
    'operation: rollback brings the previous release back without a build or a failed request',
  from: 'deployed',
  run: async (bed, checks, standing) => {
    const release = bed.nextRelease();
    const sha = await bed.commit('To be regretted', bed.stack.changes.backend(release));
    checks.equal((await bed.deploy(sha)).outputs['result'], 'deployed', 'result of the deploy');
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

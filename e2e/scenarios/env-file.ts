import { ask } from '../harness/shell.js';
import { idsByService } from '../harness/snapshot.js';
import type { ActionRun } from '../harness/action.js';
import { together } from '../stacks/stack.js';
import type { Bed, WorkflowOverrides } from './bed.js';
import type { Checks } from './checks.js';
import type { Scenario } from './scenario.js';
import type { LiveRelease } from './bed.js';
import { checkWhole, underLoad } from './whole.js';

/** Found in nothing that a run prints or writes. */
const SECRETS = ['open-sesame-1', 'open-sesame-2', 'open-sesame-3'] as const;
const TEXTS = SECRETS.map(
  (secret) => `# For the api alone.\nGREETING=hello\nPASSWORD='${secret}'\n`,
);
const said = (index: number, more: WorkflowOverrides['inputs'] = {}): WorkflowOverrides => ({
  inputs: { 'env-file': TEXTS[index], ...more },
});

export const envFile: Scenario = {
  name: 'env-file',
  home: 'tiny',
  stacks: ({ name }) => name === 'tiny',
  sentence:
    'a changed line of `.env` from a secret rolls the one service that reads it; rollback and undo bring the old text back byte for byte, and no value of it is shown',
  from: 'deployed',
  reusable: false,
  run: async (bed, checks, standing) => {
    const own = await liveText(bed);
    await refusals(bed, checks, standing);
    checks.equal(await liveText(bed), own, 'the .env after the refusals');

    const release = bed.nextRelease();
    const sha = await bed.commit('With its .env', bed.stack.changes.backend(release));
    const first = await bringing(bed, checks, () => bed.deploy(sha, said(0)), 0);
    await checkWhole(bed, checks, undefined, { sha, release });

    const back = await underLoad(bed, checks, () =>
      bed.deploy(sha, { inputs: { operation: 'rollback' } }),
    );
    checks.equal(back.value.outputs['result'], 'deployed', 'result of the rollback');
    checks.equal(await liveText(bed), own, "the host's own .env after the rollback");
    await checkWhole(bed, checks, first, standing);

    const before = await bringing(bed, checks, () => bed.deploy(sha, said(0)), 0);
    const after = await bringing(bed, checks, () => bed.deploy(sha, said(1)), 1);
    for (const service of ['worker', 'proxy', 'store']) {
      const ids = [after, before].map((seen) => idsByService(seen)[service]);
      checks.equal(ids[0], ids[1], `the container of ${service} after a change of .env`);
    }
    await checkWhole(bed, checks, before, { sha, release });

    await undone(bed, checks, { sha, release });
    await bringing(
      bed,
      checks,
      () => bed.deploy(sha, { inputs: { operation: 'rollback', 'env-file': TEXTS[2] } }),
      0,
    );
    await checkWhole(bed, checks, before, { sha, release }, { rolledBack: true });
    const status = await bed.deploy(sha, { inputs: { operation: 'status' } });
    checks.matches(status.log, /env-file: \.env/, 'the log of status');
  },
};

/** What cannot be written is refused before anything has changed, each with its reason. */
async function refusals(bed: Bed, checks: Checks, { sha }: LiveRelease): Promise<void> {
  const refused = async (words: WorkflowOverrides, pattern: RegExp): Promise<void> => {
    const run = await bed.deploy(sha, words);
    checks.equal(run.outputs['result'], 'refused', `result of ${JSON.stringify(words.inputs)}`);
    checks.matches(run.log, pattern, 'the log');
    checkHidden(checks, run);
  };
  await refused(said(2, { 'env-file-path': '../.env' }), /inside the stack's directory/);
  await refused(said(2, { 'env-file-path': 'api/RELEASE' }), /git tracks api\/RELEASE/);
  await refused(
    { inputs: { 'env-file': `A=1\nPASSWORD="${SECRETS[2]}` } },
    /`env-file`: line 2: its value begins with "/,
  );
  await ask(bed.host, 'ln -s /home/ec2-user/elsewhere "$1/linked.env"', {
    args: [bed.place.directory],
  });
  await refused(said(2, { 'env-file-path': 'linked.env' }), /linked\.env is a symbolic link/);
  await ask(bed.host, 'rm "$1/linked.env"', { args: [bed.place.directory] });
}

/** A release that never gets ready: its .env goes with it. */
async function undone(bed: Bed, checks: Checks, standing: LiveRelease): Promise<void> {
  const before = await bed.lookSettled();
  const bad = await bed.commit(
    'Never ready',
    together(bed.stack.changes.neverReady, bed.stack.changes.backend(bed.nextRelease())),
  );
  const { value: run } = await underLoad(bed, checks, () => bed.deploy(bad, said(2)));
  checks.equal(run.outputs['result'], 'rolled-back', 'result of a release that fails');
  checks.equal(await liveText(bed), TEXTS[1], 'the .env after the undo');
  checkHidden(checks, run);
  await checkWhole(bed, checks, before, standing, { rolledBack: true });
}

/** Runs under load, and checks that the text of that number is there, read, and shown nowhere. */
async function bringing(
  bed: Bed,
  checks: Checks,
  work: () => Promise<ActionRun>,
  index: number,
): ReturnType<Bed['lookSettled']> {
  const { value: run } = await underLoad(bed, checks, work);
  checks.equal(run.outputs['result'], 'deployed', `result with the text ${String(index)}`);
  checks.equal(await liveText(bed), TEXTS[index], 'the .env in the live directory');
  const mode = await ask(bed.host, 'stat -c "%a %U" "$1/.env"', { args: [bed.place.directory] });
  checks.equal(mode.trim(), '600 ec2-user', 'mode and owner of the .env');
  const inside = await ask(
    bed.host,
    'docker exec "$(docker ps -q -f "label=com.docker.compose.project=$1" -f label=com.docker.compose.service=api)" printenv PASSWORD',
    { args: [bed.place.project] },
  );
  checks.equal(inside.trim(), SECRETS[index], 'what the api reads');
  checkHidden(checks, run);
  return bed.lookSettled();
}

/** With an end that `$(…)` would take away. */
async function liveText(bed: Bed): Promise<string> {
  const text = await ask(bed.host, 'cat "$1/.env"; echo .', { args: [bed.place.directory] });
  return text.trimEnd().slice(0, -1);
}

function checkHidden(checks: Checks, run: ActionRun): void {
  // The runner does not show the commands that tell it what to mask.
  const seen = run.log.split('\n').filter((line) => !line.startsWith('::add-mask::'));
  const texts = [...seen, run.summary, run.report ?? '', JSON.stringify(run.outputs)].join('\n');
  checks.that(
    SECRETS.every((secret) => !texts.includes(secret)),
    'no value of .env is in what the run printed or wrote',
  );
}

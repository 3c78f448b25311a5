import { type ActionRun, TOKEN } from '../harness/action.js';
import { ask } from '../harness/shell.js';
import type { Bed, WorkflowOverrides } from './bed.js';
import type { Checks } from './checks.js';
import { MOMENTS, untilHostSays } from './interruptions.js';
import { filesWith, LOOKED_FOR } from './left-behind.js';
import type { Scenario } from './scenario.js';
import { checkWhole } from './whole.js';

const BASIC = Buffer.from(`x-access-token:${TOKEN}`).toString('base64');
const PASSWORD = 'open-sesame-of-the-env-file';
/** Of a value of several lines, each is a secret. */
const CERTIFICATE = ['first-line-of-a-certificate', 'second-line-of-a-certificate'] as const;
const REGISTRY_PASSWORD = 'open-sesame-of-the-registry';
const REGISTRY_AUTH = Buffer.from(`robot:${REGISTRY_PASSWORD}`).toString('base64');

/** Everything that may be secret, with as much told as a runner can be made to tell. */
const WITH_SECRETS: WorkflowOverrides = {
  inputs: {
    'env-file': `GREETING=hello\nPASSWORD='${PASSWORD}'\nCERTIFICATE="${CERTIFICATE.join('\n')}"\n`,
    registries: `registry.invalid robot ${REGISTRY_PASSWORD}`,
    'ready-timeout': '5s',
    soak: '3s',
  },
  environment: { RUNNER_DEBUG: '1' },
};

/** A line of the key that no other key has. */
function keyLine(bed: Bed): string {
  const line = bed.host.privateKey.split('\n')[2] ?? '';
  if (line.length <= 40) throw new Error('The key has no line to look for');
  return line;
}

export const secrets: Scenario = {
  name: 'secrets',
  home: 'tiny',
  sentence:
    'neither key nor token is in the log, in an output, on the disk or in an argument of a process of the host, nor is the mark of a session',
  from: 'deployed',
  run: async (bed, checks) => {
    const release = bed.nextRelease();
    const sha = await bed.commit('Nothing to hide', bed.stack.changes.backend(release));
    const { value: run, seen } = await watched(bed, [TOKEN], () => bed.deploy(sha));
    checks.equal(seen, 'argv resee-deploy hello', 'what arguments and environments show of a run');
    checks.equal(run.outputs['result'], 'deployed', 'result');
    for (const secret of [keyLine(bed), TOKEN, BASIC]) {
      checkUntold(checks, run, secret, 'a run that went well');
      checks.equal(await filesWith(bed, secret), '', 'files of the host that hold a secret');
    }
  },
};

export const secretsOfBadRuns: Scenario = {
  name: 'secrets-of-bad-runs',
  home: 'tiny',
  sentence:
    'a run that fails or is cancelled, with the log of a debugged runner, shows no secret and leaves none on the disk, in an argument or in an environment',
  from: 'deployed',
  run: async (bed, checks, standing) => {
    const before = await bed.lookSettled();
    const secretsOf = [keyLine(bed), TOKEN, BASIC, PASSWORD, ...CERTIFICATE];
    const all = [...secretsOf, REGISTRY_PASSWORD, REGISTRY_AUTH];
    const checkNone = async (run: ActionRun, name: string): Promise<void> => {
      checks.that(run.exitCode !== 0, `${name} is not green`);
      checks.matches(run.log, /^::debug::/m, `the log of ${name}`);
      for (const secret of all) {
        checkUntold(checks, run, secret, name);
        checks.equal(await filesWith(bed, secret), '', `files with a secret after ${name}`);
      }
    };
    const { seen } = await watched(bed, all, async () => {
      const good = bed.stack.changes.backend(bed.nextRelease());
      const sha = await bed.commit('To be cancelled', good);
      for (const moment of Object.values(MOMENTS)) {
        const running = await bed.start(sha, WITH_SECRETS);
        await untilHostSays(bed, 60_000, (host) => moment.reached(bed, host), running.done);
        const run = await running.cancel();
        await running.post(run);
        await checkNone(run, `a run cancelled in ${moment.name}`);
      }
      const failing = await bed.commit('Never ready', bed.stack.changes.neverReady);
      await checkNone(await bed.deploy(failing, WITH_SECRETS), 'a run that fails');
    });
    checks.equal(seen, 'argv resee-deploy hello', 'what arguments and environments show of them');
    await checkWhole(bed, checks, before, standing, { rolledBack: true });
  },
};

function checkUntold(checks: Checks, run: ActionRun, secret: string, name: string): void {
  // The runner does not show the commands that tell it what to mask.
  const seen = run.log.split('\n').filter((line) => !line.startsWith('::add-mask::'));
  const texts = [...seen, run.summary, run.report ?? '', JSON.stringify(run.outputs)].join('\n');
  checks.that(!texts.includes(secret), `a secret is in what ${name} printed or wrote`);
}

/**
 * What the arguments of processes, and the environments of those outside containers, showed meanwhile. The token
 * is in the environment of the one `git fetch`, which asks for it there.
 */
async function watched<T>(
  bed: Bed,
  words: readonly string[],
  work: () => Promise<T>,
): Promise<{ readonly value: T; readonly seen: string }> {
  // The mark of a session; and a word of its loop, so that it is known that something was looked at.
  const patterns = ['rd-[0-9a-f]{32}', 'resee-deploy hello', ...words.map(literally)];
  const end = `touch /root/${LOOKED_FOR}/enough`;
  const watching = ask(bed.host, WATCH, {
    ...{ user: 'root', stdin: [TOKEN, ...patterns].join('\n') },
    args: [`/root/${LOOKED_FOR}`],
  });
  try {
    const value = await work();
    await ask(bed.host, end, { user: 'root' });
    return { value, seen: await watching };
  } finally {
    await ask(bed.host, end, { user: 'root' });
  }
}

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** Looks at every process, again and again. A container has its `.env` in its environment: that is what it is for. */
const WATCH = `
umask 077
rm -rf "$1"
mkdir "$1"
IFS= read -r token
grep -vxF -e "$token" >"$1/environments"
(printf '%s\\n' "$token" && cat "$1/environments") >"$1/arguments"
while [ ! -e "$1/enough" ]; do
  cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\000' '\\n' | grep -aoEf "$1/arguments" | sed 's/^/argv /'
  for found in $(grep -alEsf "$1/environments" /proc/[0-9]*/environ); do
    process=\${found%/environ}
    # Of one that has ended meanwhile it is not known whether it was a container's.
    grep -qsE 'docker|containerd' "$process/cgroup" || sed 's/^/environ /' "$process/comm" 2>/dev/null || :
  done
  sleep 0.02
done | sort -u
`;

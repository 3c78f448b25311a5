import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunningAction } from '../harness/action.js';
import { ask } from '../harness/shell.js';
import { idsOf } from '../harness/snapshot.js';
import { runOrThrow } from '../host/process.js';
import type { Bed } from './bed.js';
import type { Checks } from './checks.js';
import { MOMENTS, untilHostSays, WHOLE_WITHIN_MS } from './interruptions.js';
import type { Scenario } from './scenario.js';
import type { LiveRelease } from './bed.js';
import { answeringRelease, checkWhole } from './whole.js';

/** How a deploy comes to the moment in which the host goes off. */
type Until = (bed: Bed, running: RunningAction) => Promise<void>;

const reached =
  (moment: (typeof MOMENTS)[keyof typeof MOMENTS]): Until =>
  (bed, running) =>
    untilHostSays(bed, 90_000, (seen) => moment.reached(bed, seen), running.done);

/**
 * All processes of the host but its init end in the moment in which the last part of the deploy stands in the
 * journal: it is over too soon to be met by looking.
 */
const finishing: Until = async (bed) => {
  const script = END_WHEN_FINISHING.replace('PROJECT', bed.place.project);
  const { code } = await bed.host.exec(script, { user: 'root' });
  if (code !== KILLED) throw new Error(`the deploy did not come to its finish: ${String(code)}`);
};

/** Who kills all is killed with them. */
const KILLED = 137;

const END_WHEN_FINISHING = `
forward=/home/ec2-user/.local/state/resee-deploy/PROJECT/journal/forward.sh
until [ -e "$forward" ]; do :; done
kill -KILL -1
`;

const UNTIL: Readonly<Record<string, { readonly until: Until; readonly phase: string }>> = {
  starting: { until: reached(MOMENTS.candidate), phase: 'while candidates start' },
  soaking: { until: reached(MOMENTS.soaking), phase: 'in the soak' },
  finishing: { until: finishing, phase: 'while the old release is retired' },
};

/** The soak is long enough to be met. */
const SAID = { inputs: { soak: '6s' } };

/** The host and the runner are gone at once; then the host boots. */
export const powerLost: readonly Scenario[] = Object.entries(UNTIL).map(
  ([key, { until, phase }]) => ({
    name: `power-lost-${key}`,
    home: 'tiny',
    waits: true,
    sentence: `a host that loses its power ${phase}, with the runner gone as well, is whole soon after its next boot, by itself`,
    from: 'deployed',
    run: async (bed, checks, standing) => {
      await installCron(bed);
      const cut = await cutPower(bed, until);
      const seen = await bed.look();
      checks.that(
        idsOf(seen, bed.stack.backend).length > 0,
        'a release runs as soon as the engine does',
      );
      checks.that(
        running(seen.containers, bed.stack.backend) <= 1,
        'the old release or the new one comes back with the engine, never both',
      );
      await untilHostSays(
        bed,
        WHOLE_WITHIN_MS,
        ({ lease, journal }) => lease.length === 0 && journal.length === 0,
      );
      await checkStands(bed, checks, standing, cut);
      checks.equal(
        await ask(bed.host, 'crontab -l 2>/dev/null || true', { user: 'ec2-user' }),
        '',
        "the user's crontab",
      );
    },
  }),
);

/** As a host is that has neither cron nor a user who lingers. */
export const powerLostUnattended: Scenario = {
  name: 'power-lost-unattended',
  home: 'tiny',
  waits: true,
  sentence:
    'where nothing starts after a boot, the old release alone comes back, and the next deploy puts the rest right',
  from: 'deployed',
  run: async (bed, checks, standing) => {
    await ask(bed.host, 'rm -f /usr/sbin/cron /usr/bin/crontab', { user: 'root' });
    const cut = await cutPower(bed, reached(MOMENTS.soaking));
    const seen = await bed.look();
    checks.equal(running(seen.containers, bed.stack.backend), 1, 'backends that come back');
    checks.equal(await answeringRelease(bed), standing.release, 'the release that comes back');
    await checkNextDeploy(bed, checks);
    checks.that(cut.sha !== standing.sha, 'there was a release to be undone');
  },
};

async function cutPower(bed: Bed, until: Until): Promise<LiveRelease> {
  const release = bed.nextRelease();
  const sha = await bed.commit('Cut off', bed.stack.changes.backend(release));
  const running = await bed.start(sha, SAID);
  await until(bed, running);
  await running.lose();
  await bed.host.powerCycle();
  return { sha, release };
}

/** One release stands, the old or the new one, and nothing is in the way of the next. */
async function checkStands(
  bed: Bed,
  checks: Checks,
  standing: LiveRelease,
  cut: LiveRelease,
): Promise<void> {
  const { head } = await bed.look();
  await checkWhole(bed, checks, undefined, head === cut.sha ? cut : standing, {
    rolledBack: true,
  });
  await checkNextDeploy(bed, checks);
}

async function checkNextDeploy(bed: Bed, checks: Checks): Promise<void> {
  const release = bed.nextRelease();
  const sha = await bed.commit('After the boot', bed.stack.changes.backend(release));
  const run = await bed.deploy(sha);
  checks.equal(run.outputs['result'], 'deployed', 'result of the next deploy');
  await checkWhole(bed, checks, undefined, { sha, release });
}

function running(
  containers: readonly { readonly service: string; readonly state: string }[],
  service: string,
): number {
  return containers.filter((each) => each.service === service && each.state === 'running').length;
}

/** The distribution's own cron, of which only what it needs to run is unpacked: no maintainer script runs. */
export async function installCron(bed: Bed): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'resee-e2e-cron-'));
  try {
    await runOrThrow(['sh', '-c', DOWNLOAD_CRON], { cwd: directory });
    const [file = ''] = await readdir(directory);
    await ask(bed.host, INSTALL_CRON, {
      user: 'root',
      stdin: createReadStream(join(directory, file)),
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Where nothing had to be installed, nobody has fetched the lists of packages yet. */
const DOWNLOAD_CRON =
  'apt-get download -qq cron || { apt-get update -qq && apt-get download -qq cron; }';

const INSTALL_CRON = `
cat >/tmp/cron.deb
dpkg-deb --fsys-tarfile /tmp/cron.deb | tar -x -C / ./usr/bin/crontab ./usr/sbin/cron ./etc/pam.d/cron
getent group crontab >/dev/null || groupadd --system crontab
install -d -m 1730 -g crontab /var/spool/cron/crontabs
chgrp crontab /usr/bin/crontab
chmod 2755 /usr/bin/crontab
[ -e /run/crond.pid ] || cron
`;

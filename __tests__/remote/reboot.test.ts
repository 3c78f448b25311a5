import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { remoteLibrary, remoteScript } from '../../src/remote/load.js';
import { SHELLS, toyHost, until, type Running, type ToyHost } from './host.js';

const STATE = "state of o'neill";

/** A crontab of one user, kept in a file; as cron's own it knows none before there is one. */
const CRONTAB = `
case $1 in
  -l) cat "$TOY/crontab" 2>/dev/null || { echo 'no crontab for me' >&2; exit 1; } ;;
  -r) rm "$TOY/crontab" ;;
  -) cat >"$TOY/crontab" ;;
esac`;

describe.each(SHELLS)('a reboot, with $name as sh', ({ path }) => {
  let host: ToyHost;
  beforeEach(() => {
    host = toyHost(path);
    host.answer('crontab', CRONTAB);
  });
  afterEach(() => {
    host.remove();
  });

  /** Library text after which this host has just that to start programs with. */
  const having = (by: 'systemd' | 'cron' | 'nothing'): string =>
    [
      `user_units_start() { ${by === 'systemd' ? ':' : 'false'}; }`,
      `cron_starts() { ${by === 'cron' ? ':' : 'false'}; }`,
    ].join('\n');
  const acquire = (by: 'systemd' | 'cron' | 'nothing', of: Running) =>
    host.runWhole(remoteScript('library') + remoteScript('acquire'), {
      OWNER: 'me',
      TTL: '60',
      WAIT: '0',
      SESSION: String(of.pid),
      ...remoteLibrary().texts,
      LIB: `${remoteLibrary().texts.LIB}\n${having(by)}`,
    });
  const session = (): Running => host.start('sleep 600');
  const unit = '.config/systemd/user/default.target.wants';
  const armedFiles = (): readonly string[] =>
    ['crontab', '.config', `${STATE}/armed`, `${STATE}/bin/reboot.sh`].filter((name) =>
      existsSync(host.path(name)),
    );
  /** The machine goes off: every process of ours is gone, and the boot is another one. */
  const powerCut = async (of: Running): Promise<void> => {
    const watchdog = Number(host.read(`${STATE}/lease/watchdog`).split(' ')[0]);
    process.kill(watchdog, 'SIGKILL');
    of.kill();
    await of.ended;
    const expires = host.read(`${STATE}/lease/expires`).split(' ')[0] ?? '';
    host.write(`${STATE}/lease/expires`, `${expires} 00000000-0000-0000-0000-000000000000\n`);
  };

  it.each(['systemd', 'cron'] as const)(
    'is gone on after by %s, which leaves nothing behind',
    async (by) => {
      const of = session();
      expect((await acquire(by, of)).stdout.split('\n')).toContain(`reboot ${by}`);
      await host.run(`journal step 'echo step >>"$STATE/undone"'`);
      await powerCut(of);
      const command =
        by === 'cron'
          ? host.read('crontab').replace('@reboot ', '')
          : `sh "${host.path(`${STATE}/bin/reboot.sh`)}"`;
      const booted = host.start(`${command}\n`);
      await until(() => !host.exists(`${STATE}/journal`) && !host.exists(`${STATE}/lease`));
      expect(host.read(`${STATE}/undone`)).toBe('step\n');
      expect((await booted.ended).code).toBe(0);
      expect(armedFiles()).toEqual([]);
    },
  );

  describe('that comes at any moment', () => {
    const LOOK = `
look() {
  [ ! -d "$TOY/${STATE}/lease" ] ||
    { grep -q @reboot "$TOY/crontab" && tail -n 1 "$TOY/${STATE}/bin/reboot.sh" | grep -q exec; } ||
    echo "$*" >>"$TOY/unarmed"
} 2>/dev/null`;
    /** Before and after each of these commands, whoever calls it, a lease that is there must be gone on with. */
    const watch = (): void => {
      for (const command of ['cat', 'crontab', 'mkdir', 'mv', 'rm', 'setsid', 'sync']) {
        const real =
          command === 'crontab'
            ? `( ${CRONTAB}\n)`
            : `/usr/bin/env "PATH=\${PATH#*:}" ${command} "$@"`;
        const looked = `look before ${command} "$@"\n${real}\ncode=$?\nlook after ${command} "$@"`;
        host.answer(command, `${LOOK}\n${looked}\nexit $code`);
      }
    };
    const unarmed = (): string => (host.exists('unarmed') ? host.read('unarmed') : '');

    it('finds no lease that nobody would go on with', async () => {
      watch();
      expect((await acquire('cron', session())).stdout).toContain('reboot cron');
      expect(armedFiles()).toContain('crontab');
      expect(unarmed()).toBe('');
      await host.run(`${having('cron')}\nlease_release 1`);
      expect(unarmed()).toBe('');
      expect(armedFiles()).toEqual([]);
    });

    it('finds none either where a person takes the lease away', async () => {
      await acquire('cron', session());
      watch();
      await host.runWhole(remoteScript('library') + remoteScript('unlock'), {
        ...remoteLibrary().texts,
        LIB: `${remoteLibrary().texts.LIB}\n${having('cron')}`,
      });
      expect(unarmed()).toBe('');
      expect(armedFiles()).toEqual([]);
    });

    it('takes away what was to go on with a lease that was about to come, or to go', async () => {
      host.write(`${STATE}/stage/run-1/boot`, '00000000-0000-0000-0000-000000000000\n');
      host.write(`${STATE}/lease.new/fence`, '8\n');
      host.write(`${STATE}/lease.over/fence`, '7\n');
      host.write(`${STATE}/journal.over/001-files.sh`, ':\n');
      await host.run(`${having('cron')}\narm_reboot`);
      const booted = host.start(`${host.read('crontab').replace('@reboot ', '')}\n`);
      expect((await booted.ended).code).toBe(0);
      expect(armedFiles()).toEqual([]);
      for (const left of ['stage/run-1', 'lease.new', 'lease.over', 'journal.over']) {
        expect([left, host.exists(`${STATE}/${left}`)]).toEqual([left, false]);
      }
    });
  });

  it('stays with who holds the lease where nobody else can write one', async () => {
    await acquire('cron', session());
    host.answer(
      'mkdir',
      `case $* in *lease.new) exit 1 ;; esac; PATH=/usr/bin:/bin exec mkdir "$@"`,
    );
    const { code } = await host.run(`${having('cron')}\nlease_seize other 60`);
    expect(code).not.toBe(0);
    expect(host.read(`${STATE}/lease/owner`)).toBe('me\n');
    expect((await host.run('process_of "$STATE/lease/watchdog"')).stdout).not.toBe('');
    expect(armedFiles()).toContain('crontab');
  });

  it('leaves the rest of a crontab as it was, and every run its own line alone', async () => {
    host.write('crontab', '# mine\n5 4 * * * date +\\%s\n');
    await acquire('cron', session());
    await host.run('arm_reboot', {});
    expect(host.read('crontab').match(/@reboot/g)).toHaveLength(1);
    await host.run('lease_release 1');
    expect(host.read('crontab')).toBe('# mine\n5 4 * * * date +\\%s\n');
    expect(armedFiles()).toEqual(['crontab']);
  });

  it('takes no crontab for empty that could not be read', async () => {
    host.write('crontab', 'precious\n');
    host.answer('crontab', `case $1 in -l) echo 'cannot open' >&2; exit 1 ;; esac\n${CRONTAB}`);
    const { code, stdout } = await acquire('cron', session());
    expect(code).toBe(0);
    expect(stdout).toContain('reboot none');
    expect(host.read('crontab')).toBe('precious\n');
  });

  it('is not prepared again and again where cron refuses the user', async () => {
    host.answer('crontab', "echo 'You (me) are not allowed to use this program' >&2; exit 1");
    const { stdout, stderr } = await acquire('cron', session());
    expect(stdout).toContain('reboot none');
    expect(stderr.match(/not allowed/g)).toHaveLength(1);
    expect(host.exists(`${STATE}/armed`)).toBe(false);
    expect((await host.run('lease_release 1')).stderr).toBe('');
  });

  it('is told once where nothing would go on after it', async () => {
    expect((await acquire('nothing', session())).stdout).toContain('reboot none');
    await host.run('lease_release 1');
    expect((await acquire('nothing', session())).stdout).not.toContain('reboot');
    expect(armedFiles()).toEqual([`${STATE}/bin/reboot.sh`]);
  });

  describe('where logind ends all that a login has started', () => {
    const logind = (lines: string): void => {
      host.answer('loginctl', `printf '${lines}'`);
      host.answer(
        'grep',
        `case "$*" in *cgroup) exit 0 ;; esac; PATH=/usr/bin:/bin exec grep "$@"`,
      );
      host.answer(
        'systemd-run',
        `echo "$*" >>"$TOY/outside"; while [ "$1" != sh ]; do shift; done; setsid "$@" >/dev/null 2>&1 & echo $! >"$TOY/pid"`,
      );
      host.answer('systemctl', 'cat "$TOY/pid"');
    };
    const YES = 'KillExcludeUsers=root2\\nKillOnlyUsers=\\nKillUserProcesses=yes\\n';

    it('the watchdog is a service of the user', async () => {
      logind(YES);
      const { code, stdout } = await acquire('systemd', session());
      expect([code, stdout]).toEqual([0, expect.not.stringContaining('logout')]);
      expect(host.read('outside')).toContain(
        '--user --quiet --collect --unit=resee-deploy-watchdog-',
      );
      expect(host.read(`${STATE}/lease/watchdog`).split(' ')[0]).toBe(host.read('pid').trim());
    });

    it('it is told where the user does not linger', async () => {
      logind(YES);
      const { code, stdout } = await acquire('cron', session());
      expect([code, stdout.split('\n')]).toEqual([0, expect.arrayContaining(['logout'])]);
      expect(host.exists('outside')).toBe(false);
    });

    it.each([
      ['KillExcludeUsers=root\\nKillOnlyUsers=\\nKillUserProcesses=no\\n'],
      ['KillExcludeUsers=\\nKillOnlyUsers=somebody\\nKillUserProcesses=yes\\n'],
    ])('and nothing else than ever is done where it does not: %s', async (lines) => {
      logind(lines);
      const { stdout } = await acquire('systemd', session());
      expect(stdout).not.toContain('logout');
      expect(host.exists('outside')).toBe(false);
    });
  });

  it('makes a unit that systemd starts when the user lingers', async () => {
    await acquire('systemd', session());
    const { stdout } = await host.run(`ls "$HOME/${unit}"; cat "$HOME/${unit}"/*`);
    expect(stdout).toContain('.service');
    expect(stdout).toContain(`ExecStart=/bin/sh "${host.path(STATE)}/bin/reboot.sh"`);
    expect(stdout).toContain('WantedBy=default.target');
  });

  it('has a proxy cut over again where somebody else finishes the release, and only there', async () => {
    host.answerDocker(`
case "$*" in
  'inspect -f {{.State.Running}}'*) echo true ;;
  inspect*Networks*) echo 172.18.0.9 ;;
esac`);
    const again = `toy_notice() { :; }; toy_reload() { say "reloads $1"; }
      set -eu; cut_over_again toy proxy yes 'candidate net api'`;
    await host.run(again);
    expect(host.dockerCalls()).toEqual([]);
    const { code, stderr } = await host.run(`RESEE_FINISHES_FOR_ANOTHER=yes; ${again}`);
    expect(code).toBe(0);
    expect(stderr).toContain('reloads proxy');
    expect(host.dockerCalls().join('\n')).toContain('/etc/hosts 172.18.0.9 api # resee-deploy');
  });

  describe('restart policies', () => {
    const OLD = 'a'.repeat(64);
    const NEW = 'b'.repeat(64);
    const DATA = 'c'.repeat(64);
    const updates = () => host.dockerCalls().filter((call) => call.startsWith('update'));
    /** Two containers that are to start again, and one that is not. */
    beforeEach(() => {
      host.answerDocker(`
case "$*" in
  inspect*RestartPolicy*) shift 2; shift; for id; do case $id in a*) echo "$id unless-stopped 0" ;; b*) echo "$id on-failure 3" ;; *) echo "$id no 0" ;; esac; done ;;
  inspect*compose.service*) shift 3; for id; do case $id in b*) echo "$id web" ;; *) echo "$id db" ;; esac; done ;;
  'inspect -f {{.State.Running}}'*) echo true ;;
  *StopTimeout*) echo 1 ;;
  inspect*) echo "$3" ;;
  'ps -aq --no-trunc') printf '%s\\n' ${OLD} ${NEW} ${DATA} ;;
  'ps -q --no-trunc') printf '%s\\n' ${OLD} ${NEW} ${DATA} ;;
esac`);
    });

    it('of candidates come with the proof of the release, and go from the incumbents', async () => {
      const { code } = await host.run(
        `set -eu\nhold_restart 'db' ${NEW} ${DATA}\nprove_release ${OLD}`,
      );
      expect(code).toBe(0);
      expect(updates()).toEqual([
        `update --restart no ${NEW}`,
        `update --restart on-failure:3 ${NEW}`,
        `update --restart no ${OLD}`,
      ]);
    });

    it('of incumbents outlast a stop, and are what they were when that is undone', async () => {
      const { code } = await host.run(
        `set -eu\nstop_containers ${OLD} ${DATA}\nstop_containers ${OLD}\nstart_containers ${OLD} ${DATA}`,
      );
      expect(code).toBe(0);
      expect(updates()).toEqual([
        `update --restart always ${OLD}`,
        `update --restart always ${OLD}`,
        `update --restart unless-stopped ${OLD}`,
      ]);
    });
  });
});

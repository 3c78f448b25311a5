import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { remoteLibrary, remoteScript } from '../../src/remote/load.js';
import { SHELLS, toyHost, until, type ToyHost } from './host.js';

describe.each(SHELLS)('the lease, with $name as sh', ({ path }) => {
  let host: ToyHost;
  beforeEach(() => {
    host = toyHost(path);
  });
  afterEach(() => {
    host.remove();
  });

  const lease = (name: string): string => `state of o'neill/lease/${name}`;
  const secondsLeft = (): number =>
    Number(host.read(lease('expires')).split(' ')[0]) -
    Number(readFileSync('/proc/uptime', 'utf8').split('.')[0]);
  /** A process has been noted in the file, as a whole. */
  const isNoted = (file: string): boolean => host.exists(file) && host.read(file).endsWith('\n');
  const expire = (): void => {
    host.write(lease('expires'), '1\n');
  };
  const take = async (owner = '{"run":"1"}', seconds = 60): Promise<string> => {
    const { code, stdout, stderr } = await host.run('lease_take "$OWNER" "$SECONDS_TO_LIVE"', {
      OWNER: owner,
      SECONDS_TO_LIVE: String(seconds),
    });
    expect(stderr).toBe('');
    return code === 0 ? stdout.trim() : `refused with ${String(code)}`;
  };

  it('is free on a host that has never seen a deploy', async () => {
    expect(await take(`{"run":"it's 1"}`)).toBe('1');
    expect(host.read(lease('owner'))).toBe(`{"run":"it's 1"}\n`);
    expect(host.read(lease('fence'))).toBe('1\n');
    expect(secondsLeft()).toBeGreaterThan(50);
    expect(secondsLeft()).toBeLessThanOrEqual(60);
  });

  it('is refused while somebody else holds it, and stays as it was', async () => {
    await take('first');
    expect(await take('second')).toBe('refused with 1');
    expect(host.read(lease('owner'))).toBe('first\n');
    expect(host.read(lease('fence'))).toBe('1\n');
  });

  it('can be taken over once it has run out, with a higher fence', async () => {
    await take('first');
    expire();
    expect(await take('second')).toBe('2');
    expect(host.read(lease('owner'))).toBe('second\n');
    expect(secondsLeft()).toBeGreaterThan(50);
  });

  it('is nobody’s where the file system bears no locks, however free it is', async () => {
    host.answer('flock', 'echo "flock: 9: No locks available" >&2; exit 71');
    const { code, stdout } = await host.run(
      'fence=$(lease_take me 60) || { echo "no: $?"; exit 3; }',
    );
    expect([code, stdout]).toEqual([3, 'no: 70\n']);
    expect(host.exists("state of o'neill/lease")).toBe(false);
  });

  it('stays with its owner where a full disk takes no other one’s', async () => {
    await take('first');
    expire();
    host.answer('mkdir', 'exit 1');
    expect(await take('second')).toBe('refused with 1');
    expect(host.read(lease('owner'))).toBe('first\n');
  });

  it('lapses for anybody who wants it, also where nothing can be written', async () => {
    await take('first');
    await host.run('lease_lapse 7');
    expect(await take('second')).toBe('refused with 1');
    await host.run('lease_lapse 1');
    expect(await take('second')).toBe('2');
  });

  it('that has lapsed is renewed by nobody who comes late, and by who hands the stack back', async () => {
    await take('first');
    await host.run('lease_lapse 1');
    expect((await host.run('lease_renew 1 60')).code).not.toBe(0);
    expect(host.exists(lease('expires'))).toBe(false);
    expect((await host.run('lease_resume 2 60')).code).not.toBe(0);
    expect((await host.run('lease_resume 1 60')).code).toBe(0);
    expect(await take('second')).toBe('refused with 1');
  });

  it('that has lapsed stays so, whatever whoever kept it still does', async () => {
    await take('first');
    // Each renewal waits for the lock for so long that it is killed meanwhile.
    host.answer('flock', '[ -e "$TOY/free" ] || sleep 1; exec /usr/bin/flock "$@"');
    const { code } = await host.run(
      `FENCE=1; keep_lease_beside; sleep 0.3; kill "$kept_by"; : >"$TOY/free"; lease_lapse 1; sleep 2`,
      { TOY: host.root },
    );
    expect(code).toBe(0);
    expect(host.exists(lease('expires'))).toBe(false);
  });

  it('counts as run out when its owner died before it wrote the expiry', async () => {
    host.write(lease('owner'), 'half\n');
    expect(await take('second')).toBe('1');
  });

  it('is over after a reboot, however much time it had left', async () => {
    await take('first');
    const [left = ''] = host.read(lease('expires')).split(' ');
    host.write(lease('expires'), `${left} 00000000-0000-0000-0000-000000000000\n`);
    expect(await take('second')).toBe('2');
  });

  it('of an earlier version is over by the time of day', async () => {
    await take('first');
    const now = Math.floor(Date.now() / 1000);
    host.write(lease('expires'), `${String(now + 60)}\n`);
    expect(await take('second')).toBe('refused with 1');
    host.write(lease('expires'), `${String(now - 1)}\n`);
    expect(await take('second')).toBe('2');
  });

  it.each(['', 'garbage\n', '\0\0\0\0'])(
    'never gives a number twice, with %j left of the file by a crash',
    async (left) => {
      await take('first');
      await host.run('lease_release 1');
      host.write("state of o'neill/releases/00000041-0123456789ab.json", '{}');
      host.write("state of o'neill/fence", left);
      expect(await take('second')).toBe('42');
    },
  );

  it('goes to exactly one of many that ask at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, number) => take(`run ${String(number)}`)),
    );
    expect(answers.filter((answer) => answer === '1')).toHaveLength(1);
    expect(answers.filter((answer) => answer === 'refused with 1')).toHaveLength(7);
  });

  it('goes to exactly one of many that find it run out at once', async () => {
    await take('dead');
    expire();
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, number) => take(`run ${String(number)}`)),
    );
    expect(answers.filter((answer) => answer === '2')).toHaveLength(1);
    expect(answers.filter((answer) => answer === 'refused with 1')).toHaveLength(7);
  });

  it('is renewed by its owner only', async () => {
    await take('first', 5);
    expect((await host.run('lease_renew 1 60')).code).toBe(0);
    expect(secondsLeft()).toBeGreaterThan(50);
    host.write(lease('expires'), '1\n');
    expect((await host.run('lease_renew 2 60')).code).not.toBe(0);
    expect(host.read(lease('expires'))).toBe('1\n');
  });

  it('is not renewed by an owner that it was taken from', async () => {
    await take('first');
    expire();
    await take('second', 5);
    expect((await host.run('lease_renew 1 600')).code).not.toBe(0);
    expect(secondsLeft()).toBeLessThan(6);
  });

  it('is not renewed where there is none', async () => {
    const { code } = await host.run('lease_renew 1 60');
    expect(code).not.toBe(0);
    expect(host.exists(lease('expires'))).toBe(false);
  });

  it('is free after its owner released it, and the fence goes on counting', async () => {
    await take('first');
    expect((await host.run('lease_release 1')).code).toBe(0);
    expect(host.exists(lease('fence'))).toBe(false);
    expect(await take('second')).toBe('2');
  });

  it('is not released by a former owner', async () => {
    await take('first');
    expire();
    await take('second');
    expect((await host.run('lease_release 1')).code).toBe(0);
    expect(host.read(lease('owner'))).toBe('second\n');
  });

  it('ends what the former owner still runs when it is taken over', async () => {
    const former = host.start('lease_take first 60; lease_enter "$$"; sleep 600 & wait');
    await until(() => isNoted(lease('session')));
    expire();
    expect(await take('second')).toBe('2');
    const { code } = await former.ended;
    expect(code).not.toBe(0);
  });

  describe('of another', () => {
    const stage = "state of o'neill/stage";
    /** A run that has looked at the host, and lives. */
    const look = async (name: string) => {
      const running = host.start(
        `mkdir -p "$STATE/stage/${name}" && cat /proc/sys/kernel/random/boot_id >"$STATE/stage/${name}/boot"
        note_process "$$" "$STATE/stage/${name}/session"; : >"$STATE/looked-${name}"; sleep 600 & wait`,
      );
      await until(() => host.exists(`state of o'neill/looked-${name}`));
      return running;
    };
    const acquire = (session: number) =>
      host.runWhole(remoteScript('library') + remoteScript('acquire'), {
        OWNER: 'me',
        TTL: '60',
        WAIT: '0',
        SESSION: String(session),
        ...remoteLibrary().texts,
      });

    it('takes no stage away of a run that lives, however old its files are, and those of all others', async () => {
      const [own, other] = [await look('own'), await look('other')];
      const dead = await look('dead');
      dead.kill();
      await dead.ended;
      host.write(`${stage}/nobody/files`, '');
      host.write(`${stage}/booted/boot`, 'another\n');
      const { code } = await host.run('touch -d "3 hours ago" "$STATE"/stage/*');
      expect(code).toBe(0);
      expect((await acquire(own.pid)).code).toBe(0);
      expect(readdirSync(host.path(stage)).sort()).toEqual(['other', 'own']);
      await Promise.all([own, other].map(({ kill, ended }) => (kill(), ended)));
    });

    it.each(['watchdog', 'unlock'] as const)('is no matter to the %s', async (by) => {
      const [own, other] = [await look('own'), await look('other')];
      expect((await acquire(own.pid)).code).toBe(0);
      if (by === 'watchdog') await host.run('lease_lapse 1');
      else
        await host.runWhole(
          remoteScript('library') + remoteScript('unlock'),
          remoteLibrary().texts,
        );
      // The lease is away for a moment also while it changes hands.
      await until(() => !host.exists("state of o'neill/lease") && !host.exists(`${stage}/own`));
      expect(readdirSync(host.path(stage))).toEqual(['other']);
      await own.ended;
      other.kill();
      await other.ended;
    });
  });

  it('ends nothing when the noted pid belongs to another process by now', async () => {
    const bystander = host.start('echo "$$"; sleep 600');
    await take('first');
    host.write(lease('session'), `${String(bystander.pid)} 12345\n`);
    expire();
    expect(await take('second')).toBe('2');
    process.kill(bystander.pid, 0);
    bystander.kill();
    await bystander.ended;
  });

  it('ends the watchdog when it is released', async () => {
    await take('first');
    const watchdog = host.start('note_process "$$" "$STATE/lease/watchdog"; sleep 600');
    await until(() => isNoted(lease('watchdog')));
    await host.run('lease_release 1');
    expect((await watchdog.ended).code).not.toBe(0);
  });
});

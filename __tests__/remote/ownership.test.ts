import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import type { ScriptResult } from '../../src/host/shell.js';
import { remoteLibrary, remoteScript } from '../../src/remote/load.js';
import { hasEnded, SHELLS, toyHost, until, type Running, type ToyHost } from './host.js';

const STATE = "state of o'neill";
const BOOT_ID = '/proc/sys/kernel/random/boot_id';

describe.each(SHELLS)('who may change the stack, with $name as sh', ({ path }) => {
  let host: ToyHost;
  beforeEach(() => {
    host = toyHost(path);
  });
  afterEach(() => {
    host.remove();
  });

  const undone = (): string => (host.exists(`${STATE}/undone`) ? host.read(`${STATE}/undone`) : '');
  const noting = (word: string): string => `echo ${word} >>"$STATE/undone"`;
  const journal = (undo: string) => host.run(`journal step '${undo}'`);
  const expire = (): void => {
    host.write(`${STATE}/lease/expires`, '1\n');
  };
  const watchdog = (): number => Number(host.read(`${STATE}/lease/watchdog`).split(' ')[0]);
  /** The lease has run out, and nobody has seen it yet: the watchdog died as well. */
  const abandon = async (): Promise<void> => {
    const pid = watchdog();
    // Not its group, which it leads only a moment after it was noted.
    process.kill(pid, 'SIGKILL');
    await until(() => hasEnded(pid));
    expire();
  };
  /** An undo that fails until somebody has mended what it needs. */
  const UNTIL_REPAIRED = 'test -e "$STATE/repaired"; echo step >>"$STATE/undone"';
  /** Nobody but the watchdog is left to undo it. */
  const undoneOnceRepaired = async (): Promise<void> => {
    host.write(`${STATE}/repaired`, '');
    await until(() => !host.exists(`${STATE}/journal`) && !host.exists(`${STATE}/lease`), 40_000);
    expect(undone()).toBe('step\n');
  };
  /** A run's own shell on the host, where its scripts would work. */
  const session = (): Running => host.start('sleep 600');

  const acquire = (of: Running, options: { ttl?: number; wait?: number; owner?: string } = {}) =>
    host.runWhole(remoteScript('library') + remoteScript('acquire'), {
      OWNER: options.owner ?? '{"run":"1"}',
      TTL: String(options.ttl ?? 60),
      WAIT: String(options.wait ?? 0),
      SESSION: String(of.pid),
      ...remoteLibrary().texts,
    });
  const handBack = (fence: string) =>
    host.runWhole(remoteScript('hand-back'), { FENCE: fence, RUN: 'run-1-1' });
  const told = ({ stdout }: ScriptResult) =>
    stdout
      .trim()
      .split('\n')
      .filter((line) => line !== 'reboot none');

  describe('acquire', () => {
    it('brings the library to a host that has none, for its user only', async () => {
      host.write('elsewhere/.keep', '');
      const { code, stdout } = await host.runWhole(
        `STATE=$STATE/new; LIBRARY=$STATE/bin/1f; umask 022\n${remoteScript('library')}${remoteScript('acquire')}\nls -ld "$STATE" | cut -c1-10`,
        {
          OWNER: 'me',
          TTL: '60',
          WAIT: '0',
          SESSION: String(process.pid),
          ...remoteLibrary().texts,
        },
      );
      expect(code).toBe(0);
      expect(stdout.split('\n')).toContain('fence 1');
      expect(stdout).toContain('drwx------');
      expect(host.read(`${STATE}/new/bin/1f/lib.sh`).trim()).toBe(remoteLibrary().texts.LIB.trim());
      host.write(`${STATE}/new/lease/fence`, 'over\n');
    });

    it('gives the lease with its fence, and says nothing of a change', async () => {
      const result = await acquire(session());
      expect(result.code).toBe(0);
      expect(told(result)).toEqual(['fence 1']);
    });

    it('tells who holds the lease when it gives up', async () => {
      await acquire(session(), { owner: '{"run":"other"}' });
      const result = await acquire(session());
      expect(result.code).toBe(75);
      expect(told(result)).toEqual(['owner {"run":"other"}']);
    });

    it('says at once that nothing can be locked, which is no lease that is held', async () => {
      host.answer('flock', 'exit 71');
      expect((await acquire(session(), { wait: 15 })).code).toBe(70);
      expect(host.exists(`${STATE}/lease`)).toBe(false);
    });

    it('waits for another deploy, and says that the stack may have changed', async () => {
      await acquire(session());
      const waiting = acquire(session(), { wait: 15 });
      await until(() => host.exists(`${STATE}/lease/owner`));
      await host.run('lease_release 1');
      const result = await waiting;
      expect(result.code).toBe(0);
      expect(told(result)).toContain('fence 2');
      if (result.stderr !== '') expect(told(result)).toContain('changed');
    });

    it('gets the lease from a watchdog that has cleared all stages meanwhile', async () => {
      await acquire(session());
      const waiting = acquire(session(), { wait: 15 });
      await until(() => host.exists(`${STATE}/lease/owner`));
      await host.run('rm -rf "$STATE/stage"; lease_release 1');
      const result = await waiting;
      expect(result.code).toBe(0);
      expect(told(result)).toContain('fence 2');
    });

    it('lets the lease lapse where it fails once it has it', async () => {
      host.write(`${STATE}/bin/v0/others`, '10');
      host.answer('rm', 'case "$*" in *bin/v0) exit 1 ;; esac; exec /bin/rm "$@"');
      const result = await acquire(session());
      expect(result.code).toBe(1);
      host.answer('rm', 'exec /bin/rm "$@"');
      // The watchdog may be there first.
      const next = await acquire(session(), { wait: 15 });
      expect(next.stdout).toMatch(/^fence [23]$/m);
    });

    it('ends what a dead run still does, undoes what it left, and says so', async () => {
      const former = session();
      await acquire(former);
      await journal(noting('step'));
      await abandon();
      const result = await acquire(session());
      expect(result.code).toBe(0);
      expect(told(result)).toContain('fence 2');
      expect(undone()).toBe('step\n');
      expect(host.exists(`${STATE}/journal`)).toBe(false);
      expect((await former.ended).code).not.toBe(0);
    });

    it('says that the stack changed when it found a journal', async () => {
      host.write(`${STATE}/journal/001-step.sh`, ':\n# end\n');
      expect(told(await acquire(session()))).toEqual(['changed', 'fence 1']);
    });

    it('leaves what cannot be undone to the watchdog, which goes on until it is done', async () => {
      await journal(UNTIL_REPAIRED);
      const result = await acquire(session());
      expect(result.code).toBe(76);
      expect(result.stderr).toContain('could not undo 001-step.sh');
      expect(host.exists(`${STATE}/journal/001-step.sh`)).toBe(true);
      await undoneOnceRepaired();
    }, 60_000);

    it('does not wait for a watchdog that has not got there', async () => {
      await journal(UNTIL_REPAIRED);
      expect((await acquire(session())).code).toBe(76);
      host.write(`${STATE}/repaired`, '');
      const result = await acquire(session(), { wait: 20 });
      expect(result.code).toBe(0);
      expect(host.exists(`${STATE}/journal`)).toBe(false);
    }, 60_000);

    it('clears the stages of runs that a reboot has ended, and of no other', async () => {
      host.write(`${STATE}/stage/run-1-1/boot`, '00000000-0000-0000-0000-000000000000\n');
      host.write(`${STATE}/stage/run-2-1/boot`, readFileSync(BOOT_ID, 'utf8'));
      const lives = session();
      await host.run(
        `for run in 1 2; do note_process ${String(lives.pid)} "$STATE/stage/run-$run-1/session"; done`,
      );
      await acquire(session());
      const left = ['1', '2'].filter((run) => host.exists(`${STATE}/stage/run-${run}-1`));
      expect(left).toEqual(['2']);
    });

    it('goes to exactly one of two runs that find a dead one', async () => {
      await acquire(session());
      await journal(noting('step'));
      await abandon();
      const results = await Promise.all([acquire(session()), acquire(session())]);
      expect(results.map(({ code }) => code).sort()).toEqual([0, 75]);
      expect(undone()).toBe('step\n');
    });
  });

  describe('two versions of the action', () => {
    const version = (name: string, of: Running) =>
      host.runWhole(remoteScript('library') + remoteScript('acquire'), {
        OWNER: name,
        TTL: '60',
        WAIT: '0',
        SESSION: String(of.pid),
        LIBRARY: host.path(`${STATE}/bin/${name}`),
        ...remoteLibrary().texts,
        LIB: `${remoteLibrary().texts.LIB}\nundo_of_${name}() { echo ${name} >>"$STATE/undone"; }`,
      });
    const stepOf = (name: string) =>
      host.run(`LIBRARY=$STATE/bin/${name}; . "$LIBRARY/lib.sh"; journal step undo_of_${name}`);
    const libraries = (): readonly string[] => readdirSync(host.path(`${STATE}/bin`)).sort();

    it('keep their own words where one waits for the other', async () => {
      expect((await version('v1', session())).code).toBe(0);
      await stepOf('v1');
      expect((await version('v2', session())).code).toBe(75);
      const script = '. "$LIBRARY/lib.sh"; FENCE=1; abort_now';
      const back = await host.runWhole(script, { LIBRARY: host.path(`${STATE}/bin/v1`) });
      expect(back).toMatchObject({ code: 0 });
      expect(undone()).toBe('v1\n');
    });

    it('undo what the other left in its own words, whichever comes', async () => {
      await version('v1', session());
      await stepOf('v1');
      await abandon();
      const result = await version('v2', session());
      expect(result).toMatchObject({ code: 0 });
      expect(undone()).toBe('v1\n');
      expect(libraries()).toEqual(['ours', 'reboot.sh', 'v1', 'v2']);
    });

    /** A deploy of that version, from the lease to its return. */
    const deployed = async (name: string): Promise<void> => {
      expect(await version(name, session())).toMatchObject({ code: 0 });
      const release = '. "$LIBRARY/lib.sh"; lease_release "$(cat "$STATE/lease/fence")"';
      const LIBRARY = host.path(`${STATE}/bin/${name}`);
      expect(await host.runWhole(release, { LIBRARY })).toMatchObject({ code: 0 });
    };

    it('take away the library that many deploys have not needed, whatever the clock says', async () => {
      await deployed('v1');
      await host.run('touch -d "3 days ago" "$STATE/bin/v1"');
      await deployed('v2');
      expect(libraries()).toContain('v1');
      await host.run('touch -d "in 3 days" "$STATE/bin/v1"');
      for (let each = 0; each < 9; each += 1) await deployed('v2');
      expect(libraries()).toContain('v1');
      await deployed('v2');
      expect(libraries()).toEqual(['reboot.sh', 'v2']);
    });

    it('keep the library of each that comes again', async () => {
      for (let each = 0; each < 12; each += 1) await deployed(each % 6 === 0 ? 'v1' : 'v2');
      expect(libraries()).toEqual(['reboot.sh', 'v1', 'v2']);
    });
  });

  describe('the watchdog', () => {
    it('takes a lease that ran out, undoes the release, and frees the stack', async () => {
      const former = session();
      const { code } = await acquire(former);
      expect(code).toBe(0);
      await journal(noting('step'));
      host.write(`${STATE}/stage/run-1-1/file`, '');
      expire();
      // The stage goes when all else is done; the lease is away for a moment also while it changes hands.
      await until(() => !host.exists(`${STATE}/stage/run-1-1`) && !host.exists(`${STATE}/lease`));
      expect(undone()).toBe('step\n');
      expect(host.exists(`${STATE}/journal`)).toBe(false);
      expect((await former.ended).code).not.toBe(0);
    });

    it('leaves a lease alone that is renewed', async () => {
      await acquire(session(), { ttl: 5 });
      await journal(noting('step'));
      expect((await host.run('lease_renew 1 60')).code).toBe(0);
      const pid = watchdog();
      // Whole rounds of its loop, seen from outside: it is still there, and has done nothing.
      const later = Date.now() + 3_000;
      await until(() => Date.now() > later);
      expect(hasEnded(pid)).toBe(false);
      expect(undone()).toBe('');
    });

    it('goes when the lease is given back', async () => {
      await acquire(session());
      const pid = watchdog();
      await host.run('lease_release 1');
      await until(() => hasEnded(pid));
    });
  });

  describe('handing back', () => {
    it('ends the run, undoes its work, clears its stage, and frees the lease', async () => {
      const former = session();
      await acquire(former);
      await journal(noting('step'));
      host.write(`${STATE}/stage/run-1-1/file`, '');
      const { code } = await handBack('1');
      expect(code).toBe(0);
      expect(undone()).toBe('step\n');
      for (const gone of ['lease', 'journal', 'stage/run-1-1']) {
        expect([gone, host.exists(`${STATE}/${gone}`)]).toEqual([gone, false]);
      }
      expect((await former.ended).code).not.toBe(0);
    });

    it('fails where something could not be undone, and the watchdog goes on until it is', async () => {
      await acquire(session());
      await journal(UNTIL_REPAIRED);
      const { code, stderr } = await handBack('1');
      expect(code).not.toBe(0);
      expect(stderr).toContain('could not undo 001-step.sh');
      expect(stderr).toContain('the host goes on trying until it is done');
      expect(host.exists(`${STATE}/journal/001-step.sh`)).toBe(true);
      await undoneOnceRepaired();
    }, 60_000);

    it('finishes a release that is past the point of no return, and says so', async () => {
      await acquire(session());
      await journal(noting('step'));
      host.write(`${STATE}/journal/forward.sh`, 'rm -rf "$STATE/journal"\n# end\n');
      const result = await handBack('1');
      expect(result.code).toBe(0);
      expect(told(result)).toContain('finished');
      expect(undone()).toBe('');
    });

    it('says that the release was finished when its record stands, and its journal is gone', async () => {
      await acquire(session());
      host.write(`${STATE}/releases/00000001-0123456789ab.json`, '{}');
      expect(told(await handBack('1'))).toContain('finished');
      expect(told(await handBack('1'))).toContain('finished');
      await acquire(session());
      expect(told(await handBack('2'))).not.toContain('finished');
    });

    it('touches nothing when the lease is somebody else’s by now', async () => {
      await acquire(session());
      await abandon();
      const owner = session();
      await acquire(owner, { owner: 'second' });
      await journal(noting('second'));
      host.write(`${STATE}/stage/run-2-1/file`, '');
      await handBack('1');
      expect(undone()).toBe('');
      expect(host.read(`${STATE}/lease/owner`)).toBe('second\n');
      expect(host.exists(`${STATE}/journal/001-step.sh`)).toBe(true);
      expect(host.exists(`${STATE}/stage/run-2-1/file`)).toBe(true);
      process.kill(owner.pid, 0);
    });

    it('tries again where the watchdog has not come yet', async () => {
      await acquire(session());
      await journal(UNTIL_REPAIRED);
      expect((await handBack('1')).code).not.toBe(0);
      await handBack('1');
      await undoneOnceRepaired();
    }, 60_000);

    it('is harmless on a host that never saw a deploy, and when it is done twice', async () => {
      expect((await handBack('1')).code).toBe(0);
      await acquire(session());
      expect((await handBack('1')).code).toBe(0);
      expect((await handBack('1')).code).toBe(0);
    });
  });

  describe('unlock', () => {
    const unlock = () =>
      host.runWhole(remoteScript('library') + remoteScript('unlock'), remoteLibrary().texts);

    it('says that nothing holds the stack where nothing does', async () => {
      const { code, stderr } = await unlock();
      expect([code, stderr]).toEqual([0, 'nothing holds the stack\n']);
    });

    it('ends the owner, undoes its work, and frees the stack', async () => {
      const former = session();
      await acquire(former, { owner: '{"run":"stuck"}' });
      await journal(noting('step'));
      const { code, stderr } = await unlock();
      expect(code).toBe(0);
      expect(stderr).toContain('{"run":"stuck"}');
      expect(undone()).toBe('step\n');
      expect(host.exists(`${STATE}/lease`)).toBe(false);
      expect(host.exists(`${STATE}/journal`)).toBe(false);
      expect((await former.ended).code).not.toBe(0);
    });

    it('fails, and leaves it to the watchdog, where something cannot be undone', async () => {
      await acquire(session());
      await journal(UNTIL_REPAIRED);
      expect((await unlock()).code).not.toBe(0);
      expect(host.exists(`${STATE}/journal/001-step.sh`)).toBe(true);
      await undoneOnceRepaired();
    }, 60_000);
  });
});

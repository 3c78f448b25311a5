import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { remoteScript } from '../../src/remote/load.js';
import { ENGINE_IS_AWAY, SHELLS, toyHost, until, type ToyHost } from './host.js';

describe.each(SHELLS)('the journal, with $name as sh', ({ path }) => {
  let host: ToyHost;
  beforeEach(() => {
    host = toyHost(path);
  });
  afterEach(() => {
    host.remove();
  });

  const state = "state of o'neill";
  const entries = (): readonly string[] => readdirSync(join(host.state, 'journal')).sort();
  /** An undo that writes its name down. */
  const noting = (word: string): string => `echo ${word} >>"$STATE/undone"`;
  const undone = (): string => (host.exists(`${state}/undone`) ? host.read(`${state}/undone`) : '');
  const journal = (name: string, undo: string, number = ''): string =>
    `journal ${name} '${undo}' ${number}\n`;

  describe('journal', () => {
    it('numbers the entries in the order of the steps', async () => {
      await host.run(journal('files', ':') + journal('start', ':'));
      await host.run(journal('files', ':'));
      expect(entries()).toEqual(['001-files.sh', '002-start.sh', '003-files.sh']);
    });

    it('goes on counting beyond nine, and beyond what looks octal', async () => {
      const steps = Array.from({ length: 21 }, () => journal('step', ':'));
      const { code } = await host.run(`set -eu\n${steps.join('')}`);
      expect(code).toBe(0);
      expect(entries()).toHaveLength(21);
      expect(entries().slice(7, 10)).toEqual(['008-step.sh', '009-step.sh', '010-step.sh']);
      expect(entries().at(-1)).toBe('021-step.sh');
    });

    it('puts an entry at a given number without disturbing the count', async () => {
      await host.run(`set -eu\n${journal('one', ':')}${journal('last', ':', '000')}`);
      await host.run(`set -eu\n${journal('two', ':')}`);
      expect(entries()).toEqual(['000-last.sh', '001-one.sh', '002-two.sh']);
    });

    it('counts from one when the first entry has number 000', async () => {
      await host.run(`set -eu\n${journal('last', ':', '000')}${journal('one', ':')}`);
      expect(entries()).toEqual(['000-last.sh', '001-one.sh']);
    });

    it('writes undos that know the state directory, whatever its name', async () => {
      await host.run(journal('one', noting('one')));
      const { code } = await host.runWhole('unset STATE; sh "$1"', {});
      expect(code).not.toBe(0);
      await host.runWhole(`script=$STATE/journal/001-one.sh; unset STATE; sh "$script"`);
      expect(undone()).toBe('one\n');
    });

    it('takes no entry for written where a process that it needed was killed', async () => {
      host.answer('sed', 'kill -KILL $$');
      const { code } = await host.run(`set -eu\n${journal('one', ':')}`);
      expect(code).not.toBe(0);
      expect(entries().filter((name) => name.endsWith('.sh'))).toEqual([]);
    });

    it('leaves no half-written entry behind', async () => {
      await host.run(journal('one', ':'));
      expect(entries().filter((name) => !name.endsWith('.sh'))).toEqual([]);
    });
  });

  describe('abort', () => {
    const abort = () => host.run('export RESEE_UNDO_ATTEMPTS=1; abort_now');

    it('says what it waits for where a critical section of somebody else goes on', async () => {
      const other = host.start(
        'exec 8>>"$STATE/lock.critical"; flock 8; : >"$STATE/locked"; sleep 60',
      );
      await until(() => host.exists(`${state}/locked`));
      const running = host.start('await_critical; echo over');
      await new Promise((resolve) => setTimeout(resolve, 6_000));
      other.kill();
      const { stdout, stderr } = await running.ended;
      expect(stdout).toBe('over\n');
      expect(stderr.match(/waiting for the end of what must not stop half-way/g)).toHaveLength(1);
    });

    it('waits for an engine that hangs, and undoes when that answers', async () => {
      await host.run(journal('one', noting('one')));
      host.answerDocker('[ -e "$TOY/asked" ] || { : >"$TOY/asked"; exec sleep 300; }');
      const { code, stderr } = await host.run('export RESEE_ENGINE_SECONDS=1; abort_now');
      expect(code).toBe(0);
      expect(stderr).toContain('waiting for the Docker daemon\n');
      expect(undone()).toBe('one\n');
    });

    it('waits once for an engine that never answers, and leaves the rest to who comes next', async () => {
      await host.run(
        ['one', 'two', 'three'].map((name) => journal(name, 'docker inspect a1')).join(''),
      );
      host.answerDocker('exec sleep 300');
      const { code, stderr } = await host.run(
        'export RESEE_ENGINE_SECONDS=1 RESEE_ENGINE_PATIENCE=3 RESEE_UNDO_ATTEMPTS=1; abort_now',
      );
      expect(code).toBe(1);
      expect(stderr.match(/the Docker daemon does not answer after 3 s/g)).toHaveLength(1);
      expect(stderr.match(/the Docker daemon does not answer after 0 s/g)).toHaveLength(2);
      expect(stderr.match(/could not undo/g)).toHaveLength(3);
      expect(entries()).toHaveLength(3);
    });

    it('does nothing, and succeeds, where there is no journal', async () => {
      const { code, stdout } = await abort();
      expect([code, stdout]).toEqual([0, '']);
    });

    it('undoes in reverse, the entry 000 last, and forgets the journal', async () => {
      await host.run(
        journal('zero', noting('zero'), '000') +
          Array.from({ length: 11 }, (_, index) => journal('step', noting(String(index + 1)))).join(
            '',
          ),
      );
      const { code } = await abort();
      expect(code).toBe(0);
      expect(undone().trim().split('\n')).toEqual([
        '11',
        '10',
        '9',
        '8',
        '7',
        '6',
        '5',
        '4',
        '3',
        '2',
        '1',
        'zero',
      ]);
      expect(host.exists(`${state}/journal`)).toBe(false);
    });

    it('goes on after an undo that fails, keeps it alone, and says how to type it', async () => {
      await host.run(
        journal('one', noting('one')) +
          journal('two', 'false; echo never >>"$STATE/undone"') +
          journal('three', noting('three')),
      );
      host.write(`${state}/journal/first/before/kept`, 'text');
      const { code, stderr } = await abort();
      expect(code).toBe(1);
      expect(undone()).toBe('three\none\n');
      expect(entries()).toEqual(['002-two.sh', 'first']);
      expect(stderr).toContain('could not undo 002-two.sh');
      expect(stderr).toContain('    false; echo never >>"$STATE/undone"');
    });

    it('tries what is left again the next time', async () => {
      await host.run(journal('one', 'test -e "$STATE/repaired"; echo one >>"$STATE/undone"'));
      expect((await abort()).code).toBe(1);
      host.write(`${state}/repaired`, '');
      expect((await abort()).code).toBe(0);
      expect(undone()).toBe('one\n');
      expect(host.exists(`${state}/journal`)).toBe(false);
    });

    it('finishes a release that is past the point of no return, and undoes nothing', async () => {
      await host.run(journal('one', noting('one')));
      host.write(
        `${state}/journal/forward.sh`,
        'echo finished-it >>"$STATE/undone"; rm -rf "$STATE/journal"\n# end\n',
      );
      const { code, stdout } = await abort();
      expect(code).toBe(0);
      expect(stdout.split('\n')).toContain('finished');
      expect(undone()).toBe('finished-it\n');
    });

    it('keeps a release that could not be finished for the next one', async () => {
      host.write(`${state}/journal/forward.sh`, 'exit 3\n# end\n');
      expect((await abort()).code).not.toBe(0);
      expect(entries()).toEqual(['forward.sh']);
    });

    it.each(['', 'STATE=x\nset -eu\n'])(
      'never takes an undo that a full disk has cut for one that ran: %j',
      async (cut) => {
        await host.run(journal('one', noting('one')));
        host.write(`${state}/journal/001-one.sh`, cut);
        const { code, stderr } = await abort();
        expect(code).toBe(1);
        expect(stderr).toContain('was not written whole');
        expect(entries()).toEqual(['001-one.sh']);
      },
    );

    it('begins no step whose undo cannot be written, and tells that there is no room', async () => {
      const { code, stderr } = await host.run(
        `set -eu\ntrap '' XFSZ\nulimit -f 0\n${journal('one', noting('one'))}\necho begun >&2`,
      );
      expect(code).toBe(1);
      expect(stderr).toMatch(/^the journal cannot be written: .*\d+%/m);
      expect(stderr).not.toContain('begun');
      expect(entries()).toEqual([]);
    });

    it.each(['exit 0', 'eval "return 0"; :', '(exit 0); exit 0'])(
      'takes no undo for done that ended before its end: %s',
      async (early) => {
        await host.run(journal('one', `${early}\necho never >>"$STATE/undone"`));
        const { code, stderr } = await abort();
        expect(code).toBe(1);
        expect(stderr).toContain('did not come to its end');
        expect(entries()).toEqual(['001-one.sh']);
      },
    );

    it('keeps its lease while it undoes, and undoes nothing once that is another one’s', async () => {
      await host.run('lease_take me 1');
      await host.run(journal('one', 'sleep 2; lease_expired || echo kept >>"$STATE/undone"'));
      expect((await host.run('FENCE=1; abort_now')).code).toBe(0);
      expect(undone()).toBe('kept\n');
      await host.run(journal('two', noting('two')));
      expect((await host.run('FENCE=7; abort_now')).code).toBe(79);
      expect(undone()).toBe('kept\n');
    });

    it('waits for the engine, and tries again what failed', async () => {
      host.answerDocker('[ -e "$TOY/engine" ] || { : >"$TOY/engine"; exit 1; }');
      await host.run(
        journal(
          'one',
          '[ -e "$STATE/second" ] || { : >"$STATE/second"; false; }; echo one >>"$STATE/undone"',
        ),
      );
      const { code, stderr } = await host.run('abort_now');
      expect(code).toBe(0);
      expect(stderr).toContain('waiting for the Docker daemon');
      expect(undone()).toBe('one\n');
    });

    it('waits for a critical section that still runs', async () => {
      const former = host.start(
        `critical ': >"$STATE/begun"; until [ -e "$STATE/go" ]; do sleep 0.05; done; echo critical >>"$STATE/undone"'`,
      );
      await until(() => host.exists(`${state}/begun`));
      former.kill();
      await host.run(journal('one', noting('undo')));
      const aborting = abort();
      host.write(`${state}/go`, '');
      expect((await aborting).code).toBe(0);
      expect(undone()).toBe('critical\nundo\n');
    });
  });

  it('is ended by one rename: nobody undoes what is left where its removal was cut short', async () => {
    await host.run(journal('one', noting('one')));
    host.answer('rm', 'exit 1');
    await host.run('end_journal');
    host.answer('rm', 'exec /bin/rm "$@"');
    expect((await host.run('abort_now')).code).toBe(0);
    expect(undone()).toBe('');
  });

  describe('critical', () => {
    it('gives the output and the exit code of what it ran', async () => {
      const { code, stdout, stderr } = await host.run(
        `critical 'echo out; echo err >&2; exit 7'; code=$?; echo "code $code"; exit "$code"`,
      );
      expect(code).toBe(7);
      expect(stdout).toBe('out\ncode 7\n');
      expect(stderr).toBe('err\n');
    });

    it('stops at the first command that fails', async () => {
      const { code, stdout } = await host.run(`critical 'echo one; false; echo two'`);
      expect(code).not.toBe(0);
      expect(stdout).toBe('one\n');
    });

    it('leaves no trace of itself but the file that it locks', async () => {
      await host.run(`critical ':'`);
      expect(readdirSync(host.state).sort()).toEqual(['bin', 'lock.critical', 'releases']);
    });

    it('has not ended well where it did not come to its end', async () => {
      const { code, stderr } = await host.run(`critical 'exit 0'`);
      expect(code).not.toBe(0);
      expect(stderr).toContain('did not come to its end');
    });

    it('is not over while a process of it lives, though its first one was killed', async () => {
      const parent = host.start(
        `critical '(until [ -e "$STATE/go" ]; do sleep 0.05; done; echo critical >>"$STATE/undone") &
           echo "$$" >"$STATE/main"; wait'`,
      );
      await until(() => host.exists(`${state}/main`) && host.read(`${state}/main`) !== '');
      process.kill(Number(host.read(`${state}/main`)), 'SIGKILL');
      expect((await parent.ended).code).not.toBe(0);
      await host.run(journal('one', noting('undo')));
      const aborting = host.run('abort_now');
      host.write(`${state}/go`, '');
      expect((await aborting).code).toBe(0);
      expect(undone()).toBe('critical\nundo\n');
    });

    it('runs from memory where the disk is full, and is heard', async () => {
      // `mkdir` is what first wants room.
      host.answer('mkdir', 'case "$*" in *critical.d*) exit 1 ;; esac; exec /bin/mkdir "$@"');
      const { code, stdout, stderr } = await host.run(`critical 'echo out; echo err >&2'`);
      expect([code, stdout, stderr]).toEqual([0, 'out\n', 'err\n']);
    });

    it('runs where no file can be written at all, though nobody listens any more', async () => {
      host.answer('mkdir', 'exit 1');
      host.answer('mktemp', 'exit 1');
      const parent = host.start(
        `critical 'echo begun >"$STATE/undone"; until [ -e "$STATE/go" ]; do sleep 0.05; done; say told; echo done >>"$STATE/undone"'`,
      );
      await until(() => undone() === 'begun\n');
      parent.kill();
      host.write(`${state}/go`, '');
      await until(() => undone() === 'begun\ndone\n');
    });

    it('is finished although its parent, with its whole process group, is killed', async () => {
      const parent = host.start(
        `critical 'echo begun >"$STATE/undone"; until [ -e "$STATE/go" ]; do sleep 0.05; done; echo done >>"$STATE/undone"'`,
      );
      await until(() => undone() === 'begun\n');
      parent.kill();
      await parent.ended;
      host.write(`${state}/go`, '');
      await until(() => undone() === 'begun\ndone\n');
    });

    it('is finished although its session hangs up and is told to end', async () => {
      const parent = host.start(
        `note_process "$$" "$STATE/lease-session"
         critical 'echo begun >"$STATE/undone"; until [ -e "$STATE/go" ]; do sleep 0.05; done; echo done >>"$STATE/undone"'`,
      );
      await until(() => undone() === 'begun\n');
      process.kill(-parent.pid, 'SIGHUP');
      await host.run('end_process "$STATE/lease-session"');
      await parent.ended;
      host.write(`${state}/go`, '');
      await until(() => undone() === 'begun\ndone\n');
    });
  });

  describe('finish', () => {
    const finish = (forward: string) =>
      host.run(`set -eu\n${remoteScript('finish')}`, {
        CANDIDATES: '',
        FORWARD: forward,
        RECORD: '{"sha":"it\'s"}',
        DIR: '',
        ENV_PATH: '',
        VARIABLES_FILE: '',
        STAGE: host.path('stage'),
        LAST_PATHS: 'old.conf\n',
      });
    beforeEach(() => {
      host.write('stage/old.conf', 'new text\n');
    });

    it('writes the record, and clears the journal at the end', async () => {
      const { code } = await finish('write_record 1-abc.json\nrm -rf "$STATE/journal"');
      expect(code).toBe(0);
      expect(host.read(`${state}/releases/1-abc.json`)).toBe('{"sha":"it\'s"}\n');
      expect(host.exists(`${state}/journal`)).toBe(false);
    });

    it('is held up by nothing that only tidies', async () => {
      const { code, stderr } = await finish(
        `tidy 'false; echo never >>"$STATE/undone"'\nwrite_record 1-abc.json\nrm -rf "$STATE/journal"`,
      );
      expect(code).toBe(0);
      expect(stderr).toContain('not tidied up, which can wait');
      expect(undone()).toBe('');
      expect(host.exists(`${state}/releases/1-abc.json`)).toBe(true);
    });

    it('is not held up without end where the engine comes and goes', async () => {
      // It is there for who waits for it alone.
      host.answerDocker(`
        [ "$1" = version ] || { ${ENGINE_IS_AWAY}; }
        if [ -e "$TOY/asked" ]; then rm "$TOY/asked"; else : >"$TOY/asked"; ${ENGINE_IS_AWAY}; fi`);
      const { code, stderr } = await finish("tidy 'docker image prune'\nend_journal");
      expect(code).toBe(0);
      expect(stderr).toContain('not tidied up, which can wait: docker image prune');
    });

    it.each(['remove_present a', 'forget_volumes old'])(
      'tidies up once the engine is there again: %s',
      async (command) => {
        host.write('away', '5\n');
        host.answerDocker(`
          read -r away <"$TOY/away"
          [ "$away" = 0 ] || { echo $((away - 1)) >"$TOY/away"; ${ENGINE_IS_AWAY}; }
          case "$*" in 'volume ls'*) echo old ;; esac`);
        const { code, stderr } = await finish(
          `tidy '${command}'\nwrite_record 1-abc.json\nend_journal`,
        );
        expect(code).toBe(0);
        expect(stderr).toContain('waiting for the Docker daemon');
        expect(stderr).not.toContain('not tidied up');
        expect(host.dockerCalls().slice(-1)[0]).toMatch(/^rm a|^volume rm old/);
      },
    );

    it('needs nothing of the staged tree once it has begun', async () => {
      host.write('live/old.conf', 'old text\n');
      const install = `install_files last '${host.path('live')}' "$STATE/journal/release" 'old.conf\n' ''`;
      const failed = await finish(`test -e "$STATE/repaired"\n${install}\nrm -rf "$STATE/journal"`);
      expect(failed.code).not.toBe(0);
      rmSync(host.path('stage'), { recursive: true });
      host.write(`${state}/repaired`, '');
      expect((await host.run('abort_now')).code).toBe(0);
      expect(host.read('live/old.conf')).toBe('new text\n');
    });

    it('can be finished by an abort when it failed half-way', async () => {
      await host.run(journal('one', noting('one')));
      const failed = await finish(
        'write_record 1-abc.json\ntest -e "$STATE/repaired"\nrm -rf "$STATE/journal"',
      );
      expect(failed.code).not.toBe(0);
      host.write(`${state}/repaired`, '');
      const aborted = await host.run('abort_now');
      expect(aborted.code).toBe(0);
      expect(undone()).toBe('');
      expect(host.read(`${state}/releases/1-abc.json`)).toBe('{"sha":"it\'s"}\n');
      expect(host.exists(`${state}/journal`)).toBe(false);
    });
  });

  describe('quoted', () => {
    it.each([
      '',
      'plain',
      "it's",
      "''",
      '$(touch "$STATE/broken") `id` $HOME \\ "',
      '-n',
      'two\nlines',
      'tab\tand  spaces ',
      '* ? [a] ~ # ! & ; | < >',
    ])('gives %j back through eval', async (text) => {
      const { stdout } = await host.run('eval "got=$(quoted "$TEXT")"; printf "<%s>" "$got"', {
        TEXT: text,
      });
      expect(stdout).toBe(`<${text}>`);
      expect(host.exists(`${state}/broken`)).toBe(false);
    });
  });
});

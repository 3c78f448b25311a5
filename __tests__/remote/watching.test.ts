import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Running, ToyHost } from './host.js';
import { ENGINE_IS_AWAY, SHELLS, toyHost, until } from './host.js';
import { quote } from '../../src/host/quote.js';
import { remoteScript } from '../../src/remote/load.js';
import type { ScriptResult } from '../../src/host/shell.js';

/**
 * An engine of files: containers/ID is what `inspect` answers, checks/ID the shell text of its
 * healthcheck, where it has one, shells/ID the image's SHELL and timeouts/ID the healthcheck's timeout in
 * nanoseconds. Each line of `failures` breaks one exec off.
 */
const ENGINE = `
for last; do :; done
case $1 in
  inspect)
    [ ! -e "$TOY/away" ] || { rm "$TOY/away"; ${ENGINE_IS_AWAY}; }
    case "$*" in
      *StopTimeout*) echo 1; exit ;;
      *RestartPolicy*) cat "$TOY/policies/$last" 2>/dev/null || echo always/0/; exit ;;
      *" .Timeout"*)
        cat "$TOY/timeouts/$last" 2>/dev/null || echo 0
        cat "$TOY/shells/$last" 2>/dev/null || printf '/bin/sh -c '
        printf "'%s' " "$(sed "s/'/'\\\\\\\\''/g" "$TOY/checks/$last")"
        exit ;;
    esac
    shift 3
    gone=0
    for each; do
      cat "$TOY/containers/$each" 2>/dev/null || { gone=1; echo "no such object: $each" >&2; }
    done
    exit $gone ;;
  logs) echo "the log of $last" ;;
  version) [ ! -e "$TOY/stays-away" ] ;;
  exec)
    failure=$(head -n 1 "$TOY/failures" 2>/dev/null)
    if [ -n "$failure" ]; then
      sed -i 1d "$TOY/failures"
      echo "$failure"
      exit 126
    fi
    shift; id=$1; shift; TOY=$TOY ID=$id "$@" ;;
esac`;

interface State {
  readonly status?: string;
  readonly restarts?: number;
  readonly code?: number;
  readonly oom?: boolean;
  readonly health?: string;
  readonly retries?: number;
}

describe.each(SHELLS)('watching candidates, with $name as sh', ({ path }) => {
  let host: ToyHost;
  beforeEach(() => {
    host = toyHost(path);
    host.answerDocker(ENGINE);
  });
  afterEach(() => {
    host.remove();
  });

  /** A container with this healthcheck, or without one. */
  const container = (id: string, healthcheck: string | undefined, state: State = {}): void => {
    const { status = 'running', restarts = 0, code = 0, oom = false, health, retries = 0 } = state;
    const kind = healthcheck === undefined ? 'NONE' : 'CMD-SHELL';
    const seen = [status, restarts, code, oom, health ?? '-', retries, kind].map(String);
    host.write(`containers/${id}`, `${seen.join(' ')}\n`);
    host.write(`checks/${id}`, healthcheck ?? '');
  };
  const script = (name: string): string => `set -eu\n${remoteScript(name)}`;
  const ready = (candidates: string, timeout = 1): Promise<ScriptResult> =>
    host.run(script('ready'), { CANDIDATES: candidates, TIMEOUT: String(timeout) });
  const startSoak = (candidates: string, seconds: number): Running =>
    host.start(script('soak'), {
      CANDIDATES: candidates,
      HUNDREDTHS_TO_SOAK: String(seconds * 100),
      CHECK_EVERY: '0',
    });

  describe('until they are ready', () => {
    it('is over when every healthcheck passes', async () => {
      container('a1', '[ -e "$TOY/up" ]');
      container('b1', 'true');
      const running = host.start(script('ready'), {
        CANDIDATES: 'api a1 - -\nweb b1 - -\n',
        TIMEOUT: '60',
      });
      await until(() => host.dockerCalls().filter((call) => call.startsWith('exec a1')).length > 1);
      host.write('up', '');
      expect(await running.ended).toMatchObject({ code: 0, stdout: '', stderr: '' });
      // One that is ready is not asked again.
      expect(host.dockerCalls().filter((call) => call.startsWith('exec b1'))).toHaveLength(1);
    });

    it('names every one that is not ready in time, each with its own last words', async () => {
      container('a1', 'echo no database; false');
      container('b1', 'true');
      container('c1', 'echo no broker; false');
      const { code, stdout, stderr } = await ready('api a1 - -\nweb b1 - -\nworker c1 - -\n');
      expect(code).toBe(71);
      expect(stdout).toBe(
        'failed api a1 its healthcheck did not pass within 1 s\nfailed worker c1 its healthcheck did not pass within 1 s\n',
      );
      expect(stderr).toMatch(
        /api is not ready.*the log of a1.*healthcheck of api said:\nno database\nworker is not ready.*the log of c1.*no broker/s,
      );
      expect(stderr).not.toContain('b1');
    });

    it('shows the end of what it wrote, of whatever length its lines are', async () => {
      container('a1', 'head -c 2000000 /dev/zero | tr "\\\\000" c; false');
      host.answerDocker(
        `[ "$1" != logs ] || { echo "$*"; exec head -c 2000000 /dev/zero; }\n${ENGINE}`,
      );
      const { stderr } = await ready('api a1 - -\n');
      expect(stderr).toContain('logs --tail 40 a1\n');
      expect(stderr.length).toBeGreaterThan(40 * 4096);
      expect(stderr.length).toBeLessThan(60 * 4096);
    });

    it('tries the port of one without a healthcheck', async () => {
      container('a1', undefined);
      const { code, stdout } = await ready('api a1 127.0.0.1 1\n');
      expect(code).toBe(71);
      expect(stdout).toBe('failed api a1 nothing answered on its port 1 within 1 s\n');
    });

    it('tells one that exited from one that is not ready yet, and does not wait for it', async () => {
      container('a1', 'echo no broker; false');
      container('b1', undefined, { status: 'exited', code: 3 });
      const { code, stdout, stderr } = await ready('api a1 - -\nworker b1 - -\n', 600);
      expect(code).toBe(71);
      expect(stdout).toBe(
        'waiting api a1 its healthcheck did not pass yet\nfailed worker b1 it exited with 3\n',
      );
      // What matters most comes last: of a long text the end is kept.
      expect(stderr).toMatch(/no broker.*worker is not ready: it exited with 3.*the log of b1/s);
    });

    it.each([
      ['no/0/', 0, 'worker', 0],
      ['on-failure/0/NONE', 0, 'worker', 0],
      ['no/0/', 1, 'worker', 71],
      ['no/0/', 0, 'api', 71],
      ['always/0/', 0, 'worker', 71],
      ['no/1/', 0, 'worker', 71],
      ['no/0/CMD', 0, 'worker', 71],
    ])(
      'with the policy, ports and healthcheck %s that ended with %d, of the new service %s: code %d',
      async (policy, code, service, expected) => {
        container('a1', undefined, { status: 'exited', code });
        host.write('policies/a1', `${policy}\n`);
        const { code: came } = await host.run(script('ready'), {
          CANDIDATES: 'worker a1 - -\n',
          TIMEOUT: '5',
          NEW: service,
        });
        expect(came).toBe(expected);
        const soaked = await startSoak('worker a1\n', 1).ended;
        expect(soaked.code).toBe(expected === 0 ? 0 : 72);
      },
    );

    it('lets one end with 0 whose image has a healthcheck that is not for it', async () => {
      container('a1', 'false', { status: 'exited', code: 0, health: 'unhealthy' });
      host.write('policies/a1', 'no/0/CMD\n');
      const variables = { CANDIDATES: 'worker a1 - -\n', TIMEOUT: '5', NEW: 'worker' };
      expect((await host.run(script('ready'), variables)).code).toBe(71);
      const ofImage = await host.run(script('ready'), { ...variables, OF_IMAGE: 'api worker' });
      expect(ofImage.code).toBe(0);
      expect((await startSoak('worker a1\n', 1).ended).code).toBe(0);
    });

    it('lets one end with 0 beside an incumbent whose service says that it may, and tells it', async () => {
      container('a1', undefined, { status: 'exited', code: 0 });
      container('b1', undefined, { status: 'running' });
      host.write('policies/a1', 'no/0/\n');
      const candidates = 'worker a1 - -\n';
      const variables = { CANDIDATES: candidates, TIMEOUT: '5' };
      expect((await host.run(script('ready'), variables)).code).toBe(71);
      const ending = await host.run(script('ready'), { ...variables, ENDING: 'api worker' });
      expect(ending.code).toBe(0);
      expect((await startSoak('worker a1\n', 1).ended).code).toBe(0);
      const told = await host.run(
        'require_alive "$CANDIDATES"; inspect_each "$CANDIDATES" tell_ended',
        { CANDIDATES: 'worker a1\napi b1\n' },
      );
      expect(told.code).toBe(0);
      expect(told.stderr).toMatch(/warning: worker has ended with 0[^\n]*\n$/);
      expect(told.stderr).not.toContain('api');
    });

    it('names all that exit one soon after the other', async () => {
      container('a1', 'false');
      container('b1', undefined, { status: 'exited', code: 3 });
      const running = host.start(script('ready'), {
        CANDIDATES: 'api a1 - -\nworker b1 - -\n',
        TIMEOUT: '600',
      });
      await until(() => host.dockerCalls().some((call) => call.startsWith('exec a1')));
      container('a1', 'false', { status: 'exited', code: 1 });
      const { stdout } = await running.ended;
      expect(stdout).toBe('failed worker b1 it exited with 3\nfailed api a1 it exited with 1\n');
    });

    it.each<[string, State, string]>([
      [
        'was killed for its memory',
        { status: 'exited', code: 137, oom: true },
        'it exited with 137, out of memory',
      ],
      ['was restarted', { restarts: 2 }, 'it exited and was restarted'],
      ['restarts just now', { status: 'restarting', code: 1 }, 'it exited with 1'],
    ])('fails for one that %s', async (_name, state, reason) => {
      container('a1', 'true', state);
      const { code, stdout } = await ready('api a1 - -\n', 600);
      expect(code).toBe(71);
      expect(stdout).toBe(`failed api a1 ${reason}\n`);
    });

    it('lets one start over of whose service nothing ran before, and the soak holds nothing against it', async () => {
      container('a1', 'true', { status: 'restarting', restarts: 1, code: 1 });
      const starting = host.start(script('ready'), {
        CANDIDATES: 'api a1 - -\n',
        TIMEOUT: '600',
        NEW: 'web api',
      });
      await until(() => host.exists("state of o'neill/journal/restarts/a1"));
      container('a1', 'true', { restarts: 3 });
      expect((await starting.ended).code).toBe(0);
      expect((await startSoak('api a1\n', 1).ended).code).toBe(0);
      container('a1', 'true', { restarts: 4 });
      const { code, stdout } = await startSoak('api a1\n', 1).ended;
      expect(code).toBe(72);
      expect(stdout).toBe('failed api a1 it exited and was restarted\n');
    });

    it('does not wait for one that starts over beside an incumbent, or that stays where it exited', async () => {
      container('a1', 'true', { status: 'restarting', restarts: 1, code: 1 });
      container('b1', 'true', { status: 'exited', code: 1 });
      const said = (first: string, candidates: string) =>
        host.run(script('ready'), { CANDIDATES: candidates, TIMEOUT: '600', NEW: first });
      expect((await said('web', 'api a1 - -\n')).stdout).toBe('failed api a1 it exited with 1\n');
      expect((await said('web', 'web b1 - -\n')).stdout).toBe('failed web b1 it exited with 1\n');
    });

    it('fails for one that somebody removed', async () => {
      const { code, stdout } = await ready('api a1 - -\n', 600);
      expect(code).toBe(71);
      expect(stdout).toBe('failed api a1 it is gone\n');
    });
  });

  describe('a healthcheck', () => {
    const check = (seconds = ''): Promise<ScriptResult> =>
      host.run(`set -eu\nhealthcheck a1 ${seconds}`);
    const RUNC =
      'OCI runtime exec failed: exec failed: unable to start container process: read init-p: connection reset by peer: unknown';

    it("runs in the image's SHELL", async () => {
      container('a1', 'echo "$0 runs it"');
      host.write('shells/a1', '/bin/sh -c \'exec sh -c "$1" strict\' x ');
      expect(await check()).toMatchObject({ code: 0, stdout: 'strict runs it\n' });
    });

    it('has its own timeout', async () => {
      container('a1', 'sleep 20');
      host.write('timeouts/a1', '500000000\n');
      expect(await check()).toMatchObject({
        code: 124,
        stdout: 'it took longer than its timeout of 1 s\n',
      });
    });

    it('that was broken off before its own timeout decides nothing', async () => {
      container('a1', 'sleep 20');
      expect(await check('1')).toMatchObject({ code: 125, stdout: '' });
    });

    it('is asked again where the engine failed to start it, and what the engine said is no answer', async () => {
      container('a1', 'echo fine');
      host.write('failures', `${RUNC}\n${RUNC}\n`);
      expect(await check()).toMatchObject({ code: 0, stdout: 'fine\n', stderr: '' });
    });

    it("that prints the engine's words and fails is asked a few times only", async () => {
      container('a1', `echo x >>"$TOY/asked"; echo '${RUNC}'; exit 126`);
      expect(await check()).toMatchObject({ code: 126, stdout: `${RUNC}\n` });
      expect(host.read('asked').trim().split('\n')).toHaveLength(4);
    });

    it.each([
      ['a command that the image does not have', 'exit 127', 'exec: "curl": not found'],
      ['a failure of its own', 'exit 1', 'connection reset by peer'],
    ])('is asked once for %s', async (_name, exit, said) => {
      container('a1', `echo x >>"$TOY/asked"; echo '${said}'; ${exit}`);
      expect((await check()).code).not.toBe(0);
      expect(host.read('asked')).toBe('x\n');
    });

    it('ends where the engine hangs, and says that', async () => {
      host.write('hangs', '');
      host.answerDocker(`[ ! -e "$TOY/hangs" ] || exec sleep 300\n${ENGINE}`);
      const { code, stdout } = await host.run(`export RESEE_ENGINE_SECONDS=1\n${script('ready')}`, {
        CANDIDATES: 'api a1 - -\n',
        TIMEOUT: '1',
      });
      expect(code).toBe(71);
      expect(stdout).toBe('failed api a1 the Docker Engine does not answer\n');
    });

    it('is no look at each container where the engine hangs', async () => {
      host.answerDocker('exec sleep 300');
      const { stdout } = await host.run(
        `export RESEE_ENGINE_SECONDS=1\nfind_dead "$IDS"; printf %s "$failed"`,
        { IDS: 'api a1\nweb b1' },
      );
      const reason = 'the Docker Engine does not answer';
      expect(stdout).toBe(`api a1 ${reason}\nweb b1 ${reason}\n`);
      expect(host.dockerCalls()).toHaveLength(1);
    });

    it('is not of a container that is gone where only the engine does not answer', async () => {
      container('a1', 'true');
      host.write('stays-away', '');
      host.write('away', '');
      const running = host.start('look_at a1; echo "<$reason>"');
      expect((await running.ended).stdout).toBe('<>\n');
    });
  });

  describe('during the soak', () => {
    it('lets a release stay whose containers run and are healthy', async () => {
      container('a1', 'true', { health: 'healthy' });
      container('b1', undefined);
      const from = performance.now();
      const { code, stdout } = await startSoak('api a1\nworker b1\n', 1).ended;
      expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
      // Not less than it was asked for, whenever in a second it began.
      expect(performance.now() - from).toBeGreaterThan(990);
    });

    it.each<[string, State, string]>([
      ['exits', { status: 'exited', code: 1 }, 'it exited with 1'],
      ['restarts', { restarts: 1, health: 'starting' }, 'it exited and was restarted'],
      ['turns unhealthy for Docker', { health: 'unhealthy' }, 'its healthcheck fails'],
    ])('fails a release of which a container %s', async (_name, state, reason) => {
      container('a1', 'true', { health: 'healthy' });
      const soak = startSoak('api a1\n', 600);
      await until(() => host.dockerCalls().some((call) => call.startsWith('exec a1')));
      container('a1', 'true', state);
      const { code, stdout, stderr } = await soak.ended;
      expect(code).toBe(72);
      expect(stdout).toBe(`failed api a1 ${reason}\n`);
      expect(stderr).toContain('the log of a1');
    });

    it('counts what visitors got by the clock that logs are written by', async () => {
      container('a1', 'true');
      const line = (secondsAgo: number, status: number): string => {
        const at = new Date(Date.now() - secondsAgo * 1_000);
        const [, day = '', month = '', year = '', time = ''] =
          /^\w+, (\d+) (\w+) (\d+) ([\d:]+) /.exec(at.toUTCString()) ?? [];
        return `1.2.3.4 - - [${day}/${month}/${year}:${time} +0000] "GET / HTTP/1.1" ${String(status)} 5\n`;
      };
      host.write('access.log', line(11, 200) + line(9, 200) + line(4, 502) + line(300, 502));
      host.write(
        "state of o'neill/journal/cut-over-at",
        `${String(Math.floor(Date.now() / 1_000) - 7)}\n`,
      );
      host.write(
        "state of o'neill/journal/soaks-since",
        `${String(Math.floor(Date.now() / 1_000) - 6)}\n`,
      );
      host.answerDocker(`
case $1 in
  logs) shift
    # Without a number the engine reads a log of any size from its beginning.
    [ "$1" = --tail ] || exit 1
    from=$4 until=$6
    awk -F'[][]' -v from="$from" -v until="$until" '{
      command = "date -d \\"" gensub_time($2) "\\" +%s"; command | getline at; close(command)
      if (at >= from && at < until) print
    }
    function gensub_time(text) { gsub("/", " ", text); sub(":", " ", text); return text }' "$TOY/access.log"
    exit ;;
esac
${ENGINE}`);
      const { stdout } = await host.run(script('soak'), {
        CANDIDATES: 'api a1\n',
        HUNDREDTHS_TO_SOAK: '10',
        GOES_ON: 'yes',
        PROXIES: 'p1 \n',
      });
      expect(stdout).toBe('traffic p1 2 0 1 1\n');
    });

    describe('of an access log', () => {
      const VISIT = '1.2.3.4 - - [01/Jan/2026:00:00:00 +0000] "GET / HTTP/1.1" 502 5';
      const soak = async (logs: string, reads: string, since = ''): Promise<string> => {
        container('a1', 'true');
        const seconds = Math.floor(Date.now() / 1_000);
        host.write("state of o'neill/journal/soaks-since", `${String(seconds - 6)}\n`);
        if (since !== '') host.write("state of o'neill/journal/soaks-uptime", since);
        host.answerDocker(
          `case "$*" in logs*p1) ${logs} ;; exec*access.log*) ${reads} ;; esac\n${ENGINE}`,
        );
        const { stdout } = await host.run(`ACCESS_LOG_SECONDS=1\n${script('soak')}`, {
          CANDIDATES: 'api a1\n',
          HUNDREDTHS_TO_SOAK: '10',
          GOES_ON: 'yes',
          PROXIES: 'p1 /var/log/access.log\n',
        });
        return stdout;
      };

      it.each([
        ['that fails', `echo '${VISIT}'; exit 1`, 'exit 0', 'docker logs failed'],
        [
          'that hangs',
          `echo '${VISIT}'; exec sleep 60`,
          'exit 0',
          'docker logs did not end within 1 s',
        ],
        [
          'of no request, with a file that is not read',
          'exit 0',
          'exit 1',
          '/var/log/access.log could not be read in the container',
        ],
      ])(
        '%s nothing is counted, and that is told',
        async (_name, logs, reads, reason) => {
          expect(await soak(logs, reads)).toBe(`unread-log p1 ${reason}\n`);
        },
        30_000,
      );

      it('that tells nothing a file may tell, before the cutover and since', async () => {
        const reads = `for ago in 9 3; do echo '{"ts":'$(($(date +%s) - ago))',"status":502}'; done; exit 0`;
        expect(await soak('exit 1', reads)).toBe('traffic p1 1 1 1 1\n');
        expect(await soak('exit 0', reads)).toBe('traffic p1 1 1 1 1\n');
      });

      it('nothing is counted where the clock was set meanwhile', async () => {
        expect(await soak(`echo '${VISIT}'; exit 0`, 'exit 0', '1\n')).toBe(
          'unread-log p1 the clock of the host was set meanwhile\n',
        );
      });
    });

    it('sees one exit while the healthcheck of another hangs, and starts at once what has stopped for it', async () => {
      container('a1', 'sleep 20');
      container('b1', 'true');
      host.write('containers/old', 'exited 0 0 false - 0 NONE\n');
      const soak = host.start(script('soak'), {
        CANDIDATES: 'api a1\nweb b1\n',
        HUNDREDTHS_TO_SOAK: '60000',
        STOPPED: 'old',
      });
      await until(() => host.dockerCalls().some((call) => call.startsWith('exec a1')));
      container('b1', 'true', { status: 'exited', code: 3 });
      const from = performance.now();
      const { code, stdout } = await soak.ended;
      expect(performance.now() - from).toBeLessThan(10_000);
      expect([code, stdout]).toEqual([72, 'failed web b1 it exited with 3\n']);
      const calls = host.dockerCalls();
      expect(calls).toContain('start old');
      expect(calls.indexOf('start old')).toBeLessThan(calls.indexOf('logs --tail 40 b1'));
    }, 30_000);

    it('starts what has stopped for it once: whoever undoes the rest waits for nothing', async () => {
      container('b1', 'true', { status: 'exited', code: 3 });
      host.write('containers/old', 'exited 0 0 false - 0 NONE\n');
      host.write("state of o'neill/journal/stopping/old", '');
      const soak = await host.run(script('soak'), {
        CANDIDATES: 'web b1\n',
        HUNDREDTHS_TO_SOAK: '60000',
        STOPPED: 'old',
      });
      expect(soak.code).toBe(72);
      host.write('containers/old', 'true\n');
      expect((await host.run('set -eu\nstart_containers old')).code).toBe(0);
      expect(host.dockerCalls().filter((call) => call.startsWith('wait'))).toEqual(['wait old']);
      expect(host.dockerCalls().filter((call) => call.startsWith('start'))).toEqual(['start old']);
    });

    it('waits for a check that goes on when the time is over, and judges it', async () => {
      container('a1', 'sleep 2; false', { retries: 1 });
      const { code, stdout } = await startSoak('api a1\n', 1).ended;
      expect([code, stdout]).toEqual([
        72,
        'failed api a1 its healthcheck failed 1 times in a row\n',
      ]);
    });

    it('names each container that did not survive', async () => {
      container('a1', undefined, { status: 'exited' });
      const { stdout } = await startSoak('api a1\nweb b1\n', 600).ended;
      expect(stdout).toBe('failed api a1 it exited with 0\nfailed web b1 it is gone\n');
    });

    it('forgives one failed healthcheck, and not as many in a row as its retries', async () => {
      // Fails, passes, and then fails for good.
      container('a1', 'echo x >>"$TOY/asked"; echo too slow; [ "$(wc -l <"$TOY/asked")" = 2 ]', {
        health: 'healthy',
        retries: 2,
      });
      const { code, stdout, stderr } = await startSoak('api a1\n', 600).ended;
      expect(code).toBe(72);
      expect(stdout).toBe('failed api a1 its healthcheck failed 2 times in a row\n');
      expect(stderr).toContain('too slow');
      expect(host.read('asked').trim().split('\n')).toHaveLength(4);
    });
  });

  describe('while requests go to them alone', () => {
    const beside = (work: string): Running =>
      host.start(`set -eu\nwhile_alive "$CANDIDATES" ${quote(work)}\necho after`, {
        CANDIDATES: 'api a1\nworker b1\n',
      });

    it('what waits for others goes on to its own end', async () => {
      container('a1', 'true');
      container('b1', undefined);
      expect(await beside('sleep 0.3; echo held 2').ended).toMatchObject({
        code: 0,
        stdout: 'held 2\nafter\n',
      });
      expect(await beside('false; echo no').ended).toMatchObject({ code: 1, stdout: '' });
    });

    it('nothing is waited for once one has exited', async () => {
      container('a1', 'true');
      container('b1', undefined, { status: 'exited', code: 137, oom: true });
      const { code, stdout, stderr } = await beside(`together 'while :; do sleep 0.1; done'`).ended;
      expect([code, stdout]).toEqual([72, 'failed worker b1 it exited with 137, out of memory\n']);
      expect(stderr).toContain('the log of b1');
    });

    it('the release is not finished where one has exited', async () => {
      container('a1', 'true', { status: 'exited', code: 1 });
      const { code, stdout } = await host.run(script('finish'), { CANDIDATES: 'api a1\n' });
      expect([code, stdout]).toEqual([72, 'failed api a1 it exited with 1\n']);
      expect(host.exists("state of o'neill/journal/forward.sh")).toBe(false);
    });
  });
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { askingScript, remoteScript } from '../../src/remote/load.js';
import { ENGINE_IS_AWAY, SHELLS, toyHost, type ToyHost } from './host.js';

const STATE = "state of o'neill";

describe.each(SHELLS)('an engine that fails for a moment, with $name as sh', ({ path }) => {
  let host: ToyHost;
  beforeEach(() => {
    host = toyHost(path);
  });
  afterEach(() => {
    host.remove();
  });
  const run = (script: string) => host.run(`set -eu\n${script}`, { RESEE_PROC: host.path('proc') });
  /** The first questions that the pattern of the shell matches fail, so many; then comes the answer of the script. */
  const failing = (times: number, pattern: string, script: string): void => {
    host.write('failures', `${String(times)}\n`);
    host.answerDocker(`
      read -r failures <"$TOY/failures"
      [ "$failures" = 0 ] || case "$*" in
        ${pattern}) echo $((failures - 1)) >"$TOY/failures"; ${ENGINE_IS_AWAY} ;;
      esac
      ${script}`);
  };

  it('is asked again for the healthcheck, whose words never run on the host', async () => {
    failing(
      2,
      "'inspect '*",
      `case $1 in
        inspect) echo 30000000000; echo "'sh' '-c' ': >$TOY/ran-on-the-host' " ;;
        exec) echo "$*" ;;
      esac`,
    );
    const { code, stdout } = await run('healthcheck a1');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `exec a1 sh -c : >${host.root}/ran-on-the-host\n`,
    });
    expect(host.exists('ran-on-the-host')).toBe(false);
  });

  it('that tells no timeout of a healthcheck is believed nothing', async () => {
    failing(0, '*', `echo; echo 30000000000; echo ": >$TOY/ran-on-the-host"`);
    expect((await run('healthcheck a1')).code).toBe(1);
    expect(host.exists('ran-on-the-host')).toBe(false);
  });

  it.each(["'inspect '*", "'inspect '* | version*"])(
    'does not make a candidate one that is gone: %s',
    async (questions) => {
      failing(2, questions, 'echo running 0 0 false - 0 NONE');
      expect((await run('look_at a1; echo "<$reason>"')).stdout).toBe('<>\n');
    },
  );

  it('for longer is told as that', async () => {
    failing(99, '*', ':');
    const { stdout } = await run('ENGINE_AWAY=1; look_at a1; echo "<$reason>"');
    expect(stdout).toBe('<the Docker Engine does not answer>\n');
  });

  it('is waited for until it says that a container is healthy', async () => {
    failing(3, "'inspect '*", 'echo healthy');
    expect((await run('await_health healthy a1')).code).toBe(0);
    expect(host.read('failures')).toBe('0\n');
  });

  it('does not end a drain', async () => {
    failing(1, "'top '*", "echo '1 nginx: worker process'");
    expect((await run('proxy_drain nginx proxy 30 old')).code).toBe(0);
    expect(host.read('failures')).toBe('0\n');
    failing(99, "'top '*", 'echo true');
    const { code, stdout, stderr } = await run('proxy_drain nginx proxy 1 old');
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'held 0\n' });
    expect(stderr).toContain('still held after 1 s');
  });

  it('does not prove that the old containers are left', async () => {
    const left = `${STATE}/journal/connections`;
    for (const file of ['seen', 'asked', 'moved']) host.write(`${left}/${file}`, '');
    host.write(`${left}/leaving`, 'old\n');
    failing(99, '*', ':');
    expect((await run('ENGINE_AWAY=0; require_left yes old')).code).not.toBe(0);
    host.write(`${left}/moved`, 'nginx proxy\n');
    host.write(`${left}/drained/.keep`, '');
    await run('ENGINE_AWAY=0; note_drained || :');
    failing(99, "'ps '*", 'echo true');
    await run('ENGINE_AWAY=0; note_drained || :');
    expect(host.exists(`${left}/drained/proxy`)).toBe(false);
  });

  it('is asked anew where a container was removed meanwhile', async () => {
    failing(
      0,
      '*',
      `case "$*" in
        ps*) [ -e "$TOY/removed" ] || echo gone; : >"$TOY/removed"; echo edge ;;
        *gone*) echo "edge 1 /edge 198.19.1.4"; echo 'Error: No such object: gone' >&2; exit 1 ;;
        inspect*) echo "edge 1 /edge 198.19.1.4" ;;
      esac`,
    );
    expect((await run('running_containers')).stdout).toBe('edge 1 /edge 198.19.1.4\n');
  });

  it('leaves the pins of a proxy as they are, also where going back may fail', async () => {
    failing(99, '*IPAddress*', 'echo true');
    for (const back of [
      "cutover_back nginx proxy 'old net web' yes 0",
      "lead_again nginx proxy yes 'old net web'",
    ]) {
      expect((await run(`${back} || echo "cannot go back yet"`)).stdout).toBe(
        'cannot go back yet\n',
      );
    }
    expect(host.dockerCalls().join('\n')).not.toMatch(/^(exec|run|kill|top) /m);
  });

  it.each([
    ["'inspect -f '*com.docker.compose.service*", 'begin', "echo '{}'"],
    ["'ps -a --filter'*", 'up', ':'],
    ["'ps -a --no-trunc'*", 'up', ':'],
  ])('leaves no candidate out of those that must be ready: %s', async (question, step, answer) => {
    failing(99, question, answer);
    const given = { DIR: host.root, COMPOSE: '', VARIABLES: '', SCALES: '', SERVICES: 'api' };
    const { code, stdout } = await host.run(`set -eu\n${remoteScript(step)}\necho ready`, {
      ...given,
      ...{ NEEDED: 'api', PROJECT: 'shop', KNOWN: '', REMOVE: '', RESUME: '', LOGINS_OF: '' },
      ...{ AUTHS: '', HELPERS: '', HANDED: '', new: 'new', STOP: '', CONTENTS: '', HOOKS: '' },
      ...{ TIMEOUT: '1', FIRST: 'api', PORTS: 'api 80' },
    });
    expect(code).not.toBe(0);
    expect(stdout).not.toContain('ready');
  });

  it('removes no container where it is not known which of them runs', async () => {
    failing(99, "'ps -q '*", 'echo new');
    expect((await run('remove_new_containers shop web yes old')).code).not.toBe(0);
    expect(host.dockerCalls().join('\n')).not.toMatch(/^(stop|rm) /m);
  });

  it('leaves no anonymous volume behind of a container that is made again', async () => {
    failing(99, '*.Mounts*', 'echo something');
    expect(
      (await run('mkdir -p "$STATE/note"; down_contents=; note_container old "$STATE/note"')).code,
    ).not.toBe(0);
    expect((await run('hand_on new volume:target')).stdout).toBe('');
  });

  it('leaves no text of a secret out of a container that is made again', async () => {
    failing(99, "'cp '* | version*", 'echo something');
    const noting = `mkdir -p "$STATE/note"; down_contents=L3J1bi9h; note_container old "$STATE/note"`;
    expect((await run(noting)).code).not.toBe(0);
    failing(1, "'cp '*", 'echo something');
    expect((await run(noting)).code).toBe(0);
    expect(host.exists(`${STATE}/note/content-1`)).toBe(false);
  });

  it('takes no container for one that goes on where it has not said so', async () => {
    failing(99, '*StopTimeout*', 'echo true');
    const { code, stderr } = await run(
      'mkdir -p "$STATE/journal/stopping"; : >"$STATE/journal/stopping/old"; start_containers old || exit 1',
    );
    expect(code).not.toBe(0);
    expect(stderr).not.toContain('goes on');
  });

  it('takes no update of a Swarm for one that has ended', async () => {
    host.write(`${STATE}/journal/swarm/settled`, 'shop_web\n');
    failing(99, "'service inspect'*", "echo 'shop_web 1/1'");
    expect((await run('swarm_unsettled shop')).code).not.toBe(0);
  });

  it('is told by the status, instead of a stack of which nothing runs', async () => {
    failing(99, "'ps '*", ':');
    const { stdout } = await host.runWhole(askingScript('records'), { MARK: 'm', DIR: '/live' });
    expect(stdout).toContain('what runs is not known: docker ps failed');
    expect(stdout).toContain('=m=end=');
  });

  it('ends no command in a Swarm that goes on, and is waited for', async () => {
    failing(
      0,
      '*',
      `case "$1 $2" in
        'service ps')
          echo x >>"$TOY/seen"
          case $(wc -l <"$TOY/seen") in
            1) echo 'Running 1 second ago' ;;
            5) echo 'Complete 1 second ago' ;;
            4) ;;
            *) ${ENGINE_IS_AWAY} ;;
          esac ;;
      esac`,
    );
    const { code } = await run(
      `swarm_keep() { mkdir -p "$STATE/journal/swarm"; }; critical() { :; }
      STACK=shop FILE={} JOB=migrate TIMEOUT=0; ${remoteScript('swarm-command')}`,
    );
    expect(code).toBe(0);
    expect(host.read('seen').trim().split('\n')).toHaveLength(5);
  });
});

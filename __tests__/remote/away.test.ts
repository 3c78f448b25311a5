import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
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
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ENGINE_IS_AWAY, SHELLS, toyHost, type ToyHost } from './host.js';

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
});

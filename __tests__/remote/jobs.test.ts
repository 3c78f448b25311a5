import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SHELLS, toyHost, type ToyHost } from './host.js';

/** `job` holds the id of the container of the service, `code` what it ends with. */
const ENGINE = `
case "$*" in
  'ps '*) cat "$TOY/job" 2>/dev/null ;;
  'start '*) [ ! -e "$TOY/refuses" ] ;;
  'wait '*) cat "$TOY/code" ;;
  'compose '*) echo made >"$TOY/job" ;;
esac`;

describe.each(SHELLS)('a job of the release that is back, with $name as sh', ({ path }) => {
  let host: ToyHost;
  beforeEach(() => {
    host = toyHost(path);
    host.answerDocker(ENGINE);
    host.write('job', 'old\n');
    host.write('code', '0\n');
  });
  afterEach(() => {
    host.remove();
  });

  const again = () =>
    host.run('set -eu\nrun_job_again 5 "$DIR" \'-p shop\' shop site', { DIR: host.root });
  const calls = () =>
    host.dockerCalls().filter((call) => !/^(?:ps|inspect|logs|version)/.test(call));

  it('is its own container, which is run to its end', async () => {
    const { code, stderr } = await again();
    expect([code, calls()]).toEqual([0, ['start old', 'wait old']]);
    expect(stderr).not.toContain('did not end well');
  });

  it('is made by Compose where somebody has removed that container', async () => {
    host.write('job', '');
    expect((await again()).code).toBe(0);
    expect(calls()).toEqual([
      'compose -p shop up --no-start --no-deps --no-recreate --no-build --pull missing --remove-orphans=false site',
      'start made',
      'wait made',
    ]);
  });

  it.each([
    [
      'ends badly',
      () => {
        host.write('code', '3\n');
      },
      '(3)',
    ],
    [
      'does not start',
      () => {
        host.write('refuses', '');
      },
      '(no exit code)',
    ],
    [
      'cannot be made',
      () => {
        host.answerDocker('case "$*" in "ps "* | version*) ;; *) exit 1 ;; esac');
      },
      '(',
    ],
  ])('is told, and holds nothing up, where it %s', async (_, fails, told) => {
    fails();
    const { code, stderr } = await again();
    expect(code).toBe(0);
    expect(stderr).toContain(`the job site did not end well ${told}`);
    expect(stderr).toContain('docker compose up --no-deps site');
  });

  it.each([
    ['fails', `case "$*" in 'ps '*) [ -e "$TOY/mended" ] || exit 1 ;; esac${ENGINE}`],
    [
      'goes away before it has ended',
      `[ -e "$TOY/mended" ] || case "$*" in 'wait '* | version*) exit 1 ;; esac${ENGINE}`,
    ],
  ])(
    'waits for an engine that %s, instead of being taken for one that is gone',
    async (_, engine) => {
      host.answerDocker(engine);
      const { code, stderr } = await again();
      expect(code).not.toBe(0);
      expect(stderr).not.toContain('did not end well');
      expect(calls().filter((call) => call.startsWith('compose'))).toEqual([]);
      host.write('mended', '');
      expect((await again()).code).toBe(0);
      expect(calls().slice(-2)).toEqual(['start old', 'wait old']);
    },
  );

  it('is stopped where it does not end', async () => {
    host.write('code', '');
    host.answerDocker(`${ENGINE}\ncase "$*" in 'wait '*) sleep 60 ;; esac`);
    const { stderr } = await host.run('set -eu\nrun_job_again 1 "$DIR" \'\' shop site', {
      DIR: host.root,
    });
    expect(calls().slice(-1)).toEqual(['stop old']);
    expect(stderr).toContain('did not end well');
  });
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { hookLines } from '../../src/rollout/hooks.js';
import { observed, services } from '../plan/observed.js';
import { SHELLS, toyHost, type ToyHost } from './host.js';

const HOOKS = services({
  api: {
    post_start: [
      { command: ['chown', '-R', "o'neill:app", '/data dir'], user: 'root', privileged: true },
      {
        command: ['sh', '-c', 'echo "$$HOME"\n# more'],
        working_dir: '/srv',
        environment: { A: 'b c', KEY: 'hunter2 "\'$$x', id: "-----BEGIN o'neill\nhunter3\n" },
      },
    ],
  },
});

describe.each(SHELLS)('the hooks of a container that starts, with $name as sh', ({ path }) => {
  let host: ToyHost;
  beforeEach(() => {
    host = toyHost(path);
    host.answerDocker(
      'case $1 in inspect) echo api ;; exec) shift; file=; for word; do [ "$file" != next ] || { file=$word; stat -c %a "$word" >>"$TOY/modes"; word="$(cat "$word")"; }; [ "$word" != --env-file ] || file=next; printf "<%s>" "$word"; done >>"$TOY/run"; printf "%s\\n" "($(printenv id))" >>"$TOY/run"; [ ! -e "$TOY/fail" ] ;; esac',
    );
  });
  afterEach(() => {
    host.remove();
  });

  const lines = hookLines({ observation: observed({ was: HOOKS }) }, [
    { service: 'api' },
    { service: 'worker' },
  ]);
  const run = () => host.run('set -eu\nrun_hooks 5 "$HOOKS" a1\necho went on', { HOOKS: lines });

  it('are run as Compose runs them, in their order', async () => {
    expect(await run()).toMatchObject({ code: 0, stdout: 'went on\n' });
    expect(host.read('run')).toBe(
      "<-u><root><--privileged><a1><chown><-R><o'neill:app></data dir>()\n" +
        '<--env-file><A=b c\nKEY=hunter2 "\'$x><-w></srv><-e><id><a1><sh><-c><echo "$HOME"\n# more>' +
        "(-----BEGIN o'neill\nhunter3)\n",
    );
  });

  it('show nothing of their environment, neither in the log nor in an argument', async () => {
    const { stderr } = await run();
    expect(stderr).toBe('runs the post_start hook 1 of api\nruns the post_start hook 2 of api\n');
    expect(host.dockerCalls().join('\n')).not.toMatch(/hunter|b c/);
    expect(host.read('modes')).toBe('600\n');
    expect(host.exists("state of o'neill/scratch/environment")).toBe(false);
  });

  it('fail the start where one of them fails', async () => {
    host.write('fail', '');
    const { code, stdout, stderr } = await run();
    expect(code).not.toBe(0);
    expect(stdout).toBe('');
    expect(stderr).toContain('a post_start hook of api failed');
  });

  it('are none where the definition has none', async () => {
    expect(hookLines({ observation: observed() }, [{ service: 'api' }])).toBe('');
    expect((await host.run('set -eu\nrun_hooks 5 "" a1')).code).toBe(0);
  });
  it('are refused where a variable cannot be handed on unseen', () => {
    const stack = services({
      api: { post_start: [{ command: ['a'], environment: { 'a.b': '1', 'c.d': 'x\ny' } }] },
    });
    expect(() =>
      hookLines({ observation: observed({ was: stack }) }, [{ service: 'api' }]),
    ).toThrow('"c.d" cannot be handed');
  });
});

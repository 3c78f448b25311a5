import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { askingScript, observationScript } from '../../src/remote/load.js';
import { parseSections } from '../../src/host/sections.js';
import { ENGINE_IS_AWAY, SHELLS, toyHost, type ToyHost } from './host.js';

/** An engine that takes a question, and never answers it, where `hung` names the first word of one. */
const ENGINE = `
if grep -qxe "$1" "$TOY/hung"; then exec sleep 300; fi
case "$1 $2" in
  'compose config') printf '{\\n  "name": "shop"\\n}\\n' ;;
  *) echo "$1 of \${RESEE_VALUE-nothing}" ;;
esac`;
const SECONDS = 'export RESEE_ENGINE_SECONDS=1\n';

describe.each(SHELLS)('an engine that hangs, with $name as sh', ({ path }) => {
  let host: ToyHost;
  beforeEach(() => {
    host = toyHost(path);
    host.answerDocker(ENGINE);
  });
  afterEach(() => {
    host.remove();
  });
  const hang = (...words: readonly string[]): void => {
    host.write('hung', words.map((word) => `${word}\n`).join(''));
  };

  it('is not waited for without end by who asks it, and what it was asked is told', async () => {
    hang('inspect', 'image');
    for (const question of ['inspect a1', 'image ls']) {
      const { code, stdout, stderr } = await host.runWhole(
        `${SECONDS}. "$LIBRARY/lib.sh"\ndocker ${question}`,
      );
      expect(code).toBe(124);
      expect(stdout).toBe('');
      const word = question.split(' ', 1).join();
      expect(stderr).toBe(`the Docker Engine did not answer within 1 s: docker ${word}\n`);
    }
  });

  it('has not answered either where the program had to be killed', async () => {
    host.answerDocker('kill -KILL "$$"');
    const { code, stderr } = await host.run('docker inspect a1');
    expect(code).toBe(124);
    expect(stderr).toContain('did not answer within');
  });

  it('is asked as it was: what it prints and returns comes, with variables before it', async () => {
    hang('nothing');
    const { stdout } = await host.run('export RESEE_VALUE=1; docker ps; docker build .');
    expect(stdout).toBe('ps of 1\nbuild of 1\n');
    host.answerDocker('echo "no such object: $2" >&2; exit 3');
    const { code, stderr } = await host.run('docker inspect a1');
    expect([code, stderr]).toEqual([3, 'no such object: a1\n']);
  });

  it('is asked beside the sign of life, which keeps the lease whatever it answers', async () => {
    const give = `fence=$(lease_take run 60)\necho 1 >"$STATE/lease/expires"\nsign_of_life "$fence" 60`;
    for (const [word, answered] of [
      ['ps', 124],
      ['nothing', 0],
    ] as const) {
      hang(word);
      const { code, stdout, stderr } = await host.runWhole(
        `${SECONDS}. "$LIBRARY/lib.sh"\n${give}\ncode=$?\nlease_expired && echo expired\nlease_release "$fence"\nexit "$code"`,
      );
      expect([code, stdout, stderr]).toEqual([answered, '', '']);
    }
  });

  it('is told by the look at the host, whichever question it does not answer', async () => {
    for (const word of ['version', 'image']) {
      hang(word);
      const { code, stdout } = await host.runWhole(SECONDS + observationScript(), {
        ...{ MARK: 'm', DIR: host.path('live'), RUN: 'run-1', REMOTE: host.path('origin.git') },
        ...{ BRANCH: 'main', REF: 'refs/heads/main', SHA: '0'.repeat(40), TOKEN: '' },
        ...{ TOKEN_FOR: '', COMPOSE: '', VARIABLES: '', EDGE_CONFIG: '', ENV_PATH: '' },
      });
      expect(code).toBe(0);
      expect(parseSections(stdout, 'm').get('unanswered')?.trim()).toBe(`1 ${word}`);
    }
  });

  it('is told by the status, instead of a stack of which nothing runs', async () => {
    hang('ps');
    const { stdout } = await host.runWhole(SECONDS + askingScript('records'), {
      MARK: 'm',
      DIR: host.path('live'),
    });
    expect(parseSections(stdout, 'm').get('running')).toContain(
      'what runs is not known: the Docker Engine did not answer within 1 s (docker ps)',
    );
    expect(stdout).toContain('=m=end=');
  });

  it('is no matter to the status, which lists what was started from the stack’s directory or below', async () => {
    host.answerDocker(`[ "$1" = ps ] || exit 0
case "$*" in *stack.namespace*) exit ;; esac
printf '%s/\\t%s\\n' "$TOY/live" 'api  one  Up' "$TOY/live/deploy" 'web  two  Up' "$TOY/live-other" 'other  three  Up'`);
    const { stdout } = await host.runWhole(SECONDS + askingScript('records'), {
      MARK: 'm',
      DIR: host.path('live'),
    });
    expect(parseSections(stdout, 'm').get('running')?.trim()).toBe('api  one  Up\nweb  two  Up');
  });

  it('ends the look at a Swarm, which says why', async () => {
    hang('node');
    const { code, stdout, stderr } = await host.runWhole(SECONDS + askingScript('swarm-look'), {
      ...{ MARK: 'm', STACK: 'shop', FILES: '' },
    });
    expect(code).toBe(124);
    expect(stdout).not.toContain('=end=');
    expect(stderr).toContain('did not answer within 1 s: docker node');
  });

  it('ends the look at a Swarm where it fails, instead of one that runs nothing', async () => {
    host.answerDocker(`[ "$1" != ps ] || { ${ENGINE_IS_AWAY}; }\n${ENGINE}`);
    hang('nothing');
    const { code, stdout } = await host.runWhole(askingScript('swarm-look'), {
      ...{ MARK: 'm', STACK: 'shop', FILES: '' },
    });
    expect(code).toBe(1);
    expect(stdout).not.toContain('=end=');
  });
});

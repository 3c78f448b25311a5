import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { statSync } from 'node:fs';
import { commandLine } from '../../src/host/quote.js';
import { commandWords } from '../../src/plan/compose/commands.js';
import { remoteScript } from '../../src/remote/load.js';
import { SHELLS, toyHost, type ToyHost } from './host.js';

/** Compose as it is asked: `config` prints a stack whose services have a policy, `run` keeps what it reads. */
const COMPOSE = `
case "$*" in
  *' config') printf 'name: shop\\nservices:\\n  api:\\n    image: app\\n    pull_policy: build\\n    tty: true\\n' ;;
  *' -f - run '*) cat >"$TOY/stack" ;;
esac`;

describe.each(SHELLS)('the image that was decided, with $name as sh', ({ path: shell }) => {
  let host: ToyHost;
  beforeEach(() => {
    host = toyHost(shell);
    host.answerDocker(COMPOSE);
  });
  afterEach(() => {
    host.remove();
  });

  const run = (policy: string) =>
    host.run(remoteScript('command'), {
      DIR: host.root,
      COMPOSE: "-f 'a b.yaml'",
      VARIABLES: '',
      SERVICE: 'api',
      WORDS: commandLine(commandWords('echo "$HOME"')),
      NAME: 'it',
      POLICY: policy,
    });

  it('is created, not built or pulled anew', async () => {
    const { code } = await host.run(remoteScript('up'), {
      ...{
        DIR: host.root,
        COMPOSE: '',
        VARIABLES: '',
        SCALES: '--scale api=2',
        SERVICES: "'api'",
        NEEDED: 'api',
      },
      ...{ PROJECT: 'shop', KNOWN: '', REMOVE: '', RESUME: '' },
      ...{ LOGINS_OF: '', AUTHS: '', HELPERS: '' },
    });
    expect(code).toBe(0);
    expect(host.dockerCalls()).toContain(
      'compose up --no-start --no-recreate --no-build --pull missing --remove-orphans=false --scale api=2 api',
    );
  });

  it.each([
    ['goes on where Docker removes it already', 'gone', 0],
    ['does not begin where Docker cannot remove it', 'busy', 1],
  ])(
    '%s: a container of an earlier run',
    async (_, state, code) => {
      host.answerDocker(`case "$1" in
  rm) echo "removal of container old is already in progress" >&2; touch "$TOY/asked"; exit 1 ;;
  inspect) if [ -e "$TOY/asked" ] && [ ${state} = gone ]; then echo 'No such object: old' >&2; exit 1; fi ;;
esac`);
      const given = { DIR: host.root, COMPOSE: '', VARIABLES: '', SCALES: '', SERVICES: 'api' };
      const result = await host.run(`set -eu\n${remoteScript('up')}`, {
        ...given,
        ...{ NEEDED: 'api', PROJECT: 'shop', KNOWN: '', REMOVE: 'old', RESUME: '' },
        ...{ LOGINS_OF: '', AUTHS: '', HELPERS: '', HANDED: '' },
      });
      expect(result.code).toBe(code);
      if (code !== 0) expect(result.stderr).toContain('docker rm --force old');
    },
    20_000,
  );

  it('is what comes again where a container with a fixed name was removed, started by Compose', async () => {
    host.answerDocker('case $1 in ps) echo a1 ;; inspect) cat "$TOY/state" ;; esac');
    host.write('state', 'true false 0\n');
    const again = () => host.run('set -eu\ncreate_again "$DIR" \'\' shop api', { DIR: host.root });
    expect((await again()).code).toBe(0);
    expect(host.dockerCalls().filter((call) => call.startsWith('compose'))).toEqual([
      'compose up --no-start --no-recreate --no-build --pull missing --remove-orphans=false api',
      'compose up -d --no-deps --no-recreate --no-build --pull missing --remove-orphans=false api',
    ]);
    host.write('state', 'true true 3\n');
    const { code, stderr } = await again();
    expect(code).not.toBe(0);
    expect(stderr).toContain('a1 was created again, and does not stay up');
  });

  it('runs a command, also where a policy asks for another', async () => {
    expect((await run('yes')).code).toBe(0);
    expect(host.read('stack')).toBe(
      'name: shop\nservices:\n  api:\n    image: app\n    tty: true\n',
    );
    expect(host.dockerCalls().at(-1)).toBe(
      `compose --project-directory ${host.root} -f - run --rm --no-deps -T --name it api sh -c echo "$HOME"`,
    );
  });

  it('runs a command as the files say where no policy does', async () => {
    expect((await run('no')).code).toBe(0);
    expect(host.dockerCalls()).toEqual([
      'compose -f a b.yaml run --rm --no-deps -T --name it api sh -c echo "$HOME"',
    ]);
  });
});

describe.each(SHELLS)('what a new container has of configs and secrets, with $name as sh', (sh) => {
  let host: ToyHost;
  beforeEach(() => {
    host = toyHost(sh.path);
    host.answerDocker(`
case $1 in
  inspect) for last; do :; done; echo "\${last%-*}" ;;
  cp) mkdir -p "$TOY/$3" && tar -C "$TOY/$3" -xpf - ;;
esac`);
  });
  afterEach(() => {
    host.remove();
  });

  it('is put there for its own service, with its mode', async () => {
    const encoded = (text: string) => Buffer.from(text).toString('base64');
    const line = (service: string, mode: string, target: string, text: string) =>
      [service, mode, '0', '0', encoded(target), encoded(text)].join(' ');
    const CONTENTS = [
      line('web', '400', '/run/secrets/a b', "it's\n$HOME\n"),
      line('api', '444', '/other', 'x'),
      line('web', '444', '/empty', ''),
    ].join('\n');
    const { code } = await host.run('set -eu\nput_contents "$CONTENTS" web-1 web-2', { CONTENTS });
    expect(code).toBe(0);
    expect(host.read('web-2:/run/secrets/a b')).toBe("it's\n$HOME\n");
    expect(statSync(host.path('web-1:/run/secrets/a b')).mode & 0o777).toBe(0o400);
    expect(host.read('web-1:/empty')).toBe('');
    expect(host.exists('web-1:/other')).toBe(false);
  });

  it.each(['/../../../outside', '../../../outside', 'a/../../../../outside', '/a\nb'])(
    'is laid out in no other place for the target %j',
    async (target) => {
      const encoded = Buffer.from(target).toString('base64');
      const CONTENTS = `web 444 0 0 ${encoded} eA==`;
      const { code, stderr } = await host.run('set -eu\nput_contents "$CONTENTS" web-1', {
        CONTENTS,
      });
      expect(code).not.toBe(0);
      expect(stderr).toContain('no plain path of the container');
      expect(host.exists('outside')).toBe(false);
      expect(host.exists("state of o'neill/outside")).toBe(false);
    },
  );

  it('comes to a target that looks like an option', async () => {
    const CONTENTS = `web 444 0 0 ${Buffer.from('/--help').toString('base64')} eA==`;
    const { code } = await host.run('set -eu\nput_contents "$CONTENTS" web-1', { CONTENTS });
    expect(code).toBe(0);
    expect(host.read('web-1:/--help')).toBe('x');
  });

  it('fails where the engine does', async () => {
    host.answerDocker('case $1 in inspect) echo web ;; *) cat >/dev/null; exit 1 ;; esac');
    const CONTENTS = 'web 444 0 0 L2E= eA==';
    const { code } = await host.run('set -eu\nput_contents "$CONTENTS" 1', { CONTENTS });
    expect(code).not.toBe(0);
  });
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
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
      COMMAND: 'echo "$HOME"',
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
      'compose up --no-start --no-recreate --no-build --pull missing --scale api=2 api',
    );
  });

  it('is what comes again where a container with a fixed name was removed', async () => {
    await host.run('create_again "$DIR" \'\' shop api', { DIR: host.root });
    expect(host.dockerCalls()).toContain(
      'compose up --no-start --no-recreate --no-build --pull missing api',
    );
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

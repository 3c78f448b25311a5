import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { lstatSync } from 'node:fs';
import { variablesBefore, variablesFile } from '../../src/host/state.js';
import { remoteScript } from '../../src/remote/load.js';
import { SHELLS, toyHost, type ToyHost } from './host.js';

const STATE = "state of o'neill";
const VARIABLES = { TAG: 'v 2', QUOTED: '"$HOME" `id` ${X} & ; # * é', EMPTY: '' };
const TOLD = `TAG=<v 2> QUOTED=<${VARIABLES.QUOTED}> EMPTY=<>`;

/** An engine that tells the variables which a command of Compose is given. */
const ENGINE = `
case $1 in
  compose) echo "TAG=<\${TAG-unset}> QUOTED=<\${QUOTED-unset}> EMPTY=<\${EMPTY-unset}>" >>"$TOY/told" ;;
  ps) echo ;;
esac`;

describe.each(SHELLS)('variables of a release, with $name as sh', ({ path: shell }) => {
  let host: ToyHost;
  beforeEach(() => {
    host = toyHost(shell);
    host.answerDocker(ENGINE);
    host.write(`${STATE}/lease/fence`, '1\n');
    host.write('live/compose.yaml', '');
  });
  afterEach(() => {
    host.remove();
  });

  const told = (): string => (host.exists('told') ? host.read('told').trim() : '');
  const given = {
    DIR: '',
    STAGE: '',
    COMPOSE: '',
    VARIABLES: variablesBefore(VARIABLES),
    LOGINS_OF: 'run',
    AUTHS: '',
    HELPERS: '',
  };
  const places = () => ({ ...given, DIR: host.path('live'), STAGE: host.path('live') });

  it.each([
    ['build', { VERB: 'build', BASES: '', SERVICES: 'api', REFERENCES: '', ROOM: '' }],
    [
      'up',
      {
        SCALES: '',
        SERVICES: 'api',
        NEEDED: '',
        PROJECT: 'shop',
        KNOWN: '',
        REMOVE: '',
        RESUME: '',
        HANDED: '',
      },
    ],
    ['command', { SERVICE: 'api', WORDS: 'true', NAME: 'once', POLICY: '' }],
  ])('are the environment of Compose in %s, and of nothing else', async (name, more) => {
    const script = `set -eu\n${remoteScript(name)}\ndocker compose ps`;
    const { code, stderr } = await host.run(script, { ...places(), ...more });
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('v 2')]);
    expect(told().split('\n')).toEqual([TOLD, 'TAG=<unset> QUOTED=<unset> EMPTY=<unset>']);
    expect(host.dockerCalls().join('\n')).not.toContain('v 2');
  });

  const finish = (forward: string) =>
    host.run(`set -eu\n${remoteScript('finish')}`, {
      CANDIDATES: '',
      FORWARD: forward,
      RECORD: '{}',
      DIR: '',
      ENV_PATH: '',
      VARIABLES_FILE: variablesFile(VARIABLES),
      STAGE: host.path('live'),
      LAST_PATHS: '',
    });

  it('stand in a file of its own once the release is finished', async () => {
    const { code } = await finish('keep_variables\nend_journal');
    expect(code).toBe(0);
    expect(host.read(`${STATE}/variables.env`)).toBe(
      `TAG='v 2'\nQUOTED='${VARIABLES.QUOTED}'\nEMPTY=''\n`,
    );
    expect(lstatSync(host.path(`${STATE}/variables.env`)).mode & 0o777).toBe(0o600);
    // As a person reads it.
    await host.run('set -a; . "$STATE/variables.env"; set +a; docker compose ps');
    expect(told()).toBe(TOLD);
  });

  it('are kept once, however often finishing is tried', async () => {
    const failed = await finish('keep_variables\ntest -e "$STATE/repaired"\nend_journal');
    expect(failed.code).not.toBe(0);
    host.write(`${STATE}/repaired`, '');
    expect((await host.run('abort_now')).code).toBe(0);
    expect(host.read(`${STATE}/variables.env`)).toContain("TAG='v 2'\n");
  });

  it('stay those of the old release until then: an undo makes its container again with them', async () => {
    host.write(`${STATE}/variables.env`, `${variablesFile(VARIABLES)}\n`);
    const undo = 'create_again "$DIR" "" shop api';
    expect((await host.run(`set -eu\n${undo}`, places())).code).toBe(0);
    expect(told().split('\n')).toEqual([TOLD, TOLD]);
  });

  it('are none where a host never had any', async () => {
    const { stdout } = await host.run('set -eu\nprintf "<%s>" "$(kept_variables)"');
    expect(stdout).toBe('<>');
  });
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chmodSync, lstatSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { SHELLS, toyHost, type ToyHost } from './host.js';

const STATE = "state of o'neill";
const OLD = 'A=old\nNO_NEWLINE="é"';
const NEW = 'A=new\nB=a longer text than before\n';

describe.each(SHELLS)('the .env of a release, with $name as sh', ({ path: shell }) => {
  let host: ToyHost;
  beforeEach(() => {
    host = toyHost(shell);
    mkdirSync(host.path('live'));
    host.write('stage/.env', NEW);
    chmodSync(host.path('stage/.env'), 0o600);
    host.write('stage/config/app.env', NEW);
  });
  afterEach(() => {
    host.remove();
  });

  const places = (path = '.env') => ({
    LIVE: host.path('live'),
    STAGE: host.path('stage'),
    ENV: path,
  });
  const INSTALL = 'set -eu\ninstall_env_file "$LIVE" "$STAGE" "$ENV"';
  const RESTORE = 'set -eu\nrestore_env_file "$LIVE" "$ENV"';
  const succeeds = async (script: string, path?: string): Promise<void> => {
    const { code, stderr } = await host.run(script, places(path));
    expect([code, stderr]).toEqual([0, '']);
  };
  const mode = (name: string): number => lstatSync(host.path(name)).mode & 0o777;

  it('comes with mode 600, and the old text and mode come back, twice', async () => {
    host.write('live/.env', OLD);
    chmodSync(host.path('live/.env'), 0o640);
    await succeeds(INSTALL);
    expect([host.read('live/.env'), mode('live/.env')]).toEqual([NEW, 0o600]);
    for (const time of ['once', 'twice']) {
      await succeeds(RESTORE);
      expect([time, host.read('live/.env'), mode('live/.env')]).toEqual([time, OLD, 0o640]);
    }
    expect(readdirSync(host.path('live'))).toEqual(['.env']);
  });

  it('goes again where there was none, with the directory that was made for it', async () => {
    await succeeds(INSTALL, 'config/app.env');
    expect(host.read('live/config/app.env')).toBe(NEW);
    await succeeds(RESTORE, 'config/app.env');
    expect(readdirSync(host.path('live'))).toEqual([]);
  });

  it('goes where the release had none, and comes back', async () => {
    host.write('live/.env', OLD);
    rmSync(host.path('stage/.env'));
    await succeeds(INSTALL);
    expect(host.exists('live/.env')).toBe(false);
    await succeeds(RESTORE);
    expect(host.read('live/.env')).toBe(OLD);
  });

  it.each([
    ['config/app.env', 'config', 'elsewhere'],
    ['.env', '.env', 'elsewhere/app.env'],
  ])('reads and writes nothing through a link: %s', async (path, link, target) => {
    host.write('elsewhere/app.env', OLD);
    symlinkSync(host.path(target), host.path(`live/${link}`));
    for (const script of [INSTALL, 'set -eu\njournal_env_file "$LIVE" "$STAGE" "$ENV"']) {
      const { code, stderr } = await host.run(script, places(path));
      expect([code, stderr]).toEqual([1, expect.stringContaining(`/${link} is a symbolic link`)]);
    }
    expect(host.exists(`${STATE}/journal/env-file/before`)).toBe(false);
    expect(readdirSync(host.path('elsewhere'))).toEqual(['app.env']);
    expect(host.read('elsewhere/app.env')).toBe(OLD);
  });

  it('is not taken back, or removed, through a link', async () => {
    await succeeds(INSTALL, 'config/app.env');
    rmSync(host.path('live/config'), { recursive: true });
    host.write('elsewhere/app.env', OLD);
    symlinkSync(host.path('elsewhere'), host.path('live/config'));
    expect((await host.run(RESTORE, places('config/app.env'))).code).toBe(1);
    expect(host.read('elsewhere/app.env')).toBe(OLD);
  });

  it('is not touched where the staged tree is gone', async () => {
    host.write('live/.env', OLD);
    rmSync(host.path('stage'), { recursive: true });
    const { code, stderr } = await host.run(INSTALL, places());
    expect([code, stderr]).toEqual([1, expect.stringContaining('is gone')]);
    expect(host.read('live/.env')).toBe(OLD);
  });

  /** Every command that writes dies at the Nth call, with all that runs: before it, half-way, or just after it. */
  const dieAt = (call: number, when: 'before' | 'half-way' | 'after'): void => {
    host.write('calls', '0\n');
    for (const command of ['cp', 'mv', 'rm', 'mkdir', 'sync', 'chmod', 'rmdir']) {
      host.answer(
        command,
        `read -r calls <"$TOY/calls"; calls=$((calls + 1)); echo "$calls" >"$TOY/calls"
         if [ "$calls" = ${String(call)} ]; then
           case ${when} in
             half-way) [ ${command} != cp ] || { for last; do from=\${to-}; to=$last; done; head -c 3 "$from" >"$to"; } ;;
             after) /bin/${command} "$@" ;;
           esac
           kill -9 0
         fi
         exec /bin/${command} "$@"`,
      );
    }
  };
  const live = (): void => {
    for (const command of ['cp', 'mv', 'rm', 'mkdir', 'sync', 'chmod', 'rmdir'])
      rmSync(host.path(`bin/${command}`), { force: true });
  };
  /** Lets `script` die at each of its commands; `check` is asked after each death. */
  async function killedAtEach(
    script: string,
    again: () => void | Promise<void>,
    check: (at: string) => void | Promise<void>,
  ): Promise<number> {
    let deaths = 0;
    for (const when of ['before', 'half-way', 'after'] as const) {
      for (let call = 1; ; call += 1) {
        await again();
        dieAt(call, when);
        const { code } = await host.run(script, places());
        live();
        if (code === 0) break;
        deaths += 1;
        await check(`${when} command ${String(call)}`);
      }
    }
    return deaths;
  }
  const startOver = (): void => {
    rmSync(host.path(`${STATE}/journal`), { recursive: true, force: true });
    rmSync(host.path('live'), { recursive: true });
    host.write('live/.env', OLD);
  };

  it('is whole whenever its coming is killed, and the old one comes back', async () => {
    const deaths = await killedAtEach(INSTALL, startOver, async (at) => {
      expect([at, [OLD, NEW].includes(host.read('live/.env'))]).toEqual([at, true]);
      await succeeds(RESTORE);
      expect([at, host.read('live/.env')]).toEqual([at, OLD]);
      expect([at, readdirSync(host.path('live'))]).toEqual([at, ['.env']]);
    });
    expect(deaths).toBeGreaterThan(12);
  });

  it('is whole whenever its going back is killed, and goes back when it is tried again', async () => {
    const installed = async (): Promise<void> => {
      startOver();
      await succeeds(INSTALL);
    };
    const deaths = await killedAtEach(RESTORE, installed, async (at) => {
      expect([at, [OLD, NEW].includes(host.read('live/.env'))]).toEqual([at, true]);
      await succeeds(RESTORE);
      expect([at, host.read('live/.env')]).toEqual([at, OLD]);
    });
    expect(deaths).toBeGreaterThan(8);
  });

  const KEEP = 'set -eu\nkeep_env_file "$ENV" 2-b own';
  const finished = async (): Promise<void> => {
    startOver();
    rmSync(host.path(`${STATE}/releases`), { recursive: true });
    host.write(`${STATE}/releases/1-a.json`, '{}');
    await succeeds(`${INSTALL}\njournal_env_file "$LIVE" "$STAGE" "$ENV"`);
  };
  const kept = (): void => {
    expect(host.read(`${STATE}/releases/1-a.env`)).toBe(OLD);
    expect(host.read(`${STATE}/releases/2-b.env`)).toBe(NEW);
    expect(mode(`${STATE}/releases/1-a.env`)).toBe(0o600);
    expect(mode(`${STATE}/releases/2-b.env`)).toBe(0o600);
    expect(host.read(`${STATE}/releases/1-a.env-path`)).toBe('.env\n');
    expect(host.read(`${STATE}/releases/2-b.env-path`)).toBe('.env\n');
  };

  it('is kept beside the record, and the host’s own beside that of the release before', async () => {
    await finished();
    await succeeds(KEEP);
    kept();
    host.write(`${STATE}/releases/2-b.json`, '{}');
    await host.run('forget_release 1-a.json');
    expect(readdirSync(host.path(`${STATE}/releases`)).sort()).toEqual([
      '2-b.env',
      '2-b.env-path',
      '2-b.json',
    ]);
  });

  it('is kept whole, whenever finishing is killed and tried again', async () => {
    const deaths = await killedAtEach(KEEP, finished, async () => {
      await succeeds(KEEP);
      kept();
    });
    expect(deaths).toBeGreaterThan(15);
  });

  it('is none of a release that goes back to the host’s own, however often it is finished', async () => {
    await finished();
    host.write(`${STATE}/releases/1-a.env-path`, '.env\n');
    host.write(`${STATE}/releases/2-b.json`, '{}');
    await succeeds('set -eu\nkeep_env_file "$ENV" 2-b host');
    expect(host.exists(`${STATE}/releases/2-b.env-path`)).toBe(false);
    expect(host.exists(`${STATE}/releases/1-a.env`)).toBe(false);
  });
});

import { readdirSync, statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { forgetScript, observationScript, remoteScript } from '../../src/remote/load.js';
import { SHELLS, toyHost, until, type Running, type ToyHost } from './host.js';

const STATE = "state of o'neill";
const SECRET = 'correct horse battery staple';

/** Every docker command tells a secret, and takes its time where there is a file `slow`. */
const ENGINE = `
[ ! -e "$TOY/slow" ] || sleep 0.2
case "$1 $2" in
  'version --format') echo '{"Version":"28.0"}' ;;
  'compose version') echo 2.40.0 ;;
  compose*) echo '{"name": "live",'; echo '  "name": "live",'; echo '"services":{"api":{"environment":{"A":"${SECRET}"}}}}' ;;
  *) echo '${SECRET}' ;;
esac`;

describe.each(SHELLS)('what scripts leave for a moment, with $name as sh', ({ path }) => {
  let host: ToyHost;
  beforeEach(() => {
    host = toyHost(path);
    host.answerDocker(ENGINE);
  });
  afterEach(() => {
    host.remove();
  });
  const scratch = (): readonly string[] =>
    host.exists(`${STATE}/scratch`) ? readdirSync(host.path(`${STATE}/scratch`)) : [];

  it('is read by nobody else, and goes with the script', async () => {
    const { stdout } = await host.run(
      `told() { stat -c %a "$scratch"; dirname "$scratch"; : >"$scratch/x"; }; with_scratch told`,
    );
    expect(stdout).toBe(`700\n${host.state}/scratch\n`);
    expect(scratch()).toEqual([]);
  });

  it('gives the exit code of what it was for', async () => {
    const { stdout } = await host.run(
      'seven() { return 7; }; with_scratch seven || echo "$?"; set -e; with_scratch seven; echo never',
    );
    expect(stdout).toBe('7\n');
  });

  it.each(['HUP', 'INT', 'TERM', 'PIPE'])('goes with the script on SIG%s', async (signal) => {
    const script = `
      # A shell that was started in the background ignores this one, and cannot take it back.
      hold() { : >"$STATE/held"; while :; do sleep 0.05; done; }
      with_scratch hold`;
    const running = host.start(script);
    await until(() => host.exists(`${STATE}/held`));
    expect(scratch()).toHaveLength(1);
    process.kill(-running.pid, signal === 'PIPE' ? 'SIGPIPE' : `SIG${signal}`);
    await running.ended;
    expect(scratch()).toEqual([]);
  });

  it('goes with whoever comes next where the script was killed, and not while it runs', async () => {
    const hold = 'hold() { : >"$STATE/held"; sleep 30; }; with_scratch hold';
    const running = host.start(hold);
    await until(() => host.exists(`${STATE}/held`));
    await host.run('sweep_scratch');
    expect(scratch()).toHaveLength(1);
    running.kill();
    await running.ended;
    expect(scratch()).toHaveLength(1);
    await host.run('sweep_scratch');
    expect(host.exists(`${STATE}/scratch`)).toBe(false);
  });

  it('holds what is put into a container no longer than that takes', async () => {
    const text = Buffer.from(SECRET).toString('base64');
    const line = `api 400 0 0 ${Buffer.from('/run/secrets/x').toString('base64')} ${text}\n`;
    host.answerDocker(`
      case $1 in
        inspect) echo api ;;
        cp) : >"$TOY/copying"; sleep 30 ;;
      esac`);
    const running = host.start('put_contents "$CONTENTS" c1', { CONTENTS: line });
    await until(() => host.exists('copying'));
    expect(statSync(host.path(`${STATE}/scratch`)).mode & 0o777).toBe(0o700);
    process.kill(-running.pid, 'SIGTERM');
    await running.ended;
    expect(scratch()).toEqual([]);
  });

  describe('of a look at the host', () => {
    const variables = () => ({
      MARK: 'mark',
      DIR: host.path('live'),
      RUN: 'run-1',
      REMOTE: host.path('origin.git'),
      BRANCH: 'main',
      REF: 'refs/heads/main',
      SHA: sha,
      TOKEN: '',
      TOKEN_FOR: '',
      COMPOSE: '',
      VARIABLES: '',
      EDGE_CONFIG: '',
      ENV_PATH: '.env',
      ENV_TEXT: `SECRET='${SECRET}'\n`,
      ENV_FROM: '',
    });
    let sha = '';
    beforeEach(async () => {
      const { stdout } = await host.runWhole(`
        cd ${quoted(host.root)} && git init -q -b main origin.git && cd origin.git &&
        : >compose.yaml && git add -A && git -c user.name=a -c user.email=a@b commit -qm one && git rev-parse HEAD`);
      sha = stdout.trim();
      expect(sha).toMatch(/^[0-9a-f]{40}$/);
    });
    const quoted = (text: string): string => `'${text}'`;
    const look = (): Running => {
      const all = Object.entries({ ...variables(), TEXT: observationScript() });
      return host.start('eval "$TEXT"', Object.fromEntries(all));
    };
    /** Files below the state directory, and in memory, that hold the secret. */
    const holding = async (): Promise<string> => {
      const { stdout } = await host.runWhole(`grep -rlF '${SECRET}' "$STATE" || :`);
      return stdout;
    };

    it('stays for the run alone, and is the staged tree', async () => {
      const { code, stdout, stderr } = await look().ended;
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toContain('=mark=end=');
      expect(await holding()).toMatch(/^\S[^\n]*stage\/run-1\/staged-root[^\n]*\.env\n$/);
      expect(scratch()).toEqual([]);
    });

    it('is gone where it is ended at any moment', async () => {
      host.write('slow', '');
      for (let ms = 100; ms < 2_500; ms += 300) {
        const running = look();
        await new Promise((resolve) => setTimeout(resolve, ms + Math.random() * 100));
        try {
          process.kill(-running.pid, 'SIGTERM');
        } catch {
          // It was quicker.
        }
        const { stdout } = await running.ended;
        if (!stdout.includes('=mark=end=')) expect(await holding()).toBe('');
        await host.runWhole(forgetScript(), { RUN: 'run-1' });
      }
    }, 60_000);

    it('goes with `forget` where it was killed at any moment, or goes on', async () => {
      host.write('slow', '');
      for (let ms = 100; ms < 2_500; ms += 500) {
        const running = look();
        await new Promise((resolve) => setTimeout(resolve, ms + Math.random() * 100));
        if (Math.random() < 0.5) running.kill();
        else await until(() => host.exists(`${STATE}/stage/run-1/session`));
        await host.runWhole(forgetScript(), { RUN: 'run-1' });
        await running.ended;
        expect(await holding()).toBe('');
        expect(scratch()).toEqual([]);
        expect(host.exists(`${STATE}/stage/run-1`)).toBe(false);
      }
    }, 60_000);

    it.each([
      ['a ref of its own', 'refs/resee-deploy/run-1/branch.lock'],
      ['all refs', 'packed-refs.lock'],
    ])('works, and forgets, where a killed git has left the lock of %s', async (_of, lock) => {
      await look().ended;
      await host.runWhole(forgetScript(), { RUN: 'run-1' });
      host.write(`${STATE}/repository.git/${lock}`, '');
      expect((await look().ended).stdout).toContain('=mark=end=');
      await host.runWhole(forgetScript(), { RUN: 'run-1' });
      expect(host.exists(`${STATE}/repository.git/${lock}`)).toBe(false);
      expect(host.exists(`${STATE}/repository.git/refs/resee-deploy/run-1/branch`)).toBe(false);
    });

    it('works where git was killed while it made the repository', async () => {
      host.write(`${STATE}/repository.git/config.lock`, '');
      host.write(`${STATE}/repository.git/objects/pack/keep`, '');
      expect((await look().ended).stdout).toContain('=mark=end=');
      expect(host.exists(`${STATE}/repository.git/config.lock`)).toBe(false);
    });

    it('goes with the next look where its session has died, unless somebody may need it', async () => {
      await look().ended;
      const next = async (): Promise<void> => {
        await host.start('RUN=run-2; eval "$TEXT"', { ...variables(), TEXT: observationScript() })
          .ended;
      };
      host.write(`${STATE}/lease/owner`, 'somebody\n');
      await next();
      expect(host.exists(`${STATE}/stage/run-1`)).toBe(true);
      await host.runWhole('rm -rf "$STATE/lease"');
      await next();
      expect(host.exists(`${STATE}/stage/run-1`)).toBe(false);
      expect(host.exists(`${STATE}/stage/run-2`)).toBe(true);
    });
  });

  it('goes with the handing back of the stack', async () => {
    host.write(`${STATE}/lease/fence`, '7\n');
    const hold =
      'note_process "$$" "$STATE/stage/run-1/session"; hold() { : >"$STATE/held"; sleep 30; }; with_scratch hold';
    host.write(`${STATE}/stage/run-1/a`, '');
    const running = host.start(hold);
    await until(() => host.exists(`${STATE}/held`));
    const { code } = await host.runWhole(remoteScript('hand-back'), { FENCE: '7', RUN: 'run-1' });
    expect(code).toBe(0);
    await running.ended;
    expect(scratch()).toEqual([]);
    expect(host.exists(`${STATE}/stage/run-1`)).toBe(false);
  });
});

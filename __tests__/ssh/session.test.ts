import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { connect } from '../../src/ssh/connect.js';
import type { Connection } from '../../src/ssh/connect.js';
import { SessionLostError } from '../../src/ssh/session.js';
import type { Session } from '../../src/ssh/session.js';
import { inputsFor, newKey, realClock, recordedLog, startServer } from './server.js';
import type { TestServer, TestServerOptions } from './server.js';

const user = newKey();
let server: TestServer;
let connection: Connection;
let session: Session;

/** @param skips which sleeps are over at once */
async function open(
  options: Partial<TestServerOptions> = {},
  skips: (ms: number) => boolean = () => false,
): Promise<void> {
  server = await startServer({ authorizedKeys: [user.public], ...options });
  connection = await connect(inputsFor(server, user.private), {
    log: recordedLog(),
    clock: {
      ...realClock,
      sleep: (ms, signal) => (skips(ms) ? Promise.resolve() : realClock.sleep(ms, signal)),
    },
  });
}

afterEach(async () => {
  await connection.close();
  await server.close();
});

/** A promise, and the function that resolves it. */
function gate(): { passed: Promise<void>; pass: () => void } {
  let pass = (): void => undefined;
  const passed = new Promise<void>((resolve) => {
    pass = resolve;
  });
  return { passed, pass };
}

describe('a session', () => {
  beforeEach(async () => {
    await open();
    session = await connection.openSession();
  });

  it('gives the exit code, stdout and stderr of a script', async () => {
    const result = await session.run('echo out; echo err >&2; exit 3');
    expect(result).toEqual({ code: 3, stdout: 'out\n', stderr: 'err\n' });
  });

  it('keeps output without a last newline apart from the next command', async () => {
    expect((await session.run('printf a; printf b >&2')).stdout).toBe('a');
    expect(await session.run('printf c')).toEqual({ code: 0, stdout: 'c', stderr: '' });
    expect(await session.run('')).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('takes blank lines at the end, and only they, as they are', async () => {
    expect((await session.run('printf "%s" "a\n\n\n"')).stdout).toBe('a\n\n\n');
    expect((await session.run("cat <<'END'\n a 'b' \"c\" $d \\\n\nEND\n")).stdout).toBe(
      ' a \'b\' "c" $d \\\n\n',
    );
    expect((await session.run("cat <<'END'\nx\nEND")).stdout).toBe('x\n');
  });

  it('survives a syntax error, set -eu, an unset variable, and exec', async () => {
    expect((await session.run('if then fi (')).code).not.toBe(0);
    expect((await session.run('set -eu; false; echo never')).code).not.toBe(0);
    expect((await session.run('set -u; echo "$not_set"; echo never')).stdout).toBe('');
    expect((await session.run('exec sh -c "exit 7"')).code).toBe(7);
    expect((await session.run("kill -9 $(sh -c 'echo $PPID')")).code).toBe(137);
    expect((await session.run('-x 2>/dev/null; echo $?')).stdout).toBe('127\n');
    expect((await session.run('echo still here')).stdout).toBe('still here\n');
  });

  it('leaves nothing of one script to the next', async () => {
    await session.run('cd /; export FOO=1; trap "echo trapped" EXIT; set -f');
    const result = await session.run('echo "${FOO-unset} $-"');
    expect(result.stdout).toMatch(/^unset [^f]*\n$/);
  });

  it('gives scripts an empty stdin', async () => {
    expect(await session.run('cat; echo end')).toEqual({ code: 0, stdout: 'end\n', stderr: '' });
    expect((await session.run('read -r line || echo none')).stdout).toBe('none\n');
  });

  it('knows the pid of its shell, which leads a process group', async () => {
    const { stdout } = await session.run('echo $$; ps -o pgid= -p $$');
    expect(stdout.split(/\s+/).filter(Boolean)).toEqual([String(session.pid), String(session.pid)]);
  });

  it('never shows the script in an argument list', async () => {
    const { stdout } = await session.run('secret=hunter22; ps -eo args | grep -c "[h]unter22"');
    expect(stdout).toBe('0\n');
  });

  it('takes its own nonce for data when a listing shows it', async () => {
    const { stdout } = await session.run(
      'echo "$rd_k"; echo "$rd_k x y"; set | grep rd_k; echo end',
    );
    expect(stdout).toMatch(/^(rd-[0-9a-f]{32})\n\1 x y\n[^]*\1[^]*end\n$/);
  });

  it('runs a script of 300 kB', async () => {
    const lines = Array.from(
      { length: 7_000 },
      (_, i) => `x${i}='a line of fifty characters, or so it is'`,
    );
    const { stdout } = await session.run(`${lines.join('\n')}\necho "$x6999"`);
    expect(lines.join('\n').length).toBeGreaterThan(300_000);
    expect(stdout).toBe('a line of fifty characters, or so it is\n');
  });

  it('carries 20 MB of output', async () => {
    let lines = 0;
    const { stdout } = await session.run('yes "twenty bytes a line" | head -c 21000000', {
      onLine: () => (lines += 1),
    });
    expect(stdout.length).toBe(21_000_000);
    expect(lines).toBe(1_050_000);
  });

  it('puts characters together that the network cut apart', async () => {
    const text = '배포 성공 — ✓ 🚀\n'.repeat(20_000);
    const { stdout } = await session.run(
      `i=0; while [ $i -lt 20 ]; do printf '%s' '${text.slice(0, 8_000)}'; i=$((i+1)); done`,
    );
    expect(stdout).toBe(text.slice(0, 8_000).repeat(20));
  });

  it('goes on after binary output', async () => {
    const result = await session.run('head -c 100000 /dev/urandom; echo; echo end');
    expect(result.code).toBe(0);
    expect(result.stdout.endsWith('end\n')).toBe(true);
    expect((await session.run('echo next')).stdout).toBe('next\n');
  });

  it('tells of each line while the script still runs', async () => {
    const seen: string[] = [];
    const first = gate();
    const running = session.run(
      'echo one; until [ -e /tmp/rd-go-$$ ]; do sleep 0.01; done; rm /tmp/rd-go-$$; printf two; printf three >&2',
      {
        onLine: (line, stream) => {
          seen.push(`${stream} ${line}`);
          first.pass();
        },
      },
    );
    await first.passed;
    expect(seen).toEqual(['stdout one']);
    const other = await connection.openSession();
    await other.run(`touch /tmp/rd-go-${session.pid}`);
    await running;
    expect(seen.sort()).toEqual(['stderr three', 'stdout one', 'stdout two']);
  });

  it('runs scripts in the order in which they were given', async () => {
    const results = await Promise.all(['a', 'b', 'c'].map((word) => session.run(`echo ${word}`)));
    expect(results.map((result) => result.stdout)).toEqual(['a\n', 'b\n', 'c\n']);
  });

  it('ignores what a background process says later', async () => {
    await session.run('(sleep 0.05; echo late; echo late >&2) & echo now');
    expect((await session.run('sleep 0.2; echo next')).stdout).toMatch(/^(late\n)?next\n$/);
  });

  it('refuses a script with a NUL byte', async () => {
    await expect(session.run('echo a\0b')).rejects.toThrow(TypeError);
  });

  it('lets a caller go when its signal is aborted, and then runs the next script', async () => {
    const stop = new AbortController();
    const started = gate();
    const running = session.run('echo started; sleep 0.2; echo late', {
      signal: stop.signal,
      onLine: started.pass,
    });
    await started.passed;
    stop.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    await expect(session.run('echo x', { signal: stop.signal })).rejects.toThrow('enough');
    expect((await session.run('echo next')).stdout).toBe('next\n');
  });

  it('says that it is lost when the connection is cut in mid-command', async () => {
    const started = gate();
    const running = session.run('echo started; sleep 5', { onLine: started.pass });
    const queued = session.run('echo next');
    await started.passed;
    server.cut();
    await expect(running).rejects.toThrow(SessionLostError);
    await expect(queued).rejects.toThrow(SessionLostError);
    await expect(session.run('echo later')).rejects.toThrow(SessionLostError);
    await expect(connection.openSession()).rejects.toThrow(SessionLostError);
    expect(await connection.closed).toBeInstanceOf(SessionLostError);
  });

  it('lets the script that runs finish when the connection is cut, and starts none cut short', async () => {
    const mark = `/tmp/rd-mark-${session.pid}`;
    const started = gate();
    const running = session.run(`echo started; sleep 0.2; : >${mark}`, { onLine: started.pass });
    await started.passed;
    server.cut();
    await expect(running).rejects.toThrow(SessionLostError);
    await server.close();
    await open();
    const other = await connection.openSession();
    const { code } = await other.run(
      `i=0; while [ ! -e ${mark} ]; do sleep 0.05; i=$((i+1)); [ $i -lt 100 ] || exit 1; done; rm ${mark}`,
    );
    expect(code).toBe(0);
    const gone = await other.run(
      `i=0; while kill -0 ${session.pid} 2>/dev/null; do sleep 0.05; i=$((i+1)); [ $i -lt 100 ] || exit 1; done`,
    );
    expect(gone.code).toBe(0);
  });

  it('can be closed when the host no longer answers', async () => {
    server.freeze();
    await session.close();
    await expect(session.run('echo x')).rejects.toThrow(SessionLostError);
  });

  it('ends its shell when it is closed', async () => {
    await session.close();
    await expect(session.run('echo x')).rejects.toThrow(SessionLostError);
    const other = await connection.openSession();
    expect((await other.run(`kill -0 ${session.pid}`)).code).not.toBe(0);
  });
});

describe('a session on another shell', () => {
  it.each([
    ['bash as login shell', ['/bin/bash']],
    [
      'bash that reads its profile and greets',
      ['/bin/bash', '-c', 'echo hello; echo oops >&2; shift; eval "$1"', 'x'],
    ],
  ])('works with %s', async (_name, shell) => {
    await open({ shell });
    session = await connection.openSession();
    expect(await session.run('echo a; exit 4')).toEqual({ code: 4, stdout: 'a\n', stderr: '' });
  });

  it('works where sh is bash', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'bin-'));
    symlinkSync('/bin/bash', join(directory, 'sh'));
    const path = `PATH=${directory}:${process.env['PATH'] ?? '/usr/bin:/bin'}`;
    await open({ shell: ['/usr/bin/env', path, '/bin/sh'] });
    session = await connection.openSession();
    expect((await session.run('echo "${BASH_VERSION:+bash}"')).stdout).toBe('bash\n');
    expect((await session.run('if then fi (')).code).not.toBe(0);
    expect((await session.run('set -eu; false; echo never')).stdout).toBe('');
    expect((await session.run("cat <<'END'\n-x\nEND")).stdout).toBe('-x\n');
    rmSync(directory, { recursive: true });
  });

  it('is given up when the login shell hangs', async () => {
    await open({ shell: ['/bin/sh', '-c', 'exec sleep 1', 'x'] }, (ms) => ms === 30_000);
    await expect(connection.openSession()).rejects.toThrow(/no answer within 30 s/);
  });

  it('says what the host said when there is no shell', async () => {
    await open({ shell: ['/bin/sh', '-c', 'echo This account is not available.', 'x'] });
    await expect(connection.openSession()).rejects.toMatchObject({
      name: 'DeployError',
      evidence: 'This account is not available.',
    });
  });
});

import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { environmentFor, expandProxyCommand } from '../../src/ssh/proxy-command.js';
import { SessionLostError } from '../../src/ssh/session.js';
import { cleanUp, errorOf, hastyClock, opened, serve, user } from './fixture.js';
import { inputsFor, realClock, recordedLog } from './server.js';

const directories: string[] = [];

afterEach(async () => {
  await cleanUp();
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

function directory(): string {
  const made = mkdtempSync(join(tmpdir(), 'proxy-'));
  directories.push(made);
  return made;
}

/** A program that joins its standard input and output with a TCP port, as `nc` does. */
function relay(): string {
  const file = join(directory(), 'relay.cjs');
  writeFileSync(
    file,
    `const socket = require('node:net').connect(process.argv[3], process.argv[2]);
     process.stdin.pipe(socket).pipe(process.stdout);
     socket.on('error', (error) => { console.error(error.message); process.exit(1); });`,
  );
  return `'${process.execPath}' '${file}'`;
}

async function isGone(pid: number): Promise<boolean> {
  for (let i = 0; i < 100; i += 1) {
    try {
      process.kill(pid, 0);
    } catch {
      return true;
    }
    await realClock.sleep(50);
  }
  return false;
}

describe('proxy-command', () => {
  it('carries the connection, and ends with it', async () => {
    const server = await serve();
    const pidFile = join(directory(), 'pid');
    const proxyCommand = `echo $$ > ${pidFile}; exec ${relay()} %h %p`;
    const connection = await opened(inputsFor(server, user.private, { proxyCommand }));
    const session = await connection.openSession();
    expect((await session.run('echo here; echo there >&2')).stdout).toBe('here\n');
    await connection.close();
    expect(await isGone(Number(readFileSync(pidFile, 'utf8')))).toBe(true);
  });

  it('carries what is large, both ways', async () => {
    const server = await serve();
    const proxyCommand = `${relay()} %h %p`;
    const connection = await opened(inputsFor(server, user.private, { proxyCommand }));
    const session = await connection.openSession();
    const comment = `# ${'x'.repeat(300_000)}`;
    const answer = await session.run(`head -c 3000000 /dev/zero | tr '\\0' x\n${comment}\n`);
    expect(answer.stdout).toHaveLength(3_000_000);
  });

  it('ends all that it started, also what does not listen', async () => {
    const server = await serve();
    const pidFile = join(directory(), 'pid');
    const proxyCommand = `(trap '' TERM; echo $(exec sh -c 'echo $PPID') > ${pidFile}; while :; do sleep 1; done) & ${relay()} %h %p`;
    const connection = await opened(inputsFor(server, user.private, { proxyCommand }));
    await connection.close();
    expect(await isGone(Number(readFileSync(pidFile, 'utf8')))).toBe(true);
  });

  it('shows what the program says, and says it in the error', async () => {
    const server = await serve();
    const log = recordedLog();
    const remote: string[] = [];
    const error = await errorOf(
      inputsFor(server, user.private, {
        proxyCommand: 'echo "::error::no session with %r" >&2; exit 3',
      }),
      { clock: hastyClock(), log: { ...log, remote: (line) => remote.push(line) } },
    );
    expect(error.what).toContain('proxy-command ended with exit code 3');
    expect(error.what).toContain('no session with ec2-user (5 attempts)');
    expect(error.evidence).toContain('no session with ec2-user');
    expect(remote[0]).toBe('proxy-command: ::error::no session with ec2-user');
  });

  it('is not tried again when there is no such program', async () => {
    const server = await serve();
    const clock = hastyClock();
    const error = await errorOf(
      inputsFor(server, user.private, { proxyCommand: 'no-such-program %h' }),
      { clock },
    );
    expect(error.what).toContain('exit code 127');
    expect(error.next).toContain('Install the program on the runner');
    expect(clock.slept).toEqual([]);
  });

  it('is started anew for each attempt', async () => {
    const server = await serve();
    const mark = join(directory(), 'tried');
    const proxyCommand = `[ -e ${mark} ] || { : > ${mark}; exit 1; }; exec ${relay()} %h %p`;
    await opened(inputsFor(server, user.private, { proxyCommand }), { clock: hastyClock() });
    expect(server.connections()).toBe(1);
  });

  it('is given up when it connects with nothing', async () => {
    const server = await serve();
    const pidFile = join(directory(), 'pid');
    const error = await errorOf(
      inputsFor(server, user.private, {
        proxyCommand: `echo $$ > ${pidFile}; exec sleep 600`,
        connectTimeoutMs: 300,
      }),
      { clock: hastyClock(300) },
    );
    expect(error.what).toContain('SSH did not answer within 300 ms');
    expect(await isGone(Number(readFileSync(pidFile, 'utf8')))).toBe(true);
  });

  it('that dies takes the connection with it, and is named as the reason', async () => {
    const server = await serve();
    const pidFile = join(directory(), 'pid');
    const proxyCommand = `echo $$ > ${pidFile}; exec ${relay()} %h %p`;
    const connection = await opened(inputsFor(server, user.private, { proxyCommand }));
    const session = await connection.openSession();
    const running = session.run('sleep 5');
    process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGKILL');
    await expect(running).rejects.toBeInstanceOf(SessionLostError);
    expect(await connection.closed).toMatchObject({
      cause: expect.objectContaining({ message: 'proxy-command died of SIGKILL' }),
    });
  });
});

describe('what the program gets', () => {
  const login = { host: '2001:db8::7', port: 2222, username: 'me' };

  it('is the host, the port and the user', () => {
    expect(expandProxyCommand('nc %h %p # %r 100%%h', login)).toBe(
      'nc 2001:db8::7 2222 # me 100%h',
    );
  });

  it.each(['h;id', '$(id)', '-oProxyCommand=id', 'a b', "'"])(
    'is never a name that the shell would read: %s',
    (host) => {
      expect(() => expandProxyCommand('nc %h', { ...login, host })).toThrow(TypeError);
    },
  );

  it('is the environment of a step, without inputs, keys and passphrases', () => {
    const kept = { PATH: '/bin', AWS_ACCESS_KEY_ID: 'AKIA', AWS_SESSION_TOKEN: 't', CI: 'true' };
    const environment = {
      ...kept,
      INPUT_KEY: 'k',
      'INPUT_HOST-FINGERPRINT': 'f',
      STATE_run: 'r',
      ACTIONS_RUNTIME_TOKEN: 'x',
      GITHUB_ENV: '/file',
      DEPLOY_KEY: '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA',
      PHRASE: 'open sesame',
    };
    expect(environmentFor(environment, ['open sesame'])).toEqual(kept);
  });
});

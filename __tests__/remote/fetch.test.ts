import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { remoteScript } from '../../src/remote/load.js';
import { SHELLS, toyHost, type ToyHost } from './host.js';

const LIMITS = '-o ConnectTimeout=30 -o ServerAliveInterval=15 -o ServerAliveCountMax=4';

describe.each(SHELLS)('fetching from a server, with $name as sh', ({ path }) => {
  let host: ToyHost;
  beforeEach(() => {
    host = toyHost(path);
    for (const program of ['ssh', 'plink']) {
      host.answer(program, `echo "${program} $*" >>"$TOY/ssh.log"; echo refused >&2; exit 255`);
    }
  });
  afterEach(() => {
    host.remove();
  });

  const fetch = (setting = '') =>
    host.run(`${setting}\n${remoteScript('observe/commit')}\nfetch_branch`, {
      ...{ REMOTE: 'git@example.com:org/shop.git', REF: 'refs/heads/main', RUN: 'run-1-1' },
      ...{
        TIP: 'refs/resee-deploy/run-1-1/branch',
        OWN: host.path('own'),
        SHA: '0'.repeat(40),
        TOKEN: '',
        TOKEN_FOR: '',
      },
    });

  it.each([
    ['ssh', '', `ssh ${LIMITS}`],
    [
      'an ssh that the environment names',
      'export GIT_SSH_COMMAND="ssh -p 7"',
      `ssh -p 7 ${LIMITS}`,
    ],
    ['another program', 'export GIT_SSH_COMMAND="plink -batch"', 'plink -batch'],
    ['a program without a command line', 'export GIT_SSH="$TOY/bin/plink" TOY', 'plink'],
  ])('gives a server up that has gone, over %s', async (_, setting, wanted) => {
    const { code, stderr } = await fetch(`TOY='${host.root}'\n${setting}`);
    expect(code).not.toBe(0);
    expect(stderr).toContain('refused');
    expect(host.read('ssh.log')).toMatch(`${wanted} `);
    expect(host.read('ssh.log').includes('ServerAlive')).toBe(wanted.includes('ServerAlive'));
  });

  it('keeps the ssh that the user has configured for git', async () => {
    host.write('.gitconfig', '[core]\n\tsshCommand = ssh -i key\n');
    await fetch();
    expect(host.read('ssh.log')).toContain(`ssh -i key ${LIMITS} `);
  });

  it('bears a server over http that counts its objects, and sends a few bytes now and then', async () => {
    host.answer(
      'git',
      'echo "$*" >>"$TOY/git.log"; for last; do :; done; case $* in init*) mkdir -p "$last" ;; esac',
    );
    await fetch();
    expect(host.read('git.log')).toContain('-c http.lowSpeedLimit=1 -c http.lowSpeedTime=300 ');
  });

  it('ends in time where the server is there, and sends nothing', async () => {
    host.answer('ssh', 'exec sleep 30 2>/dev/null');
    const { code, stderr } = await fetch('export RESEE_GIT_SECONDS=1');
    expect(code).toBe(124);
    expect(stderr).toContain('git did not end within 1 s\n');
  });
});

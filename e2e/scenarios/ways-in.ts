import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bed, WorkflowOverrides } from './bed.js';
import type { Checks } from './checks.js';
import { interrupt, MOMENTS, untilHostSays, WHOLE_WITHIN_MS } from './interruptions.js';
import type { Scenario } from './scenario.js';
import type { LiveRelease } from './bed.js';
import { checkWhole, underLoad } from './whole.js';

/** The host's sshd is the jump host as well: from there the host is 127.0.0.1. */
function throughJumpHosts(bed: Bed, ...hops: readonly string[]): WorkflowOverrides['inputs'] {
  return {
    host: '127.0.0.1',
    'jump-host': hops.join('\n'),
    'jump-host-fingerprint': bed.host.fingerprint,
  };
}

async function deploysThrough(
  bed: Bed,
  checks: Checks,
  standing: LiveRelease,
  inputs: WorkflowOverrides['inputs'],
): Promise<void> {
  const before = await bed.lookSettled();
  const release = bed.nextRelease();
  const sha = await bed.commit('Change the backend', bed.stack.changes.backend(release));
  const { value: run } = await underLoad(bed, checks, () =>
    bed.deploy(sha, { inputs: { ...inputs } }),
  );
  checks.equal(run.exitCode, 0, 'the exit code');
  checks.equal(run.outputs['result'], 'deployed', 'result');
  checks.equal(run.outputs['failed-probes'], '0', 'failed-probes');
  await checkWhole(bed, checks, before, { ...standing, sha, release });
}

/** A run on this way is cancelled in its soak; then one is not. */
async function cancelledThenDone(
  bed: Bed,
  checks: Checks,
  standing: LiveRelease,
  inputs: WorkflowOverrides['inputs'],
): Promise<void> {
  await interrupt(
    bed,
    checks,
    standing,
    MOMENTS.soaking,
    async (running) => {
      const post = await running.post(await running.cancel());
      checks.equal(post.exitCode, 0, 'the exit code of post');
    },
    { inputs: { soak: '4s', ...inputs } },
  );
  await deploysThrough(bed, checks, standing, inputs);
}

const oneHop: Scenario = {
  name: 'jump-host',
  home: 'tiny',
  sentence: 'a deploy through a jump host costs no request, and one cancelled on it is handed back',
  from: 'deployed',
  run: (bed, checks, standing) =>
    cancelledThenDone(bed, checks, standing, throughJumpHosts(bed, `ec2-user@${bed.host.address}`)),
};

const twoHops: Scenario = {
  name: 'jump-hosts-two',
  home: 'tiny',
  sentence:
    'a deploy through two jump hosts costs no request, and one cancelled on them is handed back',
  from: 'deployed',
  run: (bed, checks, standing) =>
    cancelledThenDone(
      bed,
      checks,
      standing,
      throughJumpHosts(bed, `ec2-user@${bed.host.address}:22`, '127.0.0.1'),
    ),
};

const wrongJumpHost: Scenario = {
  name: 'jump-host-unpinned',
  home: 'tiny',
  sentence: 'a jump host with another key is refused, and nothing is sent to the host behind it',
  from: 'deployed',
  run: async (bed, checks, standing) => {
    const before = await bed.lookSettled();
    const sha = await bed.commit('Not deployed', bed.stack.changes.backend(bed.nextRelease()));
    let connections = 0;
    const behind = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => behind.listen(0, bed.host.gateway, resolve));
    try {
      const address = behind.address();
      const run = await bed.deploy(sha, {
        inputs: {
          ...throughJumpHosts(bed, `ec2-user@${bed.host.address}`),
          host: bed.host.gateway,
          port: String(typeof address === 'object' ? address?.port : 0),
          'jump-host-fingerprint': `SHA256:${'A'.repeat(43)}`,
        },
      });
      checks.equal(run.outputs['result'], 'refused', 'result');
      checks.matches(run.log, /The host key of the jump host is not the pinned one/, 'the log');
      checks.equal(connections, 0, 'connections to the host behind it');
    } finally {
      behind.close();
    }
    await checkWhole(bed, checks, before, standing, { rolledBack: true });
  },
};

/** A directory for what a scenario's program needs on the runner; the program is OpenSSH's client. */
async function withProgram(
  bed: Bed,
  work: (proxyCommand: string, pidFile: string) => Promise<void>,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'resee-e2e-proxy-'));
  const knownHosts = join(directory, 'known_hosts');
  const pidFile = join(directory, 'pid');
  try {
    await writeFile(knownHosts, `${bed.host.knownHosts.trim()}\n`);
    const ssh =
      `ssh -F none -i ${bed.host.privateKeyPath} -o BatchMode=yes -o UserKnownHostsFile=${knownHosts} ` +
      `-W %h:%p %r@${bed.host.address}`;
    await work(`echo $$ >>${pidFile}; exec ${ssh}`, pidFile);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const program: Scenario = {
  name: 'proxy-command',
  home: 'tiny',
  sentence:
    'a deploy over the output of a program costs no request, one cancelled on it is handed back, and the program ends with it',
  from: 'deployed',
  run: (bed, checks, standing) =>
    withProgram(bed, async (proxyCommand, pidFile) => {
      const inputs = { host: '127.0.0.1', 'proxy-command': proxyCommand };
      await cancelledThenDone(bed, checks, standing, inputs);
      for (const pid of await pidsIn(pidFile)) {
        checks.that(!isAlive(pid), `the program ${String(pid)} has ended`);
      }
      await deploysThrough(bed, checks, standing, { 'proxy-command': 'socat - TCP:%h:%p' });
    }),
};

const programDies: Scenario = {
  name: 'proxy-command-dies',
  home: 'tiny',
  waits: true,
  sentence: 'a program that dies in a deploy is started anew, and the stack is whole',
  from: 'deployed',
  run: (bed, checks, standing) =>
    withProgram(bed, (proxyCommand, pidFile) =>
      interrupt(
        bed,
        checks,
        standing,
        MOMENTS.soaking,
        async (running) => {
          for (const pid of await pidsIn(pidFile)) process.kill(pid, 'SIGKILL');
          const run = await running.done;
          checks.matches(
            run.log,
            /the connection to the host was lost: proxy-command died/,
            'the log',
          );
          const pids = await pidsIn(pidFile);
          checks.that(pids.length > 1, 'another program was started');
          for (const pid of pids)
            checks.that(!isAlive(pid), `the program ${String(pid)} has ended`);
          await untilHostSays(bed, WHOLE_WITHIN_MS, (seen) => seen.lease.length === 0);
        },
        { inputs: { soak: '10s', host: '127.0.0.1', 'proxy-command': proxyCommand } },
      ),
    ),
};

const listener: Scenario = {
  name: 'local-listener',
  home: 'tiny',
  sentence:
    'a deploy through a port that an earlier step has opened on the runner costs no request, and one cancelled on it is handed back',
  from: 'deployed',
  run: async (bed, checks, standing) => {
    const tunnel = createServer((socket) => {
      const onward = connectTcp(22, bed.host.address);
      socket.on('error', () => onward.destroy());
      onward.on('error', () => socket.destroy());
      socket.pipe(onward).pipe(socket);
    });
    await new Promise<void>((resolve) => tunnel.listen(0, '127.0.0.1', resolve));
    try {
      const address = tunnel.address();
      const port = String(typeof address === 'object' ? address?.port : 0);
      await cancelledThenDone(bed, checks, standing, { host: '127.0.0.1', port });
    } finally {
      tunnel.close();
    }
  },
};

async function pidsIn(file: string): Promise<readonly number[]> {
  return (await readFile(file, 'utf8')).trim().split('\n').map(Number);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

export const waysIn: readonly Scenario[] = [
  oneHop,
  twoHops,
  wrongJumpHost,
  program,
  programDies,
  listener,
];

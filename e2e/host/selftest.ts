/**
 * The stand-in host, proven on this machine: two side by side, login, engine, git, limits, and nothing
 * left after. Run it with `tsx e2e/host/selftest.ts`; it prints what it measured, and fails with 1.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { prepareDockerData } from './docker-data.js';
import { cacheDirectory, down, hostScript, up } from './host.js';
import type { Host } from './host.js';
import { asRoot, run, runOrThrow } from './process.js';
import { fromDirectory } from './repository.js';

const names = [
  'selftest-trixie',
  'selftest-forky',
  'selftest-micro',
  'selftest-seeded',
  'selftest-cut',
] as const;
const importBusybox = 'tar -C /usr -c bin/busybox | docker import - busybox:tiny';

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const value = await work();
  process.stdout.write(`ok ${what} (${((performance.now() - began) / 1000).toFixed(2)} s)\n`);
  return value;
}

async function logsIn(host: Host): Promise<void> {
  const knownHosts = path.join(path.dirname(host.privateKeyPath), 'known_hosts');
  const { stdout } = await runOrThrow([
    ...['ssh', '-F', 'none', '-i', host.privateKeyPath, '-o', `UserKnownHostsFile=${knownHosts}`],
    ...['-o', 'StrictHostKeyChecking=yes', '-o', 'BatchMode=yes', `ec2-user@${host.address}`],
    'id -un && docker compose version --short && sudo -n id -un && hostname',
  ]);
  const [user, compose, root, name] = stdout.trim().split('\n');
  assert.deepEqual([user, root, name], ['ec2-user', 'root', host.name]);
  assert.ok(compose?.startsWith(host.composeVersion), `Compose is ${String(compose)}`);
}

async function runsScripts(host: Host): Promise<void> {
  const said = await host.ask('id -un; pwd; cat', { user: 'root', stdin: 'given' });
  assert.equal(said, 'root\n/root\ngiven');
  assert.equal((await host.exec('exit 7')).code, 7);
  await assert.rejects(host.exec('sleep 60 | sleep 60', { timeoutMs: 300 }), /not done within 300/);
  const left = await host.exec('ps -eo stat,comm | grep "^[^Z].*sleep"');
  assert.equal(left.code, 1, `still running: ${left.stdout}`);
}

async function runsContainers(host: Host): Promise<void> {
  await host.ask(importBusybox);
  const said = await host.ask('docker run --rm busybox:tiny /bin/busybox echo hello');
  assert.equal(said, 'hello');
  const version = await host.ask("docker version --format '{{.Server.Version}}'");
  assert.ok(version.startsWith(host.engineVersion), `the engine is ${version}`);
  const lookup = await host.exec(
    'docker run --rm busybox:tiny /bin/busybox timeout 5 /bin/busybox nslookup example.com',
  );
  assert.equal(lookup.code, 1, 'a foreign name is refused at once, in a container too');
}

async function holdsRepositories(host: Host): Promise<void> {
  const source = await mkdtemp(path.join(tmpdir(), 'selftest-'));
  await writeFile(path.join(source, 'README'), 'one\n');
  const fixture = await fromDirectory(host, 'org/resee', source);
  const sha = await fixture.commit('Second', { README: 'two\n', 'bin/go': '#!/bin/sh\n' });
  await fixture.push();
  await host.ask('git clone --quiet https://github.com/org/resee.git clone');
  assert.equal(await host.ask('git -C clone rev-parse HEAD; cat clone/README'), `${sha}\ntwo`);
  await fixture.remove();
  await rm(source, { recursive: true });
}

async function isSmall(host: Host): Promise<void> {
  assert.equal(await host.ask("awk '/^MemTotal/ {print $2}' /proc/meminfo"), '1048576');
  const seen = await host.ask("docker info --format '{{.NCPU}} {{.MemTotal}}'");
  assert.equal(seen, '1 1073741824', 'the engine sees one CPU and 1 GiB');
  assert.equal(await host.ask('nproc'), '1', 'and so does a command');
  await host.ask(importBusybox);
  const dd = 'docker run --rm busybox:tiny /bin/busybox dd if=/dev/zero of=/dev/null count=1 bs=';
  const killed = await host.exec(`${dd}1100M`);
  assert.equal(killed.code, 137, 'the kernel ends a container that wants 1.1 GiB');
  await host.ask(`${dd}500M`);
}

/** A host with prepared data has the image, and what it does to it stays its own. */
async function startsWithImages(): Promise<void> {
  const recipe = {
    suite: 'trixie',
    key: 'selftest',
    fill: async (host: Host) => {
      await host.ask(importBusybox);
    },
  } as const;
  const dockerData = await prepareDockerData(recipe);
  const start = async (): Promise<Host> => {
    const host = await up({ name: 'selftest-seeded', dockerData });
    assert.equal(await host.ask('docker run --rm busybox:tiny /bin/busybox echo hello'), 'hello');
    return host;
  };
  const first = await timed('a host starts with prepared images', start);
  await first.ask('docker image rm busybox:tiny && docker image prune --all --force');
  await first.down();
  const second = await start();
  await second.down();
  await runOrThrow(asRoot(['rm', '-rf', dockerData]));
}

async function comesBackFromInterruption(): Promise<void> {
  for (const stage of ['key', 'pid', 'number', 'go']) {
    await runOrThrow(hostScript('interrupt.sh', 'selftest-cut', stage));
    await down('selftest-cut');
    assert.equal(await remains(), '', `nothing is left of an up that was killed at '${stage}'`);
  }
}

/** Links, cgroups, mounts, processes and directories that speak of a host by these names. */
async function remains(): Promise<string> {
  const hosts = path.join(cacheDirectory(), 'hosts');
  const left = (await readdir(hosts)).filter((name) => name.startsWith('selftest-'));
  const mounts = await run(['grep', '-F', `${hosts}/selftest-`, '/proc/mounts']);
  const processes = await run(['pgrep', '-af', `${hosts}/selftest-`]);
  return [...left, mounts.stdout, processes.stdout].join('').trim();
}

/** The numbers of the hosts that are up, ours or another test's. */
async function knownNumbers(): Promise<readonly string[]> {
  const hosts = path.join(cacheDirectory(), 'hosts');
  const { stdout } = await run(['bash', '-c', 'cat "$1"/*/number', 'bash', hosts]);
  return stdout.split('\n');
}

/** Links and cgroups that belong to no host. */
async function orphans(): Promise<readonly string[]> {
  const links = (await readdir('/sys/class/net')).filter((name) => name.startsWith('standin'));
  const groups = await runOrThrow([
    ...['find', '/sys/fs/cgroup', '-maxdepth', '2', '-name', 'stand-in-*'],
  ]);
  const parts = [...links, ...groups.stdout.split('\n').filter((line) => line !== '')];
  const known = await knownNumbers();
  return parts.filter((part) => !known.includes(/\d+$/.exec(part)?.[0] ?? '')).sort();
}

async function main(): Promise<void> {
  await down(...names);
  const before = await orphans();
  await timed('an up that is killed half-way leaves nothing', comesBackFromInterruption);
  await timed('an engine can start with prepared images', startsWithImages);
  assert.deepEqual(await orphans(), before);
  try {
    const [trixie, forky] = await timed('two hosts come up side by side', () =>
      Promise.all([
        up({ name: 'selftest-trixie' }),
        up({ name: 'selftest-forky', suite: 'forky', size: 'any' }),
      ]),
    );
    assert.notEqual(trixie.address, forky.address);
    for (const host of [trixie, forky]) {
      const engine = `Engine ${host.engineVersion}, Compose ${host.composeVersion}`;
      await timed(`${host.name} takes a login (${engine})`, () => logsIn(host));
      await timed(`${host.name} runs scripts`, () => runsScripts(host));
      await timed(`${host.name} runs a container`, () => runsContainers(host));
      await timed(`${host.name} holds a repository`, () => holdsRepositories(host));
    }
    await assert.rejects(up({ name: 'selftest-trixie' }), /up already/);
    const micro = await timed('a t2.micro comes up', () =>
      up({ name: 'selftest-micro', size: 't2.micro' }),
    );
    await timed('a t2.micro has one CPU and 1 GiB', () => isSmall(micro));
    await timed('a host whose init died is taken away', async () => {
      await runOrThrow(asRoot(['kill', '-KILL', String(micro.pid)]));
      await micro.down();
    });
    await timed('a host is taken away', () => trixie.down());
    await trixie.down();
  } finally {
    await down(...names);
  }
  assert.equal(await remains(), '', 'nothing of a host is left');
  assert.deepEqual(await orphans(), before, 'no link and no cgroup is left');
  process.stdout.write('ok nothing is left\n');
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? String(error.stack) : String(error)}\n`);
  process.exitCode = 1;
});

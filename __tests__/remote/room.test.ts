import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { remoteScript } from '../../src/remote/load.js';
import { SHELLS, toyHost, type ToyHost } from './host.js';

/** A disk of blocks of 1 KiB whose free ones are in a file; what the engine removes makes it larger. */
const DISK = 'echo "$(cat "$TOY/free") 1024 9999999 $(cat "$TOY/inodes")"';
const ENGINE = `
grew() { [ ! -e "$TOY/$1" ] || echo $(($(cat "$TOY/free") + $(cat "$TOY/$1"))) >"$TOY/free"; }
case "$*" in
  'image prune --force --filter label=com.docker.compose.project=shop') grew dangling ;;
  'builder prune --force --filter until=24h') grew old ;;
  'builder prune --force') grew cache ;;
esac
echo 'Total reclaimed space: 1B'`;

const MIB = 1024;

describe.each(SHELLS)('room on the disk, with $name as sh', ({ path }) => {
  let host: ToyHost;
  beforeEach(() => {
    host = toyHost(path);
    host.answerDocker(ENGINE);
    host.answer('stat', DISK);
    host.write('inodes', '500 100\n');
    host.write('dangling', String(10 * MIB));
    host.write('old', String(20 * MIB));
    host.write('cache', String(40 * MIB));
  });
  afterEach(() => {
    host.remove();
  });

  const makeRoom = async (freeMiB: number, { wanted = 100, least = 32, inodes = 100 } = {}) => {
    host.write('free', String(freeMiB * MIB));
    const words = [host.root, 'shop', wanted * MIB, least * MIB, inodes].map(String);
    const done = await host.run(`set -eu\nmake_room ${words.join(' ')}`);
    return { ...done, pruned: host.dockerCalls().map((call) => call.replace('--force ', '')) };
  };
  const DANGLING = 'image prune --filter label=com.docker.compose.project=shop';
  const OLD = 'builder prune --filter until=24h';

  it('is left as it is where there is enough', async () => {
    expect(await makeRoom(100)).toMatchObject({ code: 0, pruned: [], stderr: '' });
  });

  it('is made by no more than it takes', async () => {
    expect(await makeRoom(90)).toMatchObject({ code: 0, pruned: [DANGLING] });
    host.write('docker.log', '');
    // Not wanted enough to take the cache of what was built today.
    expect(await makeRoom(40)).toMatchObject({ code: 0, pruned: [DANGLING, OLD] });
    host.write('docker.log', '');
    const last = await makeRoom(1, { least: 70 });
    expect(last).toMatchObject({ code: 0, pruned: [DANGLING, OLD, 'builder prune --force'] });
    expect(last.stderr).toContain(`only 1 MiB and 100 inodes are free in ${host.root}`);
    expect(last.stdout).toBe('');
  });

  it('is missing where that was not enough', async () => {
    const done = await makeRoom(1, { least: 72 });
    expect(done.code).toBe(1);
    expect(done.stdout).toBe(`no-room ${host.root} 71 MiB and 100 inodes\n`);
    expect(done.stderr).toContain('72 MiB and 100 inodes are the least that images need');
  });

  it('is missing where an engine does not prune, or inodes are', async () => {
    host.answerDocker('echo no >&2; exit 1');
    expect(await makeRoom(90)).toMatchObject({ code: 0 });
    expect(await makeRoom(31)).toMatchObject({ code: 1 });
    expect(await makeRoom(90, { inodes: 101 })).toMatchObject({ code: 1 });
  });

  it('is there where inodes are made as they are needed, and where nothing can be told', async () => {
    host.write('inodes', '0 0\n');
    expect(await makeRoom(100)).toMatchObject({ code: 0, pruned: [] });
    host.answer('stat', 'exit 1');
    expect(await makeRoom(0)).toMatchObject({ code: 0, pruned: [] });
    host.answer('stat', 'echo 0 4096 0 0 0');
    expect(await makeRoom(0)).toMatchObject({ code: 0, pruned: [] });
    host.answer('stat', 'n=18446744073709551615; echo $n 4096 $n $n $n');
    expect(await makeRoom(0)).toMatchObject({ code: 0, pruned: [] });
  });

  it('comes before a build', async () => {
    host.write('free', '0');
    const room = [host.root, 'shop', 1, 99 * MIB, 1].map(String).join(' ');
    const images = { REFERENCES: 'a', SERVICES: 'a', VERB: 'build', VARIABLES: '', COMPOSE: '' };
    const logins = { LOGINS_OF: 'run', AUTHS: '', HELPERS: '' };
    const given = { ...images, ...logins, STAGE: host.root, ROOM: room };
    const done = await host.run(`set -eu\n${remoteScript('build')}`, given);
    expect(done.code).toBe(1);
    expect(host.dockerCalls().join('\n')).not.toContain('compose build');
  });

  it('is told of the nearest directory that is there, where that is not yet made', async () => {
    host.write('free', '77');
    const done = await host.run(`room_in '${host.root}/a/b c'`);
    expect(done.stdout).toBe(`77 100 ${host.root}\n`);
  });
});

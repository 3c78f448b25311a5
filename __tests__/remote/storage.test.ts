import { symlinkSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { storageScript } from '../../src/remote/load.js';
import { SHELLS, toyHost, type ToyHost } from './host.js';

/** Runs what it is told in the directory `inside`, as the container would. */
const ENGINE = `
shift
while :; do case $1 in -u | -e) shift 2 ;; *) break ;; esac; done
container=$1
shift
[ "$container" != bare ] || { echo 'exec: "find": executable file not found in $PATH' >&2; exit 127; }
[ "$container" != closed ] || code=1
[ "$1 $2" = 'find -H' ] || exit 9
place=$TOY/inside$3
shift 3
find -H "$place" "$@" | sed "s#^$TOY/inside##"
[ -z "\${code-}" ] || { echo "find: /data/private: Permission denied" >&2; exit 1; }`;

describe.each(SHELLS)('a look into storage, with $name as sh', ({ path }) => {
  let host: ToyHost;
  beforeEach(() => {
    host = toyHost(path);
    host.answerDocker(ENGINE);
    host.write('inside/data/uploads/a b.png', 'picture');
    host.write('inside/data/uploads/Thumbs.db', 'of a file manager');
    host.write('inside/data/settings.json', '{}');
  });
  afterEach(() => {
    host.remove();
  });
  const look = async (mounts: string) => {
    const { code, stdout } = await host.runWhole(storageScript(), { MOUNTS: mounts });
    expect(code).toBe(0);
    return stdout.trim().split('\n').sort();
  };

  it('finds nothing in files that are no database', async () => {
    expect(await look('c1 /data\n')).toEqual(['none 1']);
  });

  it.each([
    'app.db',
    'db.sqlite3',
    'db.sqlite3-wal',
    'raft/raft.bolt',
    'index/LOCK',
    'store.mv.db',
    'mysql/ibdata1',
    'dump.rdb',
  ])('finds %s', async (name) => {
    host.write(`inside/data/${name}`, '');
    expect(await look('c1 /data\n')).toEqual([`database 1 /data/${name}`]);
  });

  it('finds it behind a link that stands in the place itself', async () => {
    host.write('inside/kept/app.db', '');
    symlinkSync('kept', host.path('inside/linked'));
    expect(await look('c1 /linked\n')).toEqual(['database 1 /linked/app.db']);
  });

  it('finds a file that a process has locked, whatever its name', async () => {
    const file = host.path('inside/data/state.bin');
    host.write('inside/data/state.bin', '');
    // The process that took the lock lives on: in a container the kernel shows no lock of one that is gone.
    const holder = spawn('flock', ['--exclusive', file, 'sh', '-c', 'echo locked; read -r _'], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    await once(holder.stdout, 'data');
    expect(await look('c1 /data\n')).toEqual(['database 1 /data/state.bin']);
    holder.stdin.end();
    await once(holder, 'exit');
    expect(await look('c1 /data\n')).toEqual(['none 1']);
  });

  it('answers for each place, and says where it could not look', async () => {
    host.write('inside/with blank/x.sqlite', '');
    expect(await look('c1 /data\nc1 /with blank\nbare /data\nclosed /data\n')).toEqual([
      'database 2 /with blank/x.sqlite',
      'none 1',
      'unknown 3 exec: "find": executable file not found in $PATH',
      'unknown 4 find: /data/private: Permission denied',
    ]);
  });
});

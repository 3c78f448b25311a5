import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { SHELLS, toyHost, type ToyHost } from './host.js';

/** In the container /etc/hosts is read-only; another container writes the file behind it, where SELinux lets it. */
const ENGINE = `
case $1 in
  exec) echo "sh: can't create /etc/hosts: Read-only file system" >&2; exit 1 ;;
  inspect) case "$*" in *HostsPath*) echo "$TOY/hosts" ;; *.Image*) echo sha256:1 ;; esac ;;
  run)
    case " $* " in *' --security-opt label=disable '*) ;; *) echo 'Permission denied' >&2; exit 1 ;; esac
    while [ "$1" != -c ]; do shift; done
    script=$2
    shift 4
    sh -c "$script" sh "$TOY/hosts" "$1" ;;
esac`;

describe.each(SHELLS)('pins of a container with a read-only root, with $name as sh', ({ path }) => {
  let host: ToyHost;
  beforeEach(() => {
    host = toyHost(path);
    host.answerDocker(ENGINE);
    host.write('hosts', '127.0.0.1\tlocalhost\n198.19.1.9 api # resee-deploy\n');
  });
  afterEach(() => {
    host.remove();
  });

  it('are written by another container of the same image, also where SELinux tells containers apart', async () => {
    const { code, stderr } = await host.run('set -eu\nwrite_pins c1 "$PINS"', {
      PINS: '198.19.1.2 api # resee-deploy',
    });
    expect([code, stderr]).toEqual([0, '']);
    expect(readFileSync(host.path('hosts'), 'utf8')).toBe(
      '127.0.0.1\tlocalhost\n198.19.1.2 api # resee-deploy\n',
    );
  });
});

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

  it('are written by one that has no right but that', async () => {
    await host.run('set -eu\nwrite_pins c1 "$PINS"', { PINS: '198.19.1.2 api # resee-deploy' });
    const run = host.dockerCalls().find((call) => call.startsWith('run ')) ?? '';
    for (const option of [
      '--network none',
      '--cap-drop ALL',
      '--security-opt no-new-privileges',
      '--read-only',
      '--no-healthcheck',
      '--pids-limit 16',
      '--memory 64m',
    ]) {
      expect(run).toContain(` ${option} `);
    }
    expect(run.match(/ -v | --mount /g)).toHaveLength(1);
    expect(run).not.toMatch(/ --(?:cap-add|privileged|device|pid|ipc|userns)\b/);
    expect(host.dockerCalls().some((call) => call.startsWith('rm '))).toBe(false);
  });

  it('fail where that one does not end, which then goes', async () => {
    host.answerDocker(ENGINE.replace('  run)', '  run) trap "" TERM; exec sleep 15 ;;\n  never)'));
    const since = Date.now();
    const { code } = await host.run('set -eu\nEXEC_SECONDS=1\nwrite_pins c1 "$PINS"', {
      PINS: '198.19.1.2 api # resee-deploy',
    });
    expect(code).not.toBe(0);
    expect(Date.now() - since).toBeLessThan(12_000);
    const name = / --name (resee-deploy-pins-c1-\d+) /.exec(host.dockerCalls().join('\n'))?.[1];
    expect(host.dockerCalls().at(-1)).toBe(`rm -f -v ${String(name)}`);
  }, 30_000);
});

/** Its image has a shell, and no other program. */
const BARE = `
case $1 in
  exec)
    while [ "$1" != -c ]; do shift; done
    script=$2
    shift 4
    PATH=$TOY/none $TOY_SHELL -c "$script" sh "$TOY/hosts" "$1" ;;
esac`;

describe.each(SHELLS)('pins of a container without grep, with $name as sh', ({ name, path }) => {
  const HOSTS = '127.0.0.1\tlocalhost\n\n# a \\ comment\n172.18.0.2 own';
  let host: ToyHost;
  const write = async (pins: string): Promise<string> => {
    const { code, stderr } = await host.run('set -eu\nwrite_pins c1 "$PINS"', { PINS: pins });
    expect([code, stderr]).toEqual([0, '']);
    return readFileSync(host.path('hosts'), 'utf8');
  };
  beforeEach(() => {
    host = toyHost(path);
    host.answerDocker(BARE.replace('$TOY_SHELL', name === 'busybox' ? `${path} sh` : path));
    host.write('hosts', HOSTS);
  });
  afterEach(() => {
    host.remove();
  });

  it('are written, replaced and taken away, and what else its hosts file says stays', async () => {
    const [one, other] = ['198.19.1.2 api # resee-deploy', '198.19.1.3 api # resee-deploy'];
    expect(await write(`${one}\n${other}`)).toBe(`${HOSTS}\n${one}\n${other}\n`);
    expect(await write(other)).toBe(`${HOSTS}\n${other}\n`);
    expect(await write('')).toBe(`${HOSTS}\n`);
  });
});

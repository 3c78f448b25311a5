import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { remoteScript } from '../../src/remote/load.js';
import { SHELLS, toyHost, type ToyHost } from './host.js';

/** Tells of a container what lies in containers/ID/{command,image,label,history,path}. */
const ENGINE = `
for last; do :; done
at=$TOY/containers/$last
case "$1 $3" in
  'inspect {{.Path}}'*) cat "$at/command" ;;
  'inspect {{.Image}}'*) echo "$last $(cat "$at/label" 2>/dev/null || echo -) $(cat "$at/image")" ;;
  'inspect {{range .Config.Env}}'*) cat "$at/path" ;;
  history*) cat "$TOY/containers/$last/history" ;;
  exec*) shift; echo "$*" ;;
esac`;

describe.each(SHELLS)('how a container was started, with $name as sh', ({ path }) => {
  let host: ToyHost;
  beforeEach(() => {
    host = toyHost(path);
    host.answerDocker(ENGINE);
  });
  afterEach(() => {
    host.remove();
  });
  const container = (told: Readonly<Record<string, string>>): void => {
    const files = { command: 'sleep', image: 'shop-web', history: '', path: '', ...told };
    for (const [name, text] of Object.entries(files))
      host.write(`containers/c1/${name}`, `${text}\n`);
  };
  const told = async (script: string): Promise<string> => {
    const { stdout, stderr } = await host.run(script);
    expect(stderr).toBe('');
    return stdout.trim();
  };

  it.each([
    ['/docker-entrypoint.sh nginx -g daemon off;', 'nginx'],
    ['nginx -c /etc/own.conf -p /srv/www/', 'nginx -c /etc/own.conf -p /srv/www/'],
    ['/usr/local/openresty/bin/openresty -g daemon off;', '/usr/local/openresty/bin/openresty'],
    ["sh -c envsubst </a >/b && exec nginx -c '/b' -g 'daemon off;'", 'nginx -c /b'],
    [
      'sh -c chown -R nginx /var/log/nginx; /usr/sbin/nginx -p /usr/share/nginx',
      '/usr/sbin/nginx -p /usr/share/nginx',
    ],
    ['/start.sh', 'nginx'],
    ['nginx -c /etc/*/n?inx.conf', 'nginx'],
    ['nginx -c $(id) -p `id`', 'nginx'],
    ['/home/app/nginx -c /x', 'nginx'],
  ])('%s calls nginx as %s', async (command, called) => {
    container({ command });
    expect(await told('nginx_command c1')).toBe(called);
  });

  it.each([
    ['caddy run --config /a/Caddyfile --adapter caddyfile', '/a/Caddyfile'],
    ['caddy run --config=/a/Caddyfile', '/a/Caddyfile'],
    ['caddy run', ''],
    ['caddy run --config $(id)', ''],
  ])('%s has the configuration %s', async (command, file) => {
    container({ command });
    expect(await told('caddy_option c1 config')).toBe(file);
  });

  it.each<[string, Readonly<Record<string, string>>, string]>([
    ['its image', { image: 'nginx:1.30-alpine' }, 'yes'],
    [
      'its image in a registry',
      { image: 'registry.example:5000/edge/openresty:1@sha256:abc' },
      'yes',
    ],
    ['its command', { command: 'nginx -g daemon off;' }, 'yes'],
    [
      'how its image was made',
      { command: '/start.sh', history: 'RUN apk add --no-cache nginx supervisor' },
      'yes',
    ],
    ['its label', { command: '/init', label: 'proxy' }, 'yes'],
    ['no more than its registry', { image: 'nginx.example/shop/api:1' }, 'no'],
    ['nothing', { command: 'python server.py', history: 'RUN pip install django' }, 'no'],
    ['an argument', { command: 'python serve.py --user=nginx-like' }, 'no'],
  ])('is a proxy by %s', async (_, of, is) => {
    container(of);
    expect(await told('if is_proxy nginx c1; then echo yes; else echo no; fi')).toBe(is);
  });

  it('finds programs by our own PATH before that of the image', async () => {
    container({ path: 'PATH=/app/bin:/opt/nginx/sbin' });
    expect(await told('own_exec c1 nginx -T')).toBe(
      '-e PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/app/bin:/opt/nginx/sbin c1 nginx -T',
    );
  });

  describe('proxies_among', () => {
    const A = 'a'.repeat(64);
    const B = 'b'.repeat(64);
    const process = (pid: number, title: string, ...groups: readonly string[]): string => {
      host.write(`proc/${String(pid)}/cgroup`, groups.map((group) => `${group}\n`).join(''));
      return `${String(pid).padStart(7)} ${title}\n`;
    };
    const among = async (processes: readonly string[], find = 'proxies_among') => {
      host.write('processes', processes.join(''));
      host.answer('ps', 'cat "$TOY/processes"');
      const script = `${remoteScript('observe/running')}\nRESEE_PROC=$PROC; ${find} "$OF"`;
      const { stdout, stderr } = await host.run(script, {
        PROC: host.path('proc'),
        OF: `${A} 10\n${B} 20\nstopped 0`,
      });
      expect(stderr).toBe('');
      return stdout.trim().split('\n');
    };
    const MASTER = 'nginx: master process nginx';
    const groupOf = (id: string): string => `0::/system.slice/docker-${id}.scope`;

    it('finds them by the control groups of containers, and below', async () => {
      const found = await among([
        process(10, 'sh /start.sh', groupOf(A)),
        process(11, MASTER, `${groupOf(A)}/nginx`),
        process(20, '/usr/bin/caddy run --config /x', groupOf(B)),
      ]);
      expect(found).toEqual([`caddy ${B}`, `nginx ${A}`]);
    });

    it('takes no other process for one, whatever its group is called', async () => {
      const found = await among([
        process(10, 'python server.py', groupOf(A)),
        process(30, MASTER, `0::/user.slice/user-1001.slice/docker-${A}.scope`),
        process(31, MASTER, `0::/user.slice${groupOf(A).slice(3)}`),
        process(32, MASTER, `${groupOf(A)}x`),
        process(33, `${MASTER} /system.slice/docker-${A}.scope`, '0::/'),
        process(34, MASTER),
      ]);
      expect(found).toEqual(['']);
    });

    it('tells what else runs in each, by the name that the kernel has', async () => {
      const found = await among(
        [
          process(10, 'tini', groupOf(A)),
          process(11, 'redis-server', `${groupOf(A)}/below`),
          process(12, 'redis-server', groupOf(A)),
          process(20, 'a b', groupOf(B)),
          process(30, 'dockerd', '0::/system.slice/docker.service'),
          process(31, 'kthreadd', '0::/'),
        ],
        'processes_among',
      );
      expect(found).toEqual([`a_b ${B}`, `redis-server ${A}`, `tini ${A}`]);
    });

    it('reads every hierarchy of control groups of version 1', async () => {
      const groups = (id: string) => [
        `12:memory:/docker/${id}`,
        `11:name=systemd:/docker/${id}`,
        '0::/',
      ];
      const found = await among([
        process(10, MASTER, ...groups(A)),
        process(20, 'python', ...groups(B)),
        process(21, MASTER, `12:memory:/docker/${B}`, '11:name=systemd:/user', '0::/'),
      ]);
      expect(found).toEqual([`nginx ${A}`]);
    });

    it('takes nobody for another where the kernel tells no groups apart', async () => {
      expect(await among([process(10, MASTER, '0::/'), process(20, 'python', '0::/')])).toEqual([
        '',
      ]);
    });
  });
});

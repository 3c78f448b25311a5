import { createServer, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { remoteScript } from '../../src/remote/load.js';
import { SHELLS, toyHost, type ToyHost } from './host.js';

/** addresses/ID is what a template prints of a container's addresses; newer versions of docker say `invalid IP` for none. */
const ENGINE = `
case $1 in
  inspect)
    for last; do :; done
    case "$*" in
      *.State.Status*) echo 'running 0 0 false - 0 NONE' ;;
      *compose.service*.Id*) echo "api $last $(cat "$TOY/addresses/$last")" ;;
      *IPAddress*) shift 3; for id; do cat "$TOY/addresses/$id"; done ;;
      *.State.Pid*) echo 7 ;;
      *RestartPolicy*) echo "$last no 0" ;;
      *compose.service*) echo api ;;
    esac ;;
esac`;

describe.each(SHELLS)('addresses of containers, with $name as sh', ({ path }) => {
  let host: ToyHost;
  let server: Server;
  let port = 0;
  beforeEach(async () => {
    host = toyHost(path);
    host.answerDocker(ENGINE);
    server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.3', resolve));
    const address = server.address();
    port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  });
  afterEach(() => {
    server.close();
    host.remove();
  });
  const addresses = (id: string, text: string): void => {
    host.write(`addresses/${id}`, `${text}\n`);
  };
  const begin = async (ports: string): Promise<string> => {
    const { code, stderr, stdout } = await host.run(
      `set -eu\n${remoteScript('begin')}\nanswer "$CANDIDATES"`,
      {
        ...{ new: 'new1', STOP: '', CONTENTS: '', HOOKS: '', TIMEOUT: '5', FIRST: '' },
        PORTS: ports,
      },
    );
    expect([code, stderr]).toEqual([0, '$ docker start new1\n']);
    return stdout.trim();
  };

  it.each([
    ['198.19.1.2 invalid IP ', 'api new1 198.19.1.2 3000'],
    ['invalid IP fd00::2 ', 'api new1 fd00::2 3000'],
    ['198.19.1.2 fd00::2 198.19.2.2  ', 'api new1 198.19.1.2,fd00::2,198.19.2.2 3000'],
    ['invalid IP invalid IP ', 'api new1 - -'],
    ['  ', 'api new1 - -'],
  ])('are those that the candidate has: %j', async (said, candidates) => {
    addresses('new1', said);
    expect(await begin('api 3000\n')).toContain(candidates);
  });

  const ready = (candidates: string) =>
    host.run(`set -eu\n${remoteScript('ready')}`, { CANDIDATES: candidates, TIMEOUT: '1' });

  it('are tried one after the other: not every network is one that the host reaches', async () => {
    expect((await ready(`api new1 127.0.0.2,127.0.0.3 ${String(port)}\n`)).code).toBe(0);
    const { code, stdout } = await ready(`api new1 127.0.0.2,::1 ${String(port)}\n`);
    expect(code).toBe(71);
    expect(stdout).toContain(`nothing answered on its port ${String(port)}`);
  });

  it('are tried as well where an incumbent is started again', async () => {
    addresses('old1', 'invalid IP 127.0.0.2 127.0.0.3 invalid IP ');
    const { code } = await host.run(`set -eu\nis_ready old1 ${String(port)}`);
    expect(code).toBe(0);
    addresses('old1', 'invalid IP invalid IP ');
    expect((await host.run(`set -eu\nis_ready old1 ${String(port)}`)).code).not.toBe(0);
  });

  it('that are of IPv6 count among what a proxy still holds', async () => {
    addresses('old1', '198.19.1.2 fd00::2 ');
    addresses('old2', 'invalid IP fd00::3 ');
    addresses('old3', 'invalid IP invalid IP ');
    const row = (remote: string, state: string): string =>
      `   0: 00000000:1F90 ${remote} ${state} 0 0\n`;
    host.write('proc/7/net/tcp', `sl local remote st\n${row('020113C6:0BB8', '01')}`);
    host.write(
      'proc/7/net/tcp6',
      [
        row('000000FD000000000000000002000000:0BB8', '01'),
        row('000000FD000000000000000003000000:0BB8', '01'),
        row('000000FD000000000000000003000000:0BB8', '06'),
        row('000000FD000000000000000009000000:0BB8', '01'),
        row('0000000000000000FFFF0000020113C6:0BB8', '01'),
      ].join(''),
    );
    const held = async (ids: string): Promise<string> => {
      const given = { RESEE_PROC: host.path('proc') };
      return (await host.run(`set -eu\nconnections_to edge ${ids}`, given)).stdout.trim();
    };
    expect(await held('old1')).toBe('3');
    expect(await held('old2')).toBe('1');
    expect(await held('old3')).toBe('0');
    expect(await held('old1 old2 old3')).toBe('4');
  });
});

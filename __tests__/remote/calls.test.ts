import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { remoteScript } from '../../src/remote/load.js';
import { SHELLS, toyHost, type ToyHost } from './host.js';

const HEADER = '  sl  local_address rem_address   st\n';
/** Addresses of the containers as the kernel writes them: 198.19.1.2 to 198.19.1.5, and fd00::2. */
const [WEB, API, DB, NONE] = ['020113C6', '030113C6', '040113C6', '630113C6'];
const API6 = '000000FD000000000000000002000000';
const MAPPED = '0000000000000000FFFF0000';

describe.each(SHELLS)('which containers call which, with $name as sh', ({ path }) => {
  let host: ToyHost;
  beforeEach(() => {
    host = toyHost(path);
    host.write(
      'project',
      [
        'web 11 shop_default=198.19.1.2= shop_other==fd00::9 ',
        'api 12 shop_default=198.19.1.3=fd00::2 ',
        'db 13 shop_default=198.19.1.4= ',
        'ended 0 shop_default== ',
        'hidden 15 shop_default=198.19.1.6= ',
        '',
      ].join('\n'),
    );
    for (const pid of [11, 12, 13]) tables(pid, []);
  });
  afterEach(() => {
    host.remove();
  });

  function tables(pid: number, rows: readonly string[], six: readonly string[] = []): void {
    const table = (lines: readonly string[]): string =>
      HEADER + lines.map((line, n) => `   ${String(n)}: ${line} 0 0\n`).join('');
    host.write(`proc/${String(pid)}/net/tcp`, table(rows));
    host.write(`proc/${String(pid)}/net/tcp6`, table(six));
  }
  const calls = async (): Promise<readonly string[]> => {
    const words = ['lib/connection-table', 'observe/calls'].map(remoteScript).join('\n');
    const { code, stdout, stderr } = await host.run(
      `set -eu\n${words}\ncalls_among "$TOY/project"`,
      { RESEE_PROC: host.path('proc'), TOY: host.root },
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return stdout.split('\n').filter((line) => line !== '');
  };
  const LISTENS = '00000000:1F40 00000000:0000 0A';

  it('one that has opened a connection to a port on which the other listens, once', async () => {
    tables(12, [LISTENS, `${API}:1F40 ${WEB}:C350 01`, `${API}:1F40 ${WEB}:C351 01`]);
    tables(11, [`${WEB}:C350 ${API}:1F40 01`]);
    expect(await calls()).toEqual(['web api']);
  });

  it('one whose connection has ended, and that alone remembers it', async () => {
    tables(12, [LISTENS]);
    tables(11, [`${WEB}:C350 ${API}:1F40 06`]);
    expect(await calls()).toEqual(['web api']);
  });

  it('over IPv6, and over sockets of IPv6 that speak IPv4', async () => {
    tables(
      12,
      [],
      [
        '00000000000000000000000000000000:1F40 00000000000000000000000000000000:0000 0A',
        `${MAPPED}${API}:1F40 ${MAPPED}${WEB}:C350 01`,
        `${API6}:1F40 000000FD000000000000000009000000:C351 01`,
      ],
    );
    expect(await calls()).toEqual(['web api']);
  });

  it('nobody that it calls itself, the host, itself, or anybody who is not of the stack', async () => {
    tables(12, [
      LISTENS,
      `${API}:C350 ${DB}:1538 01`,
      `${API}:1F40 ${API}:C351 01`,
      `0100007F:1F40 0100007F:C352 01`,
      `${API}:1F40 ${NONE}:C353 01`,
      `${API}:1F40 010113C6:C354 01`,
    ]);
    expect(await calls()).toEqual([]);
    tables(13, ['00000000:1538 00000000:0000 0A']);
    expect(await calls()).toEqual(['api db']);
  });
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { remoteScript } from '../../src/remote/load.js';
import { SHELLS, toyHost, type ToyHost } from './host.js';

/** Each file in containers/ is the line that `docker inspect` gives of a container that runs. */
const ENGINE = `
case $1 in
  ps) ls "$TOY/containers" ;;
  inspect) shift 3; for id; do cat "$TOY/containers/$id" || exit 1; done ;;
  top) echo 'PID COMMAND'; cat "$TOY/workers" ;;
esac`;

const LISTENS = '00000000:0BB8 00000000:0000 0A';
const STATE = "state of o'neill/journal/connections";

/** An IPv4 address and a port as the kernel writes them. */
function inKernel(address: string, port: number): string {
  const bytes = address.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0'));
  return `${bytes.reverse().join('')}:${port.toString(16).padStart(4, '0')}`.toUpperCase();
}

describe.each(SHELLS)(
  'who opens connections to the old containers, with $name as sh',
  ({ path }) => {
    let host: ToyHost;
    beforeEach(() => {
      host = toyHost(path);
      host.answerDocker(ENGINE);
      host.write('workers', '1 nginx: worker process\n');
      for (const [id, pid, addresses] of CONTAINERS) {
        host.write(`containers/${id}`, `${id} ${String(pid)} /the-${id} ${addresses}\n`);
        connections(id, []);
      }
    });
    afterEach(() => {
      host.remove();
    });

    const CONTAINERS = [
      ['old1', 11, '198.19.1.2 fd00::2'],
      ['old2', 12, '198.19.1.3 '],
      ['edge', 13, '198.19.1.4 fd00:0:0:1::4'],
      ['other', 14, '198.19.1.5 '],
    ] as const;

    /** What the kernel's table has in the network namespace of a container. */
    const connections = (
      id: string,
      lines: readonly string[],
      { six = [], datagrams = 0 }: { six?: readonly string[]; datagrams?: number } = {},
    ): void => {
      const pid = CONTAINERS.find(([name]) => name === id)?.[1];
      const table = (rows: readonly string[]): string =>
        [
          '  sl  local_address rem_address   st',
          ...rows.map((row, n) => `   ${String(n)}: ${row} 0 0`),
        ]
          .map((row) => `${row}\n`)
          .join('');
      const listening = id.startsWith('old') ? [LISTENS] : [];
      host.write(`proc/${String(pid)}/net/tcp`, table([...listening, ...lines]));
      host.write(`proc/${String(pid)}/net/tcp6`, table(six));
      host.write(
        `proc/${String(pid)}/net/snmp`,
        `Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors\nUdp: 7 0 0 ${String(datagrams)} 0\n`,
      );
    };
    const open = (from: string, port: number, state = '01'): string =>
      `${inKernel('198.19.1.2', 3000)} ${inKernel(from, port)} ${state}`;
    const many = (from: string, first: number): string[] =>
      [0, 1, 2].map((n) => open(from, first + n));
    const run = (script: string) =>
      host.run(`set -eu\n${script}`, { RESEE_PROC: host.path('proc') });
    const note = (moved = '') => run(`note_left 'old1 old2' '${moved}'`);
    const required = (judged = 'yes') => run(`require_left ${judged} old1 old2`);

    it('nobody: the release goes on', async () => {
      connections('old1', many('198.19.1.4', 40_000));
      await note('caddy edge\n');
      expect(await required()).toMatchObject({ code: 0, stdout: '', stderr: '' });
    });

    it('is not asked where nothing was moved from them', async () => {
      expect(await required()).toMatchObject({ code: 0, stdout: '', stderr: '' });
      expect(host.dockerCalls()).toEqual([]);
    });

    it('a proxy that was told and did not obey fails the release', async () => {
      connections('old1', [open('198.19.1.4', 40_000)]);
      await note('caddy edge\n');
      connections('old1', [open('198.19.1.4', 40_000), ...many('198.19.1.4', 41_000)], {
        datagrams: 5,
      });
      const { code, stdout, stderr } = await required();
      expect([code, stdout]).toEqual([74, 'opened the-edge 3\n']);
      expect(stderr).toContain('the-edge has opened 3 connection(s) to the old containers');
    });

    it('one that asks for no address any more fails it, whatever it is', async () => {
      await note();
      connections('old1', many('198.19.1.5', 41_000));
      expect(await required()).toMatchObject({ code: 74, stdout: 'opened the-other 3\n' });
    });

    it('one that asks DNS finds the candidates there', async () => {
      await note();
      connections('old1', many('198.19.1.5', 41_000));
      connections('other', [], { datagrams: 3 });
      const { code, stderr } = await required();
      expect(code).toBe(0);
      expect(stderr).toContain(
        'the-other has opened 3 connection(s) to the old containers by their name',
      );
    });

    it('is told, and accepted, where a gap is', async () => {
      await note();
      connections('old1', many('198.19.1.5', 41_000));
      expect(await required('no')).toMatchObject({ code: 0, stdout: '' });
    });

    it('a connection that has just ended counts, on whichever side it is remembered, and once', async () => {
      await note('caddy edge\n');
      connections('old1', [open('198.19.1.4', 41_000, '06'), open('198.19.1.4', 41_001)]);
      const mirrored = [41_001, 41_002].map(
        (port) => `${inKernel('198.19.1.4', port)} ${inKernel('198.19.1.2', 3000)} 06`,
      );
      connections('edge', mirrored);
      expect((await required()).stdout).toBe('opened the-edge 3\n');
    });

    it.each([
      ['its own healthcheck', '127.0.0.1', 3000],
      ['itself', '198.19.1.2', 3000],
      ['another old container', '198.19.1.3', 3000],
      ['the host', '198.19.1.1', 3000],
      ['whom it opened them to itself', '198.19.1.5', 50_000],
    ])('does not count those of %s', async (_name, from, port) => {
      await note();
      connections(
        'old1',
        [41_000, 41_001, 41_002].map(
          (remote) => `${inKernel('198.19.1.2', port)} ${inKernel(from, remote)} 01`,
        ),
      );
      expect(await required()).toMatchObject({ code: 0, stdout: '' });
    });

    it('reads IPv6, and IPv4 in sockets of IPv6', async () => {
      await note('caddy edge\n');
      const mapped = '0000000000000000FFFF0000';
      connections('old1', [], {
        six: [
          `${mapped}${inKernel('198.19.1.2', 3000)} ${mapped}${inKernel('198.19.1.4', 41_000)} 01`,
          // fd00::2, and fd00:0:0:1::4
          '000000FD000000000000000002000000:0BB8 000000FD010000000000000004000000:A029 01',
        ],
      });
      connections('edge', []);
      expect((await required()).stdout).toBe('opened the-edge 2\n');
    });

    describe('an nginx', () => {
      const MOVED = 'nginx edge\n';

      it('may open what it likes for the requests that it began before, until its old workers have ended', async () => {
        await note(MOVED);
        host.write('workers', '1 nginx: worker process is shutting down\n');
        await run('note_drained || :');
        connections('old1', many('198.19.1.4', 41_000));
        host.write('workers', '2 nginx: worker process\n');
        await run('note_drained');
        expect((await required()).code).toBe(0);
        connections('old1', many('198.19.1.4', 42_000));
        expect(await required()).toMatchObject({ code: 74, stdout: 'opened the-edge 3\n' });
      });

      it('is watched for a moment at least, where its drain has ended only now', async () => {
        await note(MOVED);
        connections('old1', many('198.19.1.4', 41_000));
        const from = performance.now();
        expect((await required()).code).toBe(0);
        expect(performance.now() - from).toBeGreaterThan(290);
        expect(host.exists(`${STATE}/drained/edge`)).toBe(true);
      });

      it('is looked at during the soak', async () => {
        await note(MOVED);
        const { code } = await run(
          remoteScript('soak').replace('$CANDIDATES', '').replace('HUNDREDTHS_TO_SOAK)', '10)'),
        );
        expect(code).toBe(0);
        expect(host.exists(`${STATE}/drained/edge`)).toBe(true);
      });
    });

    it('a caller that holds a pin may have an older one in mind for some seconds', async () => {
      host.write("state of o'neill/journal/callers/other", '');
      host.write("state of o'neill/journal/callers/routes-web", '');
      await note('caddy edge\n');
      expect(host.read(`${STATE}/moved`)).toBe('caddy edge\ncaller other\n');
      await run('note_drained || :');
      connections('old1', many('198.19.1.5', 41_000));
      host.write(`${STATE}/callers-at`, '0\n');
      await run('note_drained');
      expect((await required()).code).toBe(0);
      connections('old1', [...many('198.19.1.5', 41_000), ...many('198.19.1.5', 42_000)]);
      expect(await required()).toMatchObject({ code: 74, stdout: 'opened the-other 3\n' });
    });

    it('whoever may be late is left alone for so long', async () => {
      await run("note_left 'old1 old2' '' 600");
      await run('note_drained || :');
      connections('old1', many('198.19.1.5', 41_000));
      expect((await required()).code).toBe(0);
      connections('old1', [...many('198.19.1.5', 41_000), ...many('198.19.1.5', 42_000)]);
      expect((await required()).code).toBe(74);
    });

    it('says so where the kernel does not let it look', async () => {
      await note();
      host.write('containers/old1', 'old1 99 /the-old1 198.19.1.2\n');
      const { code, stderr } = await required();
      expect(code).toBe(0);
      expect(stderr).toContain('is not proven');
    });

    it('forgets nothing of what was open before where another batch is moved', async () => {
      connections('old1', many('198.19.1.5', 41_000));
      await run("note_left old1 ''");
      await run("note_left old2 ''");
      expect((await required()).code).toBe(0);
    });
  },
);

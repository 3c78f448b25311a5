import { describe, expect, it } from '@jest/globals';
import { parseFacts } from '../../src/host/facts.js';
import { parseImages } from '../../src/host/images.js';
import { composeProjects } from '../../src/host/listed-containers.js';
import { heldPorts } from '../../src/host/ports.js';
import { parseRoom, roomProblem } from '../../src/host/room.js';

const sections = (answers: Readonly<Record<string, string>>) => new Map(Object.entries(answers));

describe('heldPorts', () => {
  const held = (answers: Readonly<Record<string, string>>) => heldPorts(sections(answers));

  it('reads what containers publish, of whatever project', () => {
    const ports =
      '0.0.0.0:80->80/tcp, :::80->80/tcp, [::]:443->443/tcp, 127.0.0.1:5000-5001->5000-5001/udp, 9000/tcp';
    const by = { kind: 'container', name: 'web-1', project: 'shop' };
    expect(
      held({ listed: `shop\t/srv/shop\tc.yaml\tFalse\tUp 1 second\tweb-1\t${ports}\n` }),
    ).toEqual([
      { protocol: 'tcp', address: '0.0.0.0', port: 80, by },
      { protocol: 'tcp', address: '::', port: 80, by },
      { protocol: 'tcp', address: '::', port: 443, by },
      { protocol: 'udp', address: '127.0.0.1', port: 5000, by },
      { protocol: 'udp', address: '127.0.0.1', port: 5001, by },
    ]);
  });

  it('takes a container that was run by hand from an image of the stack for none of it', () => {
    const listed = 'shop\t\t\t\tUp 1 second\teager_bell\t0.0.0.0:80->80/tcp\n';
    const by = { kind: 'container', name: 'eager_bell', project: '' };
    expect(held({ listed })).toEqual([{ protocol: 'tcp', address: '0.0.0.0', port: 80, by }]);
    expect(composeProjects(sections({ listed }))).toEqual([]);
  });

  it.each([
    ['tcp 00000000:0050 0', 'tcp', '0.0.0.0', 80, 0],
    ['tcp 0100007F:1F90 33', 'tcp', '127.0.0.1', 8080, 33],
    ['udp 3500007F:0035 101', 'udp', '127.0.0.53', 53, 101],
    ['tcp6 00000000000000000000000000000000:0016 0', 'tcp', '::', 22, 0],
    ['tcp6 00000000000000000000000001000000:0016 0', 'tcp', '::1', 22, 0],
    ['tcp6 0000000000000000FFFF00000100007F:0050 0', 'tcp', '127.0.0.1', 80, 0],
  ])('reads %s', (line, protocol, address, port, uid) => {
    expect(held({ listening: `${line}\n` })).toEqual([
      { protocol, address, port, by: { kind: 'process', uid } },
    ]);
  });

  it('reads nothing into what it does not know', () => {
    expect(
      held({ listening: 'dccp 1:2 3\ntcp 1:2 3\n', listed: 'a\tb\tc\tFalse\tUp\td\tx->y\n' }),
    ).toEqual([]);
    expect(held({})).toEqual([]);
  });
});

describe('parseImages', () => {
  it('reads ids and sizes, whatever the unit is', () => {
    const { images, imageSizesKb } = parseImages(
      'a 1.5GB x:latest x@<none>\nb 77.8MB y:1 y@sha256:1\nc 0B z:1\nd 10kB w:1 <none>@<none>\ne N/A v:1\n',
    );
    expect(images).toEqual({
      x: 'a',
      'y:1': 'b',
      'y@sha256:1': 'b',
      'z:1': 'c',
      'w:1': 'd',
      'v:1': 'e',
    });
    const rounded = Object.entries(imageSizesKb).map(([name, kb]) => [name, Math.round(kb)]);
    expect(rounded).toEqual([
      ['x', 1_464_844],
      ['y:1', 75_977],
      ['y@sha256:1', 75_977],
      ['z:1', 0],
      ['w:1', 10],
    ]);
  });
});

describe('parseFacts', () => {
  it.each([
    [{ buildx: 'github.com/docker/buildx v0.13.1+ds1 0.13.1-1\n' }, '0.13.1+ds1'],
    [{ 'buildx.err': "docker: 'buildx' is not a docker command." }, 'none'],
    [{ 'buildx.err': 'docker: unknown command: docker buildx' }, 'none'],
    [{ 'buildx.err': 'open /home/u/.docker/config.json: permission denied' }, undefined],
    [{}, undefined],
  ])('tells the version of Buildx: %j', (answers, version) => {
    expect(parseFacts(sections(answers)).buildxVersion).toBe(version);
  });
});

describe('parseRoom', () => {
  it.each([
    ['1024 5 /var/lib/docker\n', { path: '/var/lib/docker', freeKb: 1024, freeInodes: 5 }],
    ['1024 - /a b\n', { path: '/a b', freeKb: 1024, freeInodes: undefined }],
    ['', undefined],
    [undefined, undefined],
    ['x', undefined],
  ])('%j', (text, room) => {
    expect(parseRoom(text)).toEqual(room);
  });
});

describe('roomProblem', () => {
  const problem = (answers: Readonly<Record<string, string>>) => roomProblem(sections(answers));
  const room = (state: string, stack = '9999 99', temporary = '9999 -') => ({
    room: `state ${state} /home/u\nstack ${stack} /srv/shop\ntemporary ${temporary} /tmp\n`,
  });

  it('is none where there is room, or nothing is known', () => {
    expect(problem(room('9999 -'))).toBeUndefined();
    expect(problem(room('4096 50', '1024 50', '256 50'))).toBeUndefined();
    expect(problem({})).toBeUndefined();
    expect(problem({ 'state-unwritable': '', room: '' })).toBeUndefined();
    expect(problem({ room: 'state x\n' })).toBeUndefined();
  });

  it.each([
    [room('4095 -'), 'the disk of /home/u is full, and the state directory lies there: 4.0 MiB'],
    [room('9999 49'), '49 inodes are free, and at least 50 are needed'],
    [room('9999 -', '100 -'), 'the disk of /srv/shop is full, and the directory of the stack lies'],
    [room('9999 -', '9999 -', '0 -'), 'temporary files lie there: 0.0 MiB are free, and at least'],
  ])('%j', (answers, what) => {
    expect(problem(answers)?.what).toContain(what);
    expect(problem(answers)?.next).toMatch(
      /df -h \/(home\/u|srv\/shop|tmp); df -i .*docker system/,
    );
  });

  it('names a directory that is not to be written to', () => {
    const found = problem({ 'state-unwritable': '/home/u/.local\n', ...room('0 0') });
    expect(found?.what).toContain('may not write to /home/u/.local');
    expect(found?.next).toContain('sudo chown "$USER" /home/u/.local');
  });

  it('tells why no file can be made at all', () => {
    expect(problem({ 'scratch.err': 'disk quota exceeded\n' })).toMatchObject({
      what: 'no file can be written on the host',
      evidence: 'disk quota exceeded',
    });
  });
});

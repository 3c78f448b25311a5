import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/plan/compose/json.js';
import { actions, planned, serviceIn, services } from './observed.js';

const volume = { type: 'volume', source: 'data', target: '/data' };

/** The worker, with this and a change. */
function changed(worker: JsonObject, others: Readonly<Record<string, JsonObject>> = {}) {
  const wants = services({ worker: { environment: { X: '1' } } });
  return planned({ was: services({ worker, ...others }), wants });
}

const serial = (source: string) => ({ devices: [{ source, target: source, permissions: 'rwm' }] });

describe('two of a service at once', () => {
  it.each<[string, JsonObject, string]>([
    [
      'a MAC address',
      { mac_address: '02:42:ac:11:65:43' },
      'it has the fixed address 02:42:ac:11:65:43',
    ],
    [
      'a MAC address in a network',
      { networks: { default: { mac_address: '02:42:ac:11:65:43' } } },
      'it has the fixed address 02:42:ac:11:65:43',
    ],
    ['a serial port', serial('/dev/ttyUSB0'), 'it uses the device /dev/ttyUSB0'],
    [
      'a device as a text',
      { devices: ['/dev/ttyACM0:/dev/ttyACM0'] },
      'it uses the device /dev/ttyACM0',
    ],
    ['a link to one', serial('/dev/serial/by-id/x'), 'it uses the device /dev/serial/by-id/x'],
    ['one of a board', serial('/dev/ttyAMA0'), 'it uses the device /dev/ttyAMA0'],
    ['a name of it', serial('/dev/ttyZigbee'), 'it uses the device /dev/ttyZigbee'],
    ['a camera', serial('/dev/video0'), 'it uses the device /dev/video0'],
    ['USB', serial('/dev/bus/usb'), 'it uses the device /dev/bus/usb'],
    [
      'a replicator',
      { image: 'litestream/litestream:0.3' },
      'two would replicate the same database',
    ],
  ])('must not be: %s', (_, worker, single) => {
    const of = changed(worker);
    expect(serviceIn(of, 'worker').single).toBe(single);
    expect(actions(of)).toMatchObject({ worker: 'replace' });
  });

  it.each([
    '/dev/dri',
    '/dev/dri/renderD128',
    '/dev/fuse',
    '/dev/net/tun',
    '/dev/snd',
    '/dev/null',
    '/dev/kmsg',
    '/dev/input/event0',
    '/dev/video10',
    '/dev/tty0',
    '/dev/i2c-1',
    '/dev/gpiochip0',
    '/dev/sr0',
    '/dev/xvdf',
    '/dev/md0',
    '/dev/mmcblk0',
    '/dev/vchiq',
    '/dev/davinci0',
    '/dev/made-up',
  ])('may be: %s', (source) => {
    expect(actions(changed(serial(source)))).toMatchObject({ worker: 'roll' });
  });

  it('must not be, where beside the one writer of a database only litestream reads along', () => {
    const replicator = { image: 'litestream/litestream', networks: { default: null } };
    const of = changed({ volumes: [volume] }, { replicator: { ...replicator, volumes: [volume] } });
    expect(serviceIn(of, 'worker').single).toBe('only it writes to data');
  });
});

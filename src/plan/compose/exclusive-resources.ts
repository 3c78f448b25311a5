import { isObject, listOf, objectOf, textOf, type JsonObject } from './json.js';

/** Ports of the host, `8000` or the range `8000-8010`. */
export function publishedPorts(json: JsonObject): readonly string[] {
  return listOf(json['ports']).flatMap((port) => textOf(objectOf(port)['published']) ?? []);
}

/** What Docker, or the host, lets one container alone have; undefined: nothing of it. */
export function singleReason(json: JsonObject, addresses: readonly string[]): string | undefined {
  const containerName = textOf(json['container_name']);
  if (containerName !== undefined) return `container_name is ${containerName}`;
  const port = publishedPorts(json).find((published) => !published.includes('-'));
  if (port !== undefined) return `it publishes port ${port} of the host`;
  const [address] = addresses;
  if (address !== undefined) return `it has the fixed address ${address}`;
  const endpoints = Object.values(objectOf(json['networks'])).map(objectOf);
  const [mac] = [json, ...endpoints].flatMap((each) => textOf(each['mac_address']) ?? []);
  if (mac !== undefined) return `it has the fixed address ${mac}`;
  const device = exclusiveDevice(json);
  return device === undefined ? undefined : `it uses the device ${device}`;
}

/**
 * What one program alone can use: serial ports, also by the names that people give to the sticks at them, cameras,
 * printers, tuners, what is claimed over USB. Of any other device several containers may have it open.
 */
const EXCLUSIVE = [
  /^\/dev\/(?:tty(?:USB|ACM|AMA|S|O|SC|mxc|THS|PS|GS|XRUSB|SAC|LP|FIQ)\d+|rfcomm\d+|serial\d+|serial\/|modem)/,
  /^\/dev\/(?:video\d$|v4l\/|dvb\/|lp\d+$|usb\/lp\d+$|usblp\d+$|bus\/usb(?:\/|$)|tpm\d+$|watchdog\d*$|apex_\d+$)/,
  /^\/dev\/[^/]*(?:zigbee|z-?wave|conbee|skyconnect|cc2\d{3}|sonoff|rflink|rfxtrx|enocean|arduino|gps\d*$)/i,
];

/** A device of the host that only one container can use. */
function exclusiveDevice(service: JsonObject): string | undefined {
  return listOf(service['devices'])
    .flatMap((device) => {
      const text = textOf(device)?.replace(/:.*$/, '');
      return (isObject(device) ? textOf(device['source']) : text) ?? [];
    })
    .find((path) => EXCLUSIVE.some((pattern) => pattern.test(path)));
}

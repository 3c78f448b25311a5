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

/** What several containers may open at once: graphics, sound, memory, disks, what the kernel makes for each. */
const SHARED =
  /^\/dev\/(?:dri|kfd|nvidia[\w-]*|accel|dxg|kvm|vhost-[\w-]+|snd|shm|mem|gpiomem\d*|vchiq|dma_heap|rtc\d*|fuse|net|null|zero|full|u?random|sd[a-z]+\d*|nvme[\w]*|mapper|disk|loop[\w-]*|ptmx|pts|tty)(?:\/|$)/;

/** A device of the host that only one container can use: a serial port, a USB stick. */
function exclusiveDevice(service: JsonObject): string | undefined {
  return listOf(service['devices'])
    .flatMap((device) => {
      const text = textOf(device)?.replace(/:.*$/, '');
      return (isObject(device) ? textOf(device['source']) : text) ?? [];
    })
    .find((path) => path.startsWith('/dev/') && !SHARED.test(path));
}

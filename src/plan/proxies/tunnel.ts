import { objectOf, textOf } from '../compose/json.js';
import type { Service } from '../compose/stack.js';
import { parseAddress, type Upstream } from './upstream.js';

/** Programs that let requests in over a connection of their own, without a port of the host. */
const IMAGE = /(?:^|\/)(?:cloudflared|ngrok)(?:[:@]|$)/;
/** Where cloudflared answers questions of DNS, no request goes through it. */
const OTHER_USE = /(?:^|\s)(?:proxy-dns|access)(?:\s|$)/;

/** True for a service through which requests come in by a tunnel. */
export function isTunnel({ image, command }: Service): boolean {
  return IMAGE.test(image) && !OTHER_USE.test(command.join(' '));
}

/** Where its command or its variables send requests: `tunnel --url http://web:3000`. Others come from a file, or a token. */
export function upstreamsOfTunnel({ command, definition }: Service): readonly Upstream[] {
  const variable = textOf(objectOf(definition['environment'])['TUNNEL_URL']) ?? '';
  const words = [...command.flatMap((word) => word.split(/\s+/)), variable];
  return words.flatMap((word) => {
    const [, scheme, address = ''] = /^(?:--url=)?([a-z]+:\/\/)?([^/]*)\/?$/.exec(word) ?? [];
    const upstream = parseAddress(address);
    const isMeant = scheme !== undefined || upstream?.port !== undefined;
    return upstream === undefined || !isMeant ? [] : [upstream];
  });
}

/** cloudflared’s own file: `ingress:` with a `service: http://web:3000` for each host. */
const FILE = /^ingress[^\S\n]*:/m;
const SERVICE = /(?<![\w.-])service["']?[^\S\n]*:[^\S\n]*["']?[a-z][\w+.-]*:\/\/([^\s"',{}/#]+)/g;

export function isTunnelFile(text: string): boolean {
  return FILE.test(text) && parseTunnelFile(text).length > 0;
}

export function parseTunnelFile(text: string): readonly Upstream[] {
  const lines = text.replace(/(?<=^|\s)#[^\n]*/g, '');
  return [...lines.matchAll(SERVICE)].flatMap(([, address = '']) => parseAddress(address) ?? []);
}

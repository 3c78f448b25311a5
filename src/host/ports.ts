import { plainAddress } from '../plan/compose/addresses.js';
import type { HeldPort } from '../plan/host-facts.js';
import { listedContainers, type ListedContainer } from './listed-containers.js';
import { linesOf, type Sections } from './sections.js';

/** The ports of the host that somebody holds: containers that publish them, and processes that listen. */
export function heldPorts(sections: Sections): readonly HeldPort[] {
  return [
    ...listedContainers(sections).flatMap(publishedBy),
    ...linesOf(sections.get('listening')).flatMap(listener),
  ];
}

function publishedBy({ project, name, ports }: ListedContainer): readonly HeldPort[] {
  return ports.split(', ').flatMap((text) => {
    const [, address = '', first, last, protocol] =
      /^(.*):(\d+)(?:-(\d+))?->[\d-]+\/(tcp|udp)$/.exec(text.trim()) ?? [];
    if (first === undefined || (protocol !== 'tcp' && protocol !== 'udp')) return [];
    const from = Number(first);
    const count = Number(last ?? first) - from + 1;
    return Array.from({ length: count }, (_, index) => ({
      protocol,
      address: plainAddress(address.replace(/^\[(.*)\]$/, '$1')),
      port: from + index,
      by: { kind: 'container', name, project } as const,
    }));
  });
}

/** @param line `tcp6 00000000000000000000000000000000:0050 0`: bytes of the address as the machine orders them */
function listener(line: string): readonly HeldPort[] {
  const [, protocol, address = '', port = '', uid] =
    /^(tcp|udp)6? ((?:[\dA-F]{8}){1,4}):([\dA-F]{4}) (\d+)$/.exec(line) ?? [];
  if (protocol !== 'tcp' && protocol !== 'udp') return [];
  return [
    {
      protocol,
      address: addressOf(address),
      port: Number.parseInt(port, 16),
      by: { kind: 'process', uid: Number(uid) },
    },
  ];
}

function addressOf(hex: string): string {
  const words = hex.match(/.{8}/g) ?? [];
  // Machines that this runs on have the lowest byte first.
  const bytes = words.flatMap((word) => (word.match(/../g) ?? []).reverse());
  const four = (part: readonly string[]): string =>
    part.map((byte) => String(Number.parseInt(byte, 16))).join('.');
  if (bytes.length === 4) return four(bytes);
  const text = bytes.join('').toLowerCase();
  return text.startsWith(`${'0'.repeat(20)}ffff`)
    ? four(bytes.slice(12))
    : plainAddress((text.match(/.{4}/g) ?? []).join(':'));
}

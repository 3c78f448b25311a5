import { objectOf, textOf } from '../plan/compose/json.js';
import type { HostFacts } from '../plan/host-facts.js';
import { parseRoom } from './room.js';
import { linesOf, type Sections } from './sections.js';

/** What the host is, as it told. */
export function parseFacts(sections: Sections): HostFacts {
  const memory = new Map(
    linesOf(sections.get('meminfo')).map((line) => {
      const [name = '', kb = '0'] = line.split(/:\s*/);
      return [name, Number.parseInt(kb, 10)] as const;
    }),
  );
  const server = objectOf(JSON.parse(sections.get('docker') ?? '{}'));
  return {
    engineVersion: textOf(server['Version']) ?? '',
    platform: `${textOf(server['Os']) ?? ''}/${textOf(server['Arch']) ?? ''}`,
    composeVersion: sections.get('compose')?.trim() ?? '',
    buildxVersion: buildxVersion(sections),
    memoryTotalKb: memory.get('MemTotal') ?? 0,
    memoryAvailableKb: memory.get('MemAvailable') ?? 0,
    swapTotalKb: memory.get('SwapTotal') ?? 0,
    swapFreeKb: memory.get('SwapFree') ?? 0,
    imageRoom: parseRoom(sections.get('image-room')),
  };
}

function buildxVersion(sections: Sections): string | undefined {
  if (/not a docker command|unknown command/.test(sections.get('buildx.err') ?? '')) return 'none';
  return /\bv?(\d+\.\d+\S*)/.exec(sections.get('buildx') ?? '')?.[1];
}

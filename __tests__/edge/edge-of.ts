import { readConfig } from '../../src/edge/config/read.js';
import { createEdge } from '../../src/edge/edge.js';
import { TOKEN, ZONE_ID, type StandIn } from './cloudflare/stand-in.js';
import type { Told } from './told.js';

interface Wanted {
  readonly heard: Told;
  /** The commit changes the file. */
  readonly isChanged?: boolean;
  readonly signal?: AbortSignal;
}

interface EdgeOfFile {
  apply(): Promise<void>;
  foresee(): Promise<void>;
}

/** The edge of a zone of the stand-in, which a file with this text describes. The origin has no certificate. */
export function edgeOf(
  cloudflare: StandIn,
  text: string,
  { heard, isChanged = true, signal = new AbortController().signal }: Wanted,
): EdgeOfFile {
  const read = readConfig(text, 'edge.yml');
  if ('problems' in read) throw new Error(read.problems.join('\n'));
  const edge = createEdge(
    {
      cloudflare: {
        apiToken: TOKEN,
        zoneId: ZONE_ID,
        purge: { kind: 'none' },
        config: 'edge.yml',
        apiBaseUrl: cloudflare.baseUrl,
      },
      site: undefined,
    },
    { ...heard, dial: () => Promise.reject(new Error('nothing listens there')) },
  );
  edge.wants({ config: read.config, file: 'edge.yml', isChanged });
  return { apply: () => edge.configure(signal), foresee: () => edge.foresee(signal) };
}

import { posix } from 'node:path';
import { linesOf } from './sections.js';

/** Lines `FILE TAB LINE`, by file, normalised: `api/../docker/api.Dockerfile` is `docker/api.Dockerfile`. */
export function parseDockerfiles(text: string | undefined): Record<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const line of linesOf(text)) {
    const [file = '', ...rest] = line.split('\t');
    const name = posix.normalize(file);
    found.set(name, [...(found.get(name) ?? []), rest.join('\t')]);
  }
  return Object.fromEntries(found);
}

import { parseAddress, type Upstream } from './upstream.js';

const SERVER =
  /^[^\S\n]*(?:server[^\S\n]+\S+|server-template[^\S\n]+\S+[^\S\n]+\d+(?:-\d+)?)[^\S\n]+(?:ipv[46]@)?(\S+)/gm;

/** Where a configuration of HAProxy sends requests: the addresses of its `server` and `server-template` lines. */
export function parseHaproxyConfig(text: string): readonly Upstream[] {
  return [...text.matchAll(SERVER)].flatMap((match) => parseAddress(match[1] ?? '') ?? []);
}

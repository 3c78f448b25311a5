import { parseAddress, type Upstream } from './upstream.js';

const SERVER = /^[^\S\n]*server[^\S\n]+\S+[^\S\n]+(\S+)/gm;

/** Where a configuration of HAProxy sends requests: the addresses of its `server` lines. */
export function parseHaproxyConfig(text: string): readonly Upstream[] {
  return [...text.matchAll(SERVER)].flatMap((match) => parseAddress(match[1] ?? '') ?? []);
}

import { isIP } from 'node:net';
import { isHostName } from './addresses.js';
import type { Parsed } from './problem.js';
import { parseUsername } from './usernames.js';
import { splitList } from './values.js';

/** A hop on the way to the host, as the workflow named it. */
export interface JumpHost {
  readonly host: string;
  readonly port: number;
  readonly username: string | undefined;
}

const ALLOWED =
  'allowed is `[user@]host[:port]`, one a line, such as `ec2-user@bastion.example.com:2222`; ' +
  'an IPv6 address with a port stands in brackets: `[2001:db8::7]:22`';

/** The jump hosts, the first hop first. */
export function parseJumpHosts(text: string): Parsed<readonly JumpHost[]> {
  const hops: JumpHost[] = [];
  for (const item of splitList(text)) {
    const hop = parseJumpHost(item);
    if (hop === undefined) {
      const bare = item.replace(/^ssh:\/\//i, '').replace(/\/+$/, '');
      const nearest = bare !== item && parseJumpHost(bare) !== undefined ? bare : undefined;
      return { allowed: ALLOWED, part: item, nearest };
    }
    hops.push(hop);
  }
  return { value: hops };
}

function parseJumpHost(text: string): JumpHost | undefined {
  const at = text.lastIndexOf('@');
  const username = at === -1 ? undefined : text.slice(0, at);
  if (username !== undefined && !('value' in parseUsername(username))) return undefined;
  const address = text.slice(at + 1);
  if (isIP(address) === 6) return { host: address, port: 22, username };
  const [, bracketed, named, digits] =
    /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(address) ?? [];
  const port = digits === undefined ? 22 : Number(digits);
  if (port < 1 || port > 65_535) return undefined;
  if (bracketed !== undefined) {
    return isIP(bracketed) === 6 ? { host: bracketed, port, username } : undefined;
  }
  if (named === undefined || !(isIP(named) === 4 || isHostName(named))) return undefined;
  return { host: named, port, username };
}

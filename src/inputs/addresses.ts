import { isIP } from 'node:net';
import type { Parsed } from './problem.js';

const HOST_ALLOWED = 'allowed is a bare address: a name, an IPv4 or an IPv6 address';
const LABEL = /^(?!-)[A-Za-z0-9_-]{1,63}(?<!-)$/;

/** A bare host address; tells the usual mistakes apart: a URL, `user@host`, `host:port`. */
export function parseHost(text: string): Parsed<string> {
  if (text === '') return { allowed: 'the address of the host is required' };
  if (isIP(text) !== 0 || isHostName(text)) return { value: text };
  const bare = text
    .replace(/^[a-z][a-z0-9+.-]*:\/\//i, '')
    .replace(/[/?#].*$/, '')
    .replace(/^.*@/, '');
  const bracketed = /^\[([^\]]*)\](?::(\d+))?$/.exec(bare);
  const named = bracketed ?? /^([^:]*):(\d+)$/.exec(bare);
  const [, name = bare, port] = named ?? [];
  const hints = [
    /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? ', not a URL' : '',
    text.includes('@') ? '; the user goes into `username`' : '',
    port === undefined ? '' : `; the port \`${port}\` goes into \`port\``,
    bracketed !== null ? ', without brackets' : '',
  ];
  return {
    allowed: `${HOST_ALLOWED}${hints.join('')}`,
    nearest: name !== text && (isIP(name) !== 0 || isHostName(name)) ? name : undefined,
  };
}

/** An `http:` or `https:` URL without a user or a password in it. */
export function parseHttpUrl(text: string): Parsed<URL> {
  const allowed = 'allowed is a URL that begins with `http://` or `https://`';
  if (!URL.canParse(text)) {
    return { allowed, nearest: URL.canParse(`https://${text}`) ? `https://${text}` : undefined };
  }
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    const guess = `https://${text}`;
    return { allowed, nearest: /^[\w.-]+:\d+(\/|$)/.test(text) ? guess : undefined };
  }
  if (url.username !== '' || url.password !== '') {
    return { allowed: `${allowed}, and holds no user or password`, part: `${url.protocol}//…` };
  }
  return { value: url };
}

/** A Host header: a name or an address, with a port or without. */
export function parseHostHeader(text: string): Parsed<string> {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:]+)(?::\d{1,5})?$/.exec(text);
  const name = match?.[1] ?? '';
  if (name.startsWith('[') ? isIP(name.slice(1, -1)) === 6 : isHostName(name)) {
    return { value: text };
  }
  return { allowed: 'allowed is what a Host header holds, such as `example.com`' };
}

/** Whether it can be the name of a machine. */
export function isHostName(text: string): boolean {
  const name = text.endsWith('.') ? text.slice(0, -1) : text;
  if (name.length > 253) return false;
  const labels = name.split('.');
  // `1.2.3.456` is a mistyped address and not a name: no top-level domain is a number.
  return labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1) ?? '');
}

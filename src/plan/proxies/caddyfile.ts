import { parseAddress, type Upstream } from './upstream.js';

const DIRECTIVE = /^[^\S\n]*(?:reverse_proxy|php_fastcgi|to)[^\S\n]+([^\n{]+)/gm;
const DYNAMIC = /^[^\S\n]*dynamic[^\S\n]+a[^\S\n]+([^\s{]+)(?:[^\S\n]+(\d+))?/gm;

/** Where a Caddyfile sends requests: the hosts that `reverse_proxy` and `php_fastcgi` name. */
export function parseCaddyfile(text: string): readonly Upstream[] {
  // A backslash at its end goes on with the line; words may be quoted.
  const config = text
    .replace(/(^|\s)#[^\n]*/g, '$1')
    .replace(/\\\r?\n/g, ' ')
    .replace(/["`]/g, '');
  const dynamic = [...config.matchAll(DYNAMIC)].flatMap(
    ([, host = '', port = '80']) => parseAddress(`${host}:${port}`) ?? [],
  );
  const named = [...config.matchAll(DIRECTIVE)].flatMap((match) =>
    (match[1] ?? '')
      .trim()
      .split(/\s+/)
      .flatMap((word) => {
        // A matcher (`/api/*`, `@name`, `*`) is no address, and the parser says so.
        const upstream = parseAddress(word.replace(/^\w+:\/\//, ''));
        return upstream === undefined ? [] : [upstream];
      }),
  );
  return [...named, ...dynamic];
}

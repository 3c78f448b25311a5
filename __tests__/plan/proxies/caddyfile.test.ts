import { describe, expect, it } from '@jest/globals';
import { parseCaddyfile } from '../../../src/plan/proxies/caddyfile.js';

describe('where a Caddyfile sends requests', () => {
  it.each([
    ['an upstream on one line', 'reverse_proxy api:3000', [{ name: 'api', port: 3000 }]],
    ['a matcher before it', 'reverse_proxy /api/* api:3000', [{ name: 'api', port: 3000 }]],
    ['a named matcher', 'reverse_proxy @slow web', [{ name: 'web', port: undefined }]],
    [
      'several upstreams',
      'reverse_proxy one:80 two:80',
      [
        { name: 'one', port: 80 },
        { name: 'two', port: 80 },
      ],
    ],
    [
      'a block with `to`',
      'reverse_proxy {\n  to http://api:3000\n}',
      [{ name: 'api', port: 3000 }],
    ],
    ['php_fastcgi', 'php_fastcgi app:9000', [{ name: 'app', port: 9000 }]],
    [
      'upstreams that it looks up',
      'reverse_proxy {\n  dynamic a api 3000\n  dynamic srv _x._tcp.y\n}',
      [{ name: 'api', port: 3000 }],
    ],
    ['an address of IPv6', 'reverse_proxy [fd00::10]:80', [{ name: 'fd00::10', port: 80 }]],
    ['a comment', '# reverse_proxy old:1\nrespond "ok"', []],
  ])('understands %s', (_, text, upstreams) => {
    expect(parseCaddyfile(`example.org {\n${text}\n}\n`)).toEqual(upstreams);
  });
});

import { describe, expect, it } from '@jest/globals';
import { parseNginxConfig } from '../../../src/plan/proxies/nginx-config.js';
import { directivesIn, named } from '../../../src/plan/proxies/nginx-directives.js';
import { nginxPass } from '../../../src/plan/proxies/nginx-pass.js';

/** A reader whose time grows with the square of the text would need hours for it. */
const LENGTH = 400_000;

const PIECES = [
  'upstream a {',
  'upstream a ',
  'map $a $b {',
  'map ',
  'set $a b ',
  'set $a b;',
  'set $a $a$a$a;',
  'server a ',
  'proxy_pass http://$a$b;',
  'proxy_pass ',
  'resolver ',
  'keepalive_min_timeout 1 ',
  '{',
  '}',
  ';',
  '${',
  '${a',
  '"\\" ',
  "'",
  '#',
  '\\',
  'location /a { ',
];

describe('a configuration that somebody wrote to hold up a deploy', () => {
  it.each(PIECES)('%j again and again is read in no time', (piece) => {
    const text = piece.repeat(LENGTH / piece.length);
    parseNginxConfig(text);
    parseNginxConfig(`upstream a { ${text} }`);
    named('server', directivesIn(text));
    nginxPass(`server { listen 80; ${text} }`, { port: 80, host: 'localhost', path: '/' });
  });

  it('has targets that nobody knows where it has too many', () => {
    const sets = Array.from({ length: 400 }, (_, n) => `set $a a${n}; set $b b${n};`).join('');
    const passes = Array.from({ length: 400 }, (_, n) => `proxy_pass http://$a$b:${n};`).join('');
    const { unreadable } = parseNginxConfig(`resolver 127.0.0.11; ${sets} ${passes}`);
    expect(unreadable).toContain('http://$a$b:399');
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseCaddyConfig } from '../../../src/plan/proxies/caddy-config.js';
import { parseCaddyfile } from '../../../src/plan/proxies/caddyfile.js';
import { parseApacheConfig, parseDeclared } from '../../../src/plan/proxies/declared.js';
import { parseHaproxyConfig } from '../../../src/plan/proxies/haproxy-config.js';
import { parseNginxConfig } from '../../../src/plan/proxies/nginx-config.js';
import { caddySites, nginxSites } from '../../../src/plan/proxies/sites.js';
import type { Upstream } from '../../../src/plan/proxies/upstream.js';

const RUNS = { numRuns: 1_000, seed: 20_261_129 };
const NAMES = ['web', 'api', 'back-end', 'a.b', 'x_1'] as const;

/** Services that a configuration passes requests to, and for each place between its words a number. */
const written = fc.record({
  names: fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 6 }),
  style: fc.array(fc.nat(), { minLength: 8, maxLength: 64 }),
});

/** A layout: chooses one of the texts that mean the same, over and over, by what was drawn. */
function layout(style: readonly number[]): (...texts: readonly string[]) => string {
  let at = 0;
  return (...texts) => {
    const drawn = style[at % style.length] ?? 0;
    at += 1;
    return texts[drawn % texts.length] ?? '';
  };
}

/** A configuration of one kind, in a layout of its own. */
const KINDS: Readonly<
  Record<
    string,
    {
      readonly parse: (text: string) => readonly Upstream[];
      readonly write: (names: readonly string[], pick: ReturnType<typeof layout>) => string;
    }
  >
> = {
  nginx: {
    parse: (text) => parseNginxConfig(text).upstreams,
    write: (names, pick) => {
      const gap = (): string => pick(' ', '\n\t', '  ', ' # proxy_pass http://old:1; }\n', '\r\n');
      return names
        .map((name) => {
          const target = pick(`http://${name}:80`, `"http://${name}:80"`, `'http://${name}:80/x'`);
          return `location /${gap()}{${gap()}proxy_pass${gap()}${target}${pick('', ' ')};${gap()}}\n`;
        })
        .join(pick('', '# { upstream old { server gone:1; }\n'));
    },
  },
  Caddy: {
    parse: parseCaddyfile,
    write: (names, pick) => {
      const gap = (): string => pick(' ', '\t', '  ', ' \\\n\t');
      return names
        .map((name) => {
          const target = pick(`${name}:80`, `"${name}:80"`, `http://${name}:80`, `\`${name}:80\``);
          return `${pick('', '\t', '# reverse_proxy old:1\n')}reverse_proxy${gap()}${pick('', `/api/*${gap()}`)}${target}${pick('', ' {', ' # old:1')}${pick('\n', '\r\n')}`;
        })
        .join(pick('', '\n'));
    },
  },
  HAProxy: {
    parse: parseHaproxyConfig,
    write: (names, pick) =>
      names
        .map(
          (name) =>
            `${pick(' ', '\t', '    ')}server${pick(' ', '\t')}s1${pick(' ', '  ')}${name}:80${pick('', ' check', ' # server s2 old:1')}${pick('\n', '\r\n')}`,
        )
        .join(pick('', '# server s2 old:1\n', '\n')),
  },
  Apache: {
    parse: parseApacheConfig,
    write: (names, pick) =>
      names
        .map((name) => {
          const target = pick(`http://${name}:80/`, `"http://${name}:80/"`);
          return `${pick('', '\t')}${pick('ProxyPass', 'proxypass', 'BalancerMember')}${pick(' ', '\t')}${pick('/ ', '"/" ')}${target}${pick('\n', '\r\n')}`;
        })
        .join(pick('', '# ProxyPass / http://old:1/\n', '\n')),
  },
  declared: {
    parse: parseDeclared,
    write: (names, pick) =>
      names
        .map((name) => {
          const target = pick(
            `http://${name}:80`,
            `"http://${name}:80"`,
            `'http://${name}:80/#x'`,
            `"http://${name}:80"  # url: http://old:1`,
          );
          return `${pick('', '  - ', '\t')}url${pick(': ', ' = ')}${target}${pick('\n', '\r\n')}`;
        })
        .join(pick('', '# url: http://old:1\n', '   #url: "http://old:1"\n', '\n')),
  },
};

describe('a configuration of a proxy', () => {
  it.each(Object.entries(KINDS))('of %s says the same however it is laid out', (_, kind) => {
    fc.assert(
      fc.property(written, ({ names, style }) => {
        const text = kind.write(names, layout(style));
        expect([text, kind.parse(text)]).toEqual([text, names.map((name) => ({ name, port: 80 }))]);
      }),
      RUNS,
    );
  });

  const READERS = {
    ...Object.fromEntries(Object.entries(KINDS).map(([name, { parse }]) => [name, parse])),
    'Caddy in JSON': parseCaddyConfig,
    'sites of nginx': nginxSites,
    'sites of Caddy': caddySites,
  };
  const pieces = fc.constantFrom(
    ...Array.from(`{}[]()"'\`;:=#\\/$@,.\t\n\r -*~|`),
    ...['server', 'upstream', 'proxy_pass', 'reverse_proxy', 'set', 'map', 'url', 'listen', 'to'],
    ...['http://', 'web', 'web:80', '$x', '${x}', '\0', 'é', 'ProxyPass', 'resolve', 'backend b\n'],
  );
  const anything = fc
    .array(pieces, { maxLength: 60 })
    .map((words) => words.join(''))
    .chain((text) => fc.nat({ max: 40 }).map((times) => text.repeat(times)));

  it.each(Object.entries(READERS))('that is none is read to its end: %s', (_, parse) => {
    fc.assert(
      fc.property(anything, (text) => {
        const from = performance.now();
        parse(text);
        expect(performance.now() - from).toBeLessThan(2_000);
      }),
      RUNS,
    );
  });
});

import { spawnSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { readConfig, type EdgeConfig } from '../../src/edge/config/read.js';

/** The file, with all that it may say. */
const WHOLE = `
dns:
  - type: A
    name: example.com
    content: 203.0.113.7
  - { type: AAAA, name: WWW.example.com, content: '2001:db8::7', proxied: false }
ssl: strict
min-tls-version: 1.2
always-use-https: true
cache-rules:
  - name: assets
    path: /assets/
    cache: true
    edge-ttl: 30d
  - { name: api, path: /api/, cache: false }
  - { name: media, path: /media/, cache: true }
rate-limit:
  path: /api/
  requests: 100
  period: 10s
  block: 10s
`;

function read(text: string): EdgeConfig {
  const result = readConfig(text, 'edge.yml');
  if ('problems' in result) throw new Error(result.problems.join('\n'));
  return result.config;
}

function problemsOf(text: string): readonly string[] {
  const result = readConfig(text, 'edge.yml');
  return 'problems' in result ? result.problems : [];
}

describe('the file of cloudflare-config', () => {
  it('says how the edge should be', () => {
    expect(read(WHOLE)).toEqual({
      dns: [
        { type: 'A', name: 'example.com', content: '203.0.113.7', proxied: true },
        { type: 'AAAA', name: 'www.example.com', content: '2001:db8::7', proxied: false },
      ],
      settings: { ssl: 'strict', min_tls_version: '1.2', always_use_https: 'on' },
      cacheRules: [
        { name: 'assets', path: '/assets/', cache: true, edgeTtlSeconds: 2_592_000 },
        { name: 'api', path: '/api/', cache: false, edgeTtlSeconds: undefined },
        { name: 'media', path: '/media/', cache: true, edgeTtlSeconds: undefined },
      ],
      rateLimit: { path: '/api/', requests: 100 },
    });
  });

  it('tells what it does not speak of from what it wants to be empty', () => {
    const config = read('always-use-https: false');
    expect(config).toEqual({
      dns: [],
      settings: { always_use_https: 'off' },
      cacheRules: undefined,
      rateLimit: undefined,
    });
    expect(read('cache-rules: []').cacheRules).toEqual([]);
  });

  it('may use anchors', () => {
    const text = `dns:\n  - &home { type: A, name: example.com, content: &ip 203.0.113.7 }\n  - { type: A, name: www.example.com, content: *ip }\n`;
    expect(read(text).dns.map(({ content }) => content)).toEqual(['203.0.113.7', '203.0.113.7']);
  });

  it.each<[string, string]>([
    ['', 'edge.yml:1:1: allowed is a mapping of `dns`'],
    ['- a', 'edge.yml:1:1: allowed is a mapping'],
    ['ssl: strict\nssl: full', 'edge.yml:2:1: Map keys must be unique'],
    ['dns: [', 'edge.yml:1:7: '],
    ['dns: *home', 'edge.yml:1:6: '],
    [
      'ssl: flexible',
      'edge.yml:1:6: `ssl`: `flexible`: allowed is `full` or `strict`: with anything less',
    ],
    ['ssl:', 'edge.yml:1:5: `ssl`: allowed is `full`'],
    ['a: 1\nshield: on', 'edge.yml:2:1: there is no `shield`; allowed are `dns`, `ssl`'],
    ['min-tls-version: 1.0', 'edge.yml:1:18: `min-tls-version`: `1`: allowed is `1.2` or `1.3`'],
    [
      'always-use-https: yes',
      'edge.yml:1:19: `always-use-https`: `yes`: allowed is `true` or `false`',
    ],
    [
      'dns:\n  - type: CNAME\n    name: a.example.com\n    content: 203.0.113.7',
      'edge.yml:2:11: `dns[0].type`: `CNAME`',
    ],
    ['dns:\n  - type: A\n    content: 203.0.113.7', 'edge.yml:2:5: `dns[0].name` is missing'],
    [
      'dns:\n  - type: A\n    name: "@"\n    content: 203.0.113.7',
      'edge.yml:3:11: `dns[0].name`: `@`: allowed is a whole name',
    ],
    [
      'dns:\n  - type: A\n    name: example.com\n    content: "2001:db8::7"',
      'edge.yml:4:14: `dns[0].content`: `2001:db8::7`: A takes an IPv4 address',
    ],
    [
      'dns:\n  - { type: A, name: a.example.com, content: 203.0.113.7 }\n  - { type: A, name: a.example.com, content: 203.0.113.8 }',
      'edge.yml:3:22: `dns[1].name`: `a.example.com` has a record A already',
    ],
    [
      'cache-rules:\n  - { name: a, path: /, cache: true }',
      'edge.yml:2:22: `cache-rules[0].path`: `/`: allowed is the beginning of a path below `/`',
    ],
    [
      "cache-rules:\n  - { name: a, path: '/a\"b/', cache: true }",
      'edge.yml:2:22: `cache-rules[0].path`',
    ],
    [
      'cache-rules:\n  - { name: a, path: /a/, cache: true, edge-ttl: 1h }',
      'edge.yml:2:50: `cache-rules[0].edge-ttl`: the Free plan keeps for `2h` or longer',
    ],
    [
      'cache-rules:\n  - { name: a, path: /a/, cache: true, edge-ttl: 30m }',
      'edge.yml:2:50: `cache-rules[0].edge-ttl`: `30m`: allowed is a time in hours or days',
    ],
    [
      'cache-rules:\n  - { name: a, path: /a/, cache: false, edge-ttl: 2h }',
      'with `cache: false` nothing is kept',
    ],
    [
      'cache-rules:\n  - { name: a, path: /a/, cache: true }\n  - { name: a, path: /b/, cache: true }',
      'edge.yml:3:13: `cache-rules[1].name`: `a` is the name of another rule',
    ],
    [
      'cache-rules:\n  - { name: a, path: /a/, cache: true }\n  - { name: b, path: /a/, cache: false }',
      'edge.yml:3:22: `cache-rules[1].path`: `/a/` is the path of the rule `a` already: one path has one rule',
    ],
    [
      `cache-rules:\n${'  - { name: a, path: /a/, cache: true }\n'.repeat(11)}`,
      'edge.yml:2:3: `cache-rules`: allowed is a list of at most 10 rules: the Free plan has no more',
    ],
    ['rate-limit:\n  - path: /api/', 'edge.yml:2:3: `rate-limit`: allowed is one rule'],
    [
      'rate-limit: { path: /api/, requests: 0 }',
      'edge.yml:1:38: `rate-limit.requests`: `0`: allowed is a whole number',
    ],
    [
      'rate-limit: { path: /api/, requests: 10, period: 1m }',
      '`rate-limit.period`: `1m`: allowed is `10s`: the Free plan',
    ],
    [
      'rate-limit: { path: /api/, requests: 10, host: a }',
      'there is no `rate-limit.host`; allowed are `path`',
    ],
  ])('is refused, with line and column: %j', (text, expected) => {
    expect(problemsOf(text)).toEqual(expect.arrayContaining([expect.stringContaining(expected)]));
  });

  it('is told every problem at once, in their order', () => {
    const problems = problemsOf('ssl: none\ndns: 1\nrate-limit: {}\n');
    expect(problems.map((problem) => problem.slice(0, 12))).toEqual([
      'edge.yml:1:6',
      'edge.yml:2:6',
      'edge.yml:3:1',
      'edge.yml:3:1',
    ]);
  });

  it('cannot be blown up by aliases within aliases', () => {
    const layers = Array.from({ length: 20 }, (_, index) =>
      index === 0 ? '&a0 [x]' : `&a${index} [${`*a${index - 1},`.repeat(10)}]`,
    );
    expect(problemsOf(`dns: [${layers.join(', ')}]`).length).toBeGreaterThan(0);
  });

  it('has a schema for editors that is what the action reads', () => {
    const script = ['node_modules/tsx/dist/cli.mjs', 'scripts/cloudflare-schema.ts', '--check'];
    expect(spawnSync(process.execPath, script).status).toBe(0);
  });
});

import { describe, expect, it } from '@jest/globals';
import { healthHost, healthNotes, healthRefusals } from '../../../src/plan/health/health-host.js';
import type { JsonObject } from '../../../src/plan/compose/json.js';
import type { Observation } from '../../../src/plan/observation.js';
import { observed, services } from '../observed.js';

const LOCAL = 'http://localhost/health';

const site = (host: string | undefined, dial: string | undefined, more: JsonObject = {}) => ({
  ...(host === undefined ? {} : { match: [{ host: [host] }] }),
  handle: [
    {
      handler: 'subroute',
      routes: [
        {
          handle: [
            dial === undefined
              ? { handler: 'static_response', status_code: 301 }
              : { handler: 'reverse_proxy', upstreams: [{ dial }] },
          ],
        },
      ],
    },
  ],
  ...more,
});

const caddyWith = (routes: readonly JsonObject[], listen = ':80', network = 'tiny_default') => ({
  kind: 'caddy' as const,
  containerId: 'proxy-1',
  name: 'tiny-proxy-1',
  networks: [network],
  config: JSON.stringify({ apps: { http: { servers: { srv0: { listen: [listen], routes } } } } }),
});

/** The tiny stack with this proxy in its container of `proxy`. */
function behind(
  proxy: Pick<Observation['proxies'][number], 'kind' | 'config'>,
  ports: readonly JsonObject[] = [
    { target: 80, published: '80' },
    { target: 443, published: '443' },
  ],
): Observation {
  const plain = observed({ was: services({ proxy: { ports } }) });
  const id = plain.containers.find(({ service }) => service === 'proxy')?.id ?? '';
  return {
    ...plain,
    proxies: [{ ...proxy, containerId: id, name: 'tiny-proxy-1', networks: ['tiny_default'] }],
  };
}

function of(observation: Observation, url = LOCAL, host?: string) {
  const found = healthHost(observation, { url: new URL(url), host });
  if (found.kind === 'found') return `${found.target.url.href} as ${found.target.host ?? ''}`;
  return found.kind === 'ambiguous' ? [...found.hosts] : found.kind;
}

describe('the name that the health check asks for, behind Caddy', () => {
  it.each<[string, readonly JsonObject[], unknown]>([
    ['the only site with a name', [site('a.example', 'api:3000')], `${LOCAL} as a.example`],
    ['nothing where a site is for any name', [site(undefined, 'api:3000')], 'as-is'],
    ['nothing where a site has the name', [site('localhost', 'api:3000')], 'as-is'],
    [
      'nothing where a pattern has it',
      [site('*', 'api:3000'), site('a.example', 'api:3000')],
      'as-is',
    ],
    [
      'the one that is no redirect',
      [site('www.a.example', undefined), site('a.example', 'api:3000')],
      `${LOCAL} as a.example`,
    ],
    [
      'the one of this stack, where others share the proxy',
      [site('other.example', 'other:80'), site('a.example', 'api:3000')],
      `${LOCAL} as a.example`,
    ],
    [
      'none of several',
      [site('a.example', 'api:3000'), site('b.example', 'api:3000')],
      ['a.example', 'b.example'],
    ],
    [
      'the one that stands beside a page for all others',
      [site('a.example', 'api:3000'), site(undefined, undefined)],
      `${LOCAL} as a.example`,
    ],
  ])('is %s', (_name, routes, expected) => {
    expect(of(behind(caddyWith(routes)))).toEqual(expected);
  });

  it('is asked for over HTTPS, where the site is there only', () => {
    const observation = behind(caddyWith([site('a.example', 'api:3000')], ':443'));
    expect(of(observation)).toBe('https://localhost/health as a.example');
    expect(healthNotes(observation, { url: new URL(LOCAL), host: undefined }).join()).toContain(
      'health-url: https://localhost/health and health-host: a.example',
    );
  });

  it('is what the workflow says', () => {
    const observation = behind(caddyWith([site('a.example', 'api:3000')]));
    expect(of(observation, LOCAL, 'b.example')).toBe('as-is');
    expect(of(observation, 'http://a.example/health')).toBe('as-is');
  });

  it('is nothing where the address leads to another container', () => {
    const observation = behind(caddyWith([site('a.example', 'api:3000')]));
    expect(of(observation, 'http://localhost:8080/health')).toBe('as-is');
  });

  it('is found behind a published port', () => {
    const observation = behind(caddyWith([site('a.example', 'api:3000')], ':2015'), [
      { target: 2015, published: '8080' },
    ]);
    expect(of(observation, 'http://localhost:8080/health')).toBe(
      'http://localhost:8080/health as a.example',
    );
  });

  it('is demanded where several would do, with the line to add', () => {
    const observation = behind(
      caddyWith([site('a.example', 'api:3000'), site('b.example', 'api:3000')]),
    );
    expect(healthRefusals(observation, { url: new URL(LOCAL), host: undefined })).toEqual([
      {
        what: expect.stringContaining('proxy serves it to a.example, b.example'),
        next: expect.stringMatching(/health-host: a\.example$/),
      },
    ]);
  });
});

describe('the name that the health check asks for, behind nginx', () => {
  const nginx = (text: string) => behind({ kind: 'nginx', config: text });

  it.each<[string, string, unknown]>([
    [
      'none where the first server is the application',
      'http { server { listen 80; server_name a.example; location / { proxy_pass http://api:3000; } } server { listen 80; server_name b.example; root /srv; } }',
      'as-is',
    ],
    [
      'the one whose server is not the default one',
      'server { listen 80 default_server; return 444; } server { listen 80; server_name a.example www.a.example; location / { proxy_pass "http://app"; } } upstream app { server api:3000; }',
      `${LOCAL} as a.example`,
    ],
    [
      'none where the default server says so itself',
      'server { listen 80; server_name b.example; return 404; } server { listen 80 default_server; server_name _; include snippets/app.conf; }',
      'as-is',
    ],
    [
      'none where a server on another port is the application',
      'server { listen 80; return 301 https://$host$request_uri; } server { listen 443 ssl; server_name a.example; location / { proxy_pass http://api:3000; } }',
      'as-is',
    ],
    [
      'none of several beside a page of its own',
      'server { root /srv; } server { server_name a.example; location / { proxy_pass http://api:3000; } } server { server_name b.example; location / { proxy_pass http://api:3000; } }',
      'as-is',
    ],
    [
      'none of several beside nothing',
      'server { return 444; } server { server_name a.example; location / { proxy_pass http://api:3000; } } server { server_name b.example; location / { proxy_pass http://api:3000; } }',
      ['a.example', 'b.example'],
    ],
    ['none in a text that is no configuration', '} { ; "', 'as-is'],
  ])('is %s', (_name, text, expected) => {
    expect(of(nginx(text))).toEqual(expected);
  });
});

describe('the name that the health check asks for, behind Traefik', () => {
  const behindTraefik = (rule: string): Observation =>
    observed({
      was: services({
        proxy: { image: 'traefik:v3' },
        api: { labels: { 'traefik.http.routers.api.rule': rule } },
      }),
      proxies: [],
    });

  it.each<[string, unknown]>([
    ['Host(`a.example`) && PathPrefix(`/api`)', `${LOCAL} as a.example`],
    ['PathPrefix(`/`)', 'as-is'],
    ['HostRegexp(`.+`)', 'as-is'],
    ['Host(`localhost`) || Host(`a.example`)', 'as-is'],
    ['Host(`a.example`, `b.example`)', `${LOCAL} as a.example`],
  ])('follows the rule %s', (rule, expected) => {
    expect(of(behindTraefik(rule))).toEqual(expected);
  });
});

describe('a health-url that leads to another stack', () => {
  const at = (name: string, project: string) => ({
    protocol: 'tcp' as const,
    address: '0.0.0.0',
    port: 8080,
    by: { kind: 'container' as const, name, project },
  });
  const target = { url: new URL('http://localhost:8080/health'), host: undefined };
  const told = (more: Partial<Observation>, url = target.url) =>
    healthNotes({ ...observed(), ...more }, { ...target, url });

  it('is told: that one answers whatever this release does', () => {
    expect(told({ heldPorts: [at('notes-web-1', 'notes')] })).toEqual([
      expect.stringContaining('port 8080 is that of notes-web-1, of the project notes'),
    ]);
  });

  it('is not one where a proxy of another project is on a network of the stack', () => {
    const heldPorts = [at('edge-nginx-1', 'edge')];
    const [seen] = observed().proxies;
    if (seen === undefined) throw new Error('no proxy is seen');
    expect(told({ heldPorts, proxies: [{ ...seen, name: 'edge-nginx-1' }] })).toEqual([]);
  });

  it('is not one where the stack publishes that port, holds it, or may, or nobody does', () => {
    expect(told({ heldPorts: [at('notes-web-1', 'notes')] }, new URL(LOCAL))).toEqual([]);
    expect(told({ heldPorts: [at('tiny-api-1', 'tiny')] })).toEqual([]);
    expect(told({ heldPorts: [] })).toEqual([]);
    const elsewhere = new URL('http://192.0.2.1:8080/');
    expect(told({ heldPorts: [at('notes-web-1', 'notes')] }, elsewhere)).toEqual([]);
  });
});

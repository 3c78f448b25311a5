import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../../src/plan/compose/json.js';
import { caddyPass } from '../../../src/plan/proxies/caddy-pass.js';
import { nginxPass } from '../../../src/plan/proxies/nginx-pass.js';
import type { Pass } from '../../../src/plan/proxies/pass.js';
import { fixtureText } from '../observed.js';

function told(pass: Pass | undefined): string | undefined {
  if (pass === undefined) return undefined;
  const names = pass.upstreams.map(({ name, port }) => `${name}:${String(port)}`).join(', ');
  return `${names} as ${pass.host}`;
}

const nginx = (text: string, path = '/health', host = 'localhost', port = 80) =>
  told(nginxPass(text, { port, host, path }));

describe('where an nginx sends a request', () => {
  it.each([
    ['/health', 'frontend:3000 as localhost'],
    ['/api/health/', 'backend:8000 as localhost'],
    ['/static/app.js', 'frontend:3000 as localhost'],
  ])('goes by the longest prefix: %s', (path, expected) => {
    expect(nginx(fixtureText('resee-nginx-T.txt'), path)).toBe(expected);
  });

  const server = (body: string, more = ''): string =>
    `events {}\nhttp {\n${more}\nserver {\n listen 80;\n${body}\n}\n}`;

  it.each([
    [
      'the upstream’s name for the Host',
      'location / { proxy_pass http://api:3000; }',
      'api:3000 as api:3000',
    ],
    [
      'the name asked for',
      'location / { proxy_pass http://api; proxy_set_header Host $host; }',
      'api:undefined as localhost',
    ],
    [
      'a fixed Host',
      'proxy_set_header Host "a.example"; location / { proxy_pass http://api; }',
      'api:undefined as a.example',
    ],
    [
      'an exact location',
      'location = /health { proxy_pass http://one; } location / { proxy_pass http://two; }',
      'one:undefined as one',
    ],
    [
      'one without a blank',
      'location =/health { proxy_pass http://one; } location / { proxy_pass http://two; }',
      'one:undefined as one',
    ],
    [
      'an expression before a prefix',
      'location /hea { proxy_pass http://one; } location ~* ^/HEALTH$ { proxy_pass http://two; }',
      'two:undefined as two',
    ],
    [
      'a prefix that wants no expression',
      'location ^~ /hea { proxy_pass http://one; } location ~ . { proxy_pass http://two; }',
      'one:undefined as one',
    ],
    [
      'files before the app',
      'location / { try_files $uri @app; } location @app { proxy_pass http://app:9292; }',
      'app:9292 as app:9292',
    ],
    [
      'the same path written twice',
      'location / { proxy_pass http://api:3000/; }',
      'api:3000 as api:3000',
    ],
    ['quotes', 'location / { proxy_pass "http://api:3000"; }', 'api:3000 as api:3000'],
  ])('knows %s', (_what, body, expected) => {
    expect(nginx(server(body))).toBe(expected);
  });

  it.each([
    ['another path', 'location /health { proxy_pass http://api:3000/up; }'],
    ['a path that is rewritten', 'rewrite ^ /up; location / { proxy_pass http://api:3000; }'],
    [
      'a path that is rewritten in an if',
      'location / { if ($arg_a) { rewrite ^ /up; } proxy_pass http://api; }',
    ],
    ['its own answer', 'location / { return 200; }'],
    ['files', 'location / { root /srv; }'],
    ['FastCGI', 'location / { fastcgi_pass php:9000; }'],
    ['TLS', 'location / { proxy_pass https://api; }'],
    ['a variable', 'location / { proxy_pass http://$target; }'],
    [
      'locations elsewhere',
      'include /etc/nginx/locations/*.conf; location / { proxy_pass http://api; }',
    ],
    ['locations within', 'location / { proxy_pass http://api; location /health { return 200; } }'],
    [
      'an expression of its own kind',
      'location ~ ^/(?<a>x)(?i)b { return 200; } location / { proxy_pass http://api; }',
    ],
    ['no location', ''],
  ])('does not know %s', (_what, body) => {
    expect(nginx(server(body))).toBeUndefined();
  });

  it('goes by the name of the server', () => {
    const text = server(
      'server_name a.example; location / { proxy_pass http://one; }',
      'server { listen 80 default_server; location / { proxy_pass http://two; } } server { listen 8080; location / { proxy_pass http://three; } }',
    );
    expect(nginx(text, '/', 'a.example')).toBe('one:undefined as one');
    expect(nginx(text, '/', 'b.example')).toBe('two:undefined as two');
    expect(nginx(text, '/', 'b.example', 8080)).toBe('three:undefined as three');
  });

  it('takes every server of an upstream', () => {
    const text = server(
      'location / { proxy_pass http://pool; proxy_set_header Host $http_host; }',
      'upstream pool { server one:1; server two:2 backup; }',
    );
    expect(nginx(text, '/', 'a.example:8080')).toBe('one:1, two:2 as a.example:8080');
  });
});

const caddy = (routes: readonly JsonObject[], path = '/health', host = 'a.example') =>
  told(
    caddyPass(JSON.stringify({ apps: { http: { servers: { s: { listen: [':80'], routes } } } } }), {
      port: 80,
      host,
      path,
    }),
  );
const proxyTo = (dial: string, more: JsonObject = {}): JsonObject => ({
  handler: 'reverse_proxy',
  upstreams: [{ dial }],
  ...more,
});
const match = (path: string): JsonObject => ({ match: [{ path: [path] }] });

describe('where a Caddy sends a request', () => {
  it('goes by host and path, also within a site', () => {
    const routes = [
      {
        match: [{ host: ['a.example'] }],
        terminal: true,
        handle: [
          {
            handler: 'subroute',
            routes: [
              { handle: [{ handler: 'encode' }] },
              { ...match('/api/*'), handle: [proxyTo('api:3000')] },
              { handle: [proxyTo('web:8080')] },
            ],
          },
        ],
      },
      { handle: [proxyTo('other:80')] },
    ];
    expect(caddy(routes, '/api/health')).toBe('api:3000 as a.example');
    expect(caddy(routes, '/health')).toBe('web:8080 as a.example');
    expect(caddy(routes, '/health', 'b.example')).toBe('other:80 as b.example');
  });

  it.each<[string, JsonObject]>([
    [
      'a path that is rewritten',
      { handle: [{ handler: 'rewrite', uri: '/up' }, proxyTo('api:1')] },
    ],
    ['TLS', { handle: [proxyTo('api:1', { transport: { protocol: 'http', tls: {} } })] }],
    ['FastCGI', { handle: [proxyTo('php:9000', { transport: { protocol: 'fastcgi' } })] }],
    ['files', { handle: [{ handler: 'file_server' }] }],
    ['another matcher', { match: [{ header: { a: ['b'] } }], handle: [proxyTo('api:1')] }],
  ])('does not know %s', (_what, route) => {
    expect(caddy([route, { handle: [proxyTo('web:80')] }])).toBeUndefined();
  });

  it('knows the Host that it sets', () => {
    const headers = { request: { set: { Host: ['{http.reverse_proxy.upstream.hostport}'] } } };
    expect(caddy([{ handle: [proxyTo('api:1', { headers })] }])).toBe('api:1 as api:1');
  });

  it('knows nothing of what is no JSON', () => {
    expect(told(caddyPass('a.example {', { port: 80, host: 'a', path: '/' }))).toBeUndefined();
  });
});

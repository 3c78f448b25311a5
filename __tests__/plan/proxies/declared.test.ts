import { describe, expect, it } from '@jest/globals';
import { kindOfFile } from '../../../src/plan/proxies/declared.js';
import { upstreamsInFiles } from '../../../src/plan/proxies/proxy.js';

const TRAEFIK_YAML = `http:
  routers:
    api:
      rule: Host(\`a.example\`)
      service: api
  services:
    api:
      loadBalancer:
        servers:
          - url: "http://api:3000"
          - url: 'http://web/'
tcp:
  services:
    db:
      loadBalancer:
        servers: [{ address: "mqtt:1883" }]
`;
const TRAEFIK_TOML = `[http.services.api.loadBalancer]
  [[http.services.api.loadBalancer.servers]]
    url = "http://api:3000"
`;
const KONG = `_format_version: "3.0"
services:
  - name: rest
    url: http://rest:3000/
  - name: auth
    host: auth
    port: 9999
upstreams:
  - name: pool
    targets:
      - target: app:8000
`;
const ENVOY_YAML = `static_resources:
  listeners:
    - address:
        socket_address: { address: 0.0.0.0, port_value: 8080 }
  clusters:
    - name: api
      load_assignment:
        endpoints:
          - lb_endpoints:
              - endpoint:
                  address:
                    socket_address:
                      address: api
                      port_value: 3000
`;
const ENVOY_JSON = JSON.stringify({
  load_assignment: {
    endpoints: [{ address: { socket_address: { address: 'api', port_value: 3000 } } }],
  },
});
const HAPROXY = `global
  maxconn 100
frontend http
  bind *:80
  default_backend web
backend web
  balance roundrobin
  server one api:3000 check
  server-template two 3 web:80 check
`;
const APACHE = `<VirtualHost *:80>
  ProxyPass "/api/" "http://api:3000/"
  ProxyPassReverse /api/ http://api:3000/
  <Proxy balancer://pool>
    BalancerMember http://web:8080 route=1
  </Proxy>
</VirtualHost>
`;

describe('where files of the commit say that requests go', () => {
  it.each([
    [
      'Traefik’s file provider',
      'traefik/dynamic.yml',
      TRAEFIK_YAML,
      ['api:3000', 'web', 'mqtt:1883'],
    ],
    ['the same as TOML', 'traefik/dynamic.toml', TRAEFIK_TOML, ['api:3000']],
    ['Kong', 'volumes/api/kong.yml', KONG, ['rest:3000', 'auth:9999', 'app:8000']],
    ['Envoy', 'envoy/envoy.tmpl.yaml', ENVOY_YAML, ['0.0.0.0:8080', 'api:3000']],
    ['Envoy as JSON', 'envoy.json', ENVOY_JSON, ['api:3000']],
    ['HAProxy under another name', 'lb/lb.cfg', HAPROXY, ['api:3000', 'web:80']],
    ['Apache', 'httpd/site.conf', APACHE, ['api:3000', 'web:8080']],
  ])('%s', (_what, path, text, expected) => {
    const told = upstreamsInFiles({ [path]: text }).map(({ name, port }) =>
      port === undefined ? name : `${name}:${String(port)}`,
    );
    expect(told).toEqual(expected);
  });

  it('is read of templates and addresses of IPv6 in HAProxy', () => {
    const text =
      'backend a\n  server-template web 1-3 api:3000 resolvers docker\n  server s ipv6@[fd00::10]:80\n';
    expect(kindOfFile('edge.cfg', text)).toBe('haproxy');
    expect(upstreamsInFiles({ 'edge.cfg': text })).toEqual([
      { name: 'api', port: 3000 },
      { name: 'fd00::10', port: 80 },
    ]);
  });

  it('is of a proxy of this kind only, where that is asked for', () => {
    expect(upstreamsInFiles({ 'kong.yml': KONG }, 'nginx')).toEqual([]);
    expect(upstreamsInFiles({ 'a.conf': 'proxy_pass http://a;' }, 'nginx')).toHaveLength(1);
  });

  it.each([
    ['conf.d/site.conf', 'location / { proxy_pass http://haproxy:80; }', 'nginx'],
    ['Caddyfile', 'a.example {\n reverse_proxy api:3000\n}', 'caddy'],
    ['compose.yml', 'configs: { a: { content: "proxy_pass http://api;" } }', 'nginx'],
  ])('takes %s for what it is', (path, text, kind) => {
    expect(kindOfFile(path, text)).toBe(kind);
  });
});

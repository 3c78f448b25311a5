import { describe, expect, it } from '@jest/globals';
import { parseNginxConfig } from '../../../src/plan/proxies/nginx-config.js';
import { fixtureText } from '../observed.js';

/** Where a location with these lines, in a server, sends requests. */
function passing(lines: string, outside = ''): readonly string[] {
  const text = `http { ${outside}\n server { listen 80;\n location / { ${lines} } } }`;
  return parseNginxConfig(text).upstreams.map(({ name, port }) =>
    port === undefined ? name : `${name}:${String(port)}`,
  );
}

describe('parseNginxConfig', () => {
  it('reads what `nginx -T` prints of the tiny stack', () => {
    expect(parseNginxConfig(fixtureText('tiny-nginx-T.txt'))).toEqual({
      upstreams: [{ name: 'api', port: 3000 }],
      keepaliveMinMs: 15_000,
      shutdownTimeoutMs: undefined,
      dynamicNames: [],
      staticNames: ['api'],
      unreadable: [],
    });
  });

  it('reads upstreams with keepalive, and passes to them, of the example', () => {
    expect(parseNginxConfig(fixtureText('resee-nginx-T.txt')).upstreams).toEqual([
      { name: 'backend', port: 8000 },
      { name: 'frontend', port: 3000 },
    ]);
  });

  it('reads several files, as `nginx -T` strings them together', () => {
    const text = `# configuration file /etc/nginx/nginx.conf:
http {
    include /etc/nginx/conf.d/*.conf;
}

# configuration file /etc/nginx/conf.d/api.conf:
server { location / { proxy_pass http://api:3000; } }
# configuration file /etc/nginx/conf.d/www.conf:
upstream site { server www:80; }
server { location / { proxy_pass http://site; } }
`;
    expect(parseNginxConfig(text).upstreams).toEqual([
      { name: 'www', port: 80 },
      { name: 'api', port: 3000 },
    ]);
  });

  it.each([
    ['proxy_pass http://api;', ['api']],
    ['proxy_pass http://api:3000;', ['api:3000']],
    ['proxy_pass http://api:3000/;', ['api:3000']],
    ['proxy_pass http://api:3000/some/path/;', ['api:3000']],
    ['proxy_pass https://api.internal:8443$request_uri;', ['api.internal:8443']],
    ['proxy_pass   http://my_api-2:1;', ['my_api-2:1']],
    ['fastcgi_pass php:9000;', ['php:9000']],
    ['uwsgi_pass app:3031;', ['app:3031']],
    ['uwsgi_pass uwsgi://app:3031;', ['app:3031']],
    ['scgi_pass app:4000;', ['app:4000']],
    ['grpc_pass grpc://api:50051;', ['api:50051']],
    ['grpc_pass grpcs://api:50051;', ['api:50051']],
    ['proxy_pass http://198.19.1.5:80;', ['198.19.1.5:80']],
    ['proxy_pass http://unix:/run/app.sock;', []],
    ['proxy_pass http://unix:/run/app.sock:/uri/;', []],
    ['fastcgi_pass unix:/run/php.sock;', []],
    ['proxy_pass http://[2001:db8::1]:8000;', ['2001:db8::1:8000']],
    ['return 404;', []],
    ['proxy_pass_header X-Served-By; proxy_pass_request_body on;', []],
  ])('%s', (line, names) => {
    expect(passing(line)).toEqual(names);
  });

  it.each([
    ['server a:1 weight=3 max_fails=2 fail_timeout=5s;', ['a:1']],
    ['server a:1;\n server b:2 backup;\n server c:3 down;', ['a:1', 'b:2', 'c:3']],
    ['least_conn; zone z 64k; server a:1; keepalive 16;', ['a:1']],
    ['server unix:/run/a.sock; server a;', ['a']],
    ['server [::1]:80;', ['::1:80']],
    ['# server old:1;\n server new:2;', ['new:2']],
    ['server new:2; # server old:1;', ['new:2']],
    ['server new:2;# server old:1;', ['new:2']],
  ])('an upstream with %j', (lines, names) => {
    expect(passing('proxy_pass http://pool;', `upstream pool { ${lines}\n }`)).toEqual(names);
  });

  it('does not take the name of an upstream block for a host', () => {
    expect(
      passing('proxy_pass http://backend/api/;', 'upstream backend { server app:1; }'),
    ).toEqual(['app:1']);
  });

  it('is not misled by comments', () => {
    expect(passing('# proxy_pass http://old:1;\nproxy_pass http://new:2;')).toEqual(['new:2']);
    expect(passing('#proxy_pass http://old:1;\nproxy_pass http://new:2; # http://x;')).toEqual([
      'new:2',
    ]);
  });

  it('is not misled by a server block, or by server_name', () => {
    expect(passing('', 'server { server_name api.example.com; listen 81; }')).toEqual([]);
  });

  describe('names that are resolved while nginx runs', () => {
    const dynamic = (text: string) => parseNginxConfig(text).dynamicNames;

    it.each([
      'set $up http://api:3000; proxy_pass $up;',
      'set $up "api"; proxy_pass http://$up:3000;',
      'set $up api:3000; proxy_pass http://$up$request_uri;',
      'set $up api; proxy_pass http://${up}:3000/;',
    ])('%s', (text) => {
      expect(parseNginxConfig(text).upstreams).toEqual([{ name: 'api', port: 3000 }]);
      expect(dynamic(text)).toEqual(['api']);
    });

    it('are those of `server … resolve`', () => {
      expect(
        dynamic('upstream pool { zone z 64k; server api:3000 resolve; server db:1 backup; }'),
      ).toEqual(['api']);
    });

    it('are none where nothing is known of the variable', () => {
      expect(parseNginxConfig('proxy_pass http://$host$request_uri;').upstreams).toEqual([]);
    });

    it('are none of a plain configuration', () => {
      expect(dynamic(fixtureText('resee-nginx-T.txt'))).toEqual([]);
    });
  });

  it.each([
    ['keepalive_min_timeout 10s;', 10_000],
    ['keepalive_min_timeout   10s;', 10_000],
    ['keepalive_min_timeout 1m30s;', 90_000],
    ['keepalive_min_timeout 500ms;', 500],
    ['keepalive_min_timeout 7;', 7_000],
    ['keepalive_min_timeout 0;', 0],
    ['keepalive_min_timeout   0s;', 0],
    ['# keepalive_min_timeout 10s;', 0],
    ['keepalive_timeout 65s;', 0],
  ])('%s keeps idle connections over a reload for %d ms', (line, keptMs) => {
    expect(parseNginxConfig(`http { ${line} \n}`).keepaliveMinMs).toBe(keptMs);
  });

  it('tells after how long streams are cut', () => {
    expect(parseNginxConfig('worker_shutdown_timeout 60s;').shutdownTimeoutMs).toBe(60_000);
    expect(parseNginxConfig('events {}').shutdownTimeoutMs).toBeUndefined();
  });
});

describe('what is written otherwise', () => {
  const names = (text: string) => parseNginxConfig(text).upstreams.map(({ name }) => name);
  const dynamic = (text: string) => parseNginxConfig(text).dynamicNames;

  it.each([
    ['location / { proxy_pass "http://api:3000"; }'],
    ["location / { proxy_pass 'http://api:3000/'; }"],
    ['upstream "a" { server "api:3000"; } location / { proxy_pass "http://a"; }'],
    ['map $host $up { default "http://api:3000"; } location / { proxy_pass $up; }'],
    ['set $host_of "api"; set $up "http://$host_of:3000"; location / { proxy_pass "$up$uri"; }'],
  ])('names api: %s', (text) => {
    expect(names(text)).toEqual(['api']);
  });

  it('every value of a map counts, and is resolved while nginx runs', () => {
    const text =
      'map $http_upgrade $up { default "http://web:80"; ~^ws http://api:3000; } location / { proxy_pass $up; }';
    expect(names(text)).toEqual(['web', 'api']);
    expect(dynamic(text)).toEqual(['web', 'api']);
  });

  it('a map to an upstream block is static', () => {
    const text =
      'upstream blue { server api:3000; } map $host $up { default blue; } location / { proxy_pass http://$up; }';
    expect(names(text)).toEqual(['api']);
    expect(dynamic(text)).toEqual([]);
  });
});

describe('a target that nobody can read', () => {
  const RESOLVER = 'resolver 127.0.0.11 valid=10s;';
  const unreadable = (lines: string, outside = RESOLVER) =>
    parseNginxConfig(`${outside} server { location / { ${lines} } }`).unreadable;

  it.each([
    ['proxy_pass http://$app;', 'http://$app'],
    ['proxy_pass http://$http_x_app:8000;', 'http://$http_x_app:8000'],
    ['proxy_pass http://app-$color:8000;', 'http://app-$color:8000'],
    ['proxy_pass http://$1:8000;', 'http://$1:8000'],
    ['proxy_pass $scheme://$host$request_uri;', '$scheme://$host$request_uri'],
    ['fastcgi_pass $app;', '$app'],
    ['set $app $http_x; proxy_pass http://$app;', 'http://$app'],
    ['set $app $app; proxy_pass http://$app;', 'http://$app'],
  ])('is one with a variable that only a request says: %s', (lines, target) => {
    expect(unreadable(lines)).toEqual([target]);
    // Without a resolver nginx knows its own upstreams only, and those of the internet know no container.
    expect(unreadable(lines, '')).toEqual([]);
    expect(unreadable(lines, 'resolver 1.1.1.1 8.8.8.8 valid=300s; resolver_timeout 5s;')).toEqual(
      [],
    );
  });

  it.each([
    'map $host $app { default $http_x; a.example api; }',
    'map $host $app { include /etc/nginx/apps.map; }',
  ])('is one of a map: %s', (map) => {
    expect(unreadable('proxy_pass http://$app:80;', `${RESOLVER} ${map}`)).toHaveLength(1);
  });

  it.each([
    'proxy_set_header Connection $connection_upgrade; proxy_pass http://api:3000;',
    'proxy_pass http://api:3000$request_uri;',
    'proxy_pass http://api$request_uri;',
    'proxy_pass http://api$1$is_args$args;',
    'proxy_pass http://api/$1?$args;',
    'proxy_pass http://api:$server_port;',
    'proxy_pass $scheme://api:3000;',
    'set $app http://api:3000; proxy_pass $app;',
    'set $app api; proxy_pass http://$app:3000;',
    'set $app ""; proxy_pass http://$app;',
    'proxy_pass http://unix:/run/app.sock:/;',
  ])('is none where the host is said: %s', (lines) => {
    const map = "map $http_upgrade $connection_upgrade { default upgrade; '' close; }";
    expect(unreadable(lines, `${RESOLVER} ${map}`)).toEqual([]);
  });

  it('leaves what can be read readable', () => {
    expect(passing('proxy_pass $scheme://api:3000;')).toEqual(['api:3000']);
    expect(passing('proxy_pass http://api:$server_port;')).toEqual(['api']);
    expect(passing('proxy_pass http://[fd00:0::10]:8000;')).toEqual(['fd00::10:8000']);
    expect(
      passing('proxy_pass http://$app;', 'map $host $app { default $http_x; a.example api; }'),
    ).toEqual(['api']);
  });
});

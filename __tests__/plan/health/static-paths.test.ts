import { describe, expect, it } from '@jest/globals';
import type { Observation } from '../../../src/plan/observation.js';
import { staticPaths } from '../../../src/plan/health/static-paths.js';
import { observed } from '../observed.js';

const NGINX = `
http { server { listen 80;
  root /usr/share/nginx/html;
  location /docs/ { alias /srv/docs/; }
  location /up/ { proxy_pass http://backend:8000; }
} }`;

function pathsOf(
  changed: readonly string[],
  {
    binds = [],
    build = [],
    config = NGINX,
    page = '/',
  }: {
    readonly binds?: readonly (readonly [string, string])[];
    readonly build?: readonly string[];
    readonly config?: string;
    readonly page?: string;
  } = {},
): readonly string[] {
  const seen: Observation = observed();
  const [service] = Object.values(seen.wanted.services);
  if (service === undefined) throw new Error('no service');
  return staticPaths(
    {
      ...seen,
      commit: {
        ...seen.commit,
        changes: changed.map((path) => ({ path, status: 'modified' })),
      },
      wanted: {
        ...seen.wanted,
        services: {
          web: {
            ...service,
            binds: binds.map(([source, target]) => ({ source, target, readOnly: true })),
            build: { inputs: build, remote: false, dockerfile: undefined },
          },
        },
      },
      proxies: [{ kind: 'nginx', containerId: 'c', name: 'n', networks: [], config }],
      proxyFiles: {},
    },
    page,
  );
}

const PAGE = ['/', '/index.html'];

describe('paths of the site that a commit changes', () => {
  it('are the page itself, whatever changed', () => {
    expect(pathsOf([])).toEqual(PAGE);
    expect(pathsOf(['README.md'], { build: ['backend'] })).toEqual(PAGE);
    expect(pathsOf([], { page: '/app/' })).toEqual(['/app/', '/app/index.html']);
  });

  it('are files that a proxy serves from a mounted directory', () => {
    const binds = [['site', '/usr/share/nginx/html']] as const;
    expect(pathsOf(['site/robots.txt', 'other/robots.txt'], { binds })).toEqual([
      ...PAGE,
      '/robots.txt',
    ]);
  });

  it('are found where only a part of the root is mounted, or one file', () => {
    const binds = [
      ['images', '/usr/share/nginx/html/img'],
      ['feed.xml', '/usr/share/nginx/html/rss.xml'],
    ] as const;
    expect(pathsOf(['images/a.png', 'feed.xml', 'images2/a.png'], { binds })).toEqual([
      ...PAGE,
      '/img/a.png',
      '/rss.xml',
    ]);
  });

  it('are found below an alias', () => {
    const binds = [['docs', '/srv/docs']] as const;
    expect(pathsOf(['docs/a/b.css'], { binds })).toEqual([...PAGE, '/docs/a/b.css']);
  });

  it('are found by the roots of Caddy', () => {
    const config = '{"apps":{"http":{"servers":{"a":{"routes":[{"handle":[{"root":"/srv"}]}]}}}}}';
    expect(pathsOf(['www/x.css'], { config, binds: [['www', '/srv']] })).toEqual([
      ...PAGE,
      '/x.css',
    ]);
  });

  it('are all names of a page', () => {
    const binds = [['site', '/usr/share/nginx/html']] as const;
    expect(pathsOf(['site/about.html', 'site/blog/index.html'], { binds })).toEqual([
      ...PAGE,
      '/about.html',
      '/about',
      '/blog/index.html',
      '/blog/',
    ]);
  });

  it('are the public files of a build context', () => {
    const build = ['frontend'];
    expect(
      pathsOf(['frontend/public/favicon.ico', 'frontend/src/App.jsx', 'public/x.ico'], { build }),
    ).toEqual([...PAGE, '/favicon.ico']);
    expect(pathsOf(['frontend/static/a.css'], { build })).toEqual([
      ...PAGE,
      '/a.css',
      '/static/a.css',
    ]);
  });

  it('are written as an address has them', () => {
    const binds = [['site', '/usr/share/nginx/html']] as const;
    expect(pathsOf(['site/a b#c?d%.png', 'site/é.png'], { binds })).toEqual([
      ...PAGE,
      '/a%20b%23c%3Fd%25.png',
      '/%C3%A9.png',
    ]);
  });
});

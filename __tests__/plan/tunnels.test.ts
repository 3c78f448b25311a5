import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/plan/compose/json.js';
import { upstreamsInFiles } from '../../src/plan/proxies/proxy.js';
import {
  actions,
  planned,
  refusedOnceBuilt,
  serviceIn,
  services,
  type Situation,
} from './observed.js';

const NETWORKS: JsonObject = { networks: { default: null } };
const RUN = ['tunnel', 'run'];

function tunnel(other: JsonObject = {}): JsonObject {
  return { image: 'cloudflare/cloudflared', command: RUN, ...NETWORKS, ...other };
}

/** Requests come in by the tunnel alone; `api` changes, and the queue’s `worker` with it. */
function through(front: JsonObject, other: Situation & { readonly api?: JsonObject } = {}) {
  const { api = {}, ...rest } = other;
  const was = services({ proxy: undefined, tunnel: front, api });
  return { changes: ['api/x'], nginx: undefined, was, ...rest };
}

function whats(situation: Situation, options: Parameters<typeof refusedOnceBuilt>[1] = {}) {
  return refusedOnceBuilt(situation, options).map(({ what }) => what);
}

const UNKNOWN =
  'api may be behind tunnel, and where that sends requests is not known: neither the Compose file nor another one of the commit says it';
const FILE = `tunnel: 6ff42ae2
credentials-file: /etc/cloudflared/c.json
ingress:
  - hostname: example.com
    service: http://api:3000
  # - service: http://old:80
  - hostname: ssh.example.com
    service: "ssh://localhost:22"
  - service: http_status:404
`;

describe('a tunnel that its other end tells where requests go', () => {
  it('lets nothing on its network change as a worker, but what takes jobs', () => {
    expect(whats(through(tunnel()))).toEqual([UNKNOWN]);
    expect(whats(through(tunnel()), { allowDowntime: true })).toEqual([]);
  });

  it.each(['cloudflare/cloudflared:2026.1.0', 'acme/cloudflared', 'ngrok/ngrok:latest'])(
    'is known by its image %s',
    (image) => {
      expect(whats(through(tunnel({ image })))).toEqual([UNKNOWN]);
    },
  );

  it('lets what there may be only one of not change either', () => {
    expect(whats(through(tunnel(), { api: { container_name: 'api' } }))).toEqual([UNKNOWN]);
  });

  it('does no harm where the role is said, on another network, or as a server of names', () => {
    const labels = { 'resee.deploy.role': 'worker' };
    expect(whats(through(tunnel(), { api: { labels } }))).toEqual([]);
    expect(whats(through(tunnel({ networks: { other: null } })))).toEqual([]);
    expect(whats(through(tunnel({ command: ['proxy-dns'] })))).toEqual([]);
  });

  it('is taken to send them to the proxy of the stack, which is told of the new containers', () => {
    const situation = {
      changes: ['api/x'],
      was: services({ tunnel: tunnel(), proxy: { ports: [] } }),
    };
    expect(serviceIn(planned(situation), 'proxy')).toMatchObject({
      role: 'proxy',
      reason: 'behind tunnel, image nginx:alpine',
    });
    expect(whats(situation)).toEqual([]);
  });

  it('lets that proxy read its files, and not be replaced without a word', () => {
    const was = services({ tunnel: tunnel(), proxy: { ports: [] } });
    expect(actions(planned({ was, changes: ['nginx/nginx.conf'] }))).toEqual({ proxy: 'reload' });
    const wants = services({ proxy: { image: 'nginx:1.29' } });
    expect(whats({ was, wants })).toEqual([
      'proxy (proxy) cannot be replaced without a gap: its definition changed (image), and nothing tells the tunnel before it of another container',
    ]);
  });
});

describe('a tunnel that the commit tells where requests go', () => {
  const behind =
    'api is behind tunnel (cloudflare/cloudflared), which cannot be told to send its requests to a candidate (the proxy sends requests to api)';

  it.each<[string, JsonObject]>([
    ['a word', { command: ['tunnel', '--url', 'http://api:3000'] }],
    ['an option', { command: ['tunnel', '--no-autoupdate', '--url=http://api:3000/'] }],
    ['one word', { command: ['tunnel --url http://api'] }],
    ['a variable', { environment: { TUNNEL_URL: 'http://api:3000' } }],
  ])('by %s is a proxy that has no cutover', (_, other) => {
    expect(whats(through(tunnel(other)))).toEqual([behind]);
  });

  it('by its own file is one as well', () => {
    const proxyFiles = { 'cloudflared/config.yml': FILE };
    expect(upstreamsInFiles(proxyFiles)).toEqual([
      { name: 'api', port: 3000 },
      { name: 'localhost', port: 22 },
    ]);
    expect(whats(through(tunnel(), { proxyFiles }))).toEqual([behind]);
  });

  it('is told also where nginx sends the service requests too', () => {
    const was = services({ tunnel: tunnel({ command: ['tunnel', '--url', 'http://api:3000'] }) });
    expect(whats({ was, changes: ['api/x'] })).toEqual([behind]);
  });

  it('is no other file that speaks of services', () => {
    const ingress =
      'kind: Ingress\nspec:\n  ingress: x\n  backend:\n    service:\n      name: api\n';
    expect(upstreamsInFiles({ 'k8s/ingress.yaml': ingress })).toEqual([]);
  });
});

describe('the tunnel itself', () => {
  it('has a second container for a moment, and is not replaced without a word', () => {
    const wants = services({ tunnel: { image: 'cloudflare/cloudflared:2' } });
    expect(actions(planned({ ...through(tunnel()), changes: [], wants }))).toEqual({
      tunnel: 'roll',
    });
    const only = through(tunnel({ container_name: 'cf' }));
    expect(whats({ ...only, changes: [], wants })).toEqual([
      'tunnel lets requests in, and none come while it is replaced: container_name is cf',
    ]);
  });
});

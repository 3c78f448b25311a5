import { describe, expect, it } from '@jest/globals';
import { renderPlan } from '../../src/plan/render.js';
import { planned, services, without } from './observed.js';

describe('renderPlan', () => {
  it('tells a backend change as a table and as steps', () => {
    const { plan } = planned(
      { changes: ['api/server.py', 'nginx/nginx.conf', 'README.md'] },
      { preDeploy: [{ service: 'api', command: 'python migrate.py' }] },
    );
    expect(renderPlan(plan).join('\n')).toBe(
      `service  role    action  because
api      routed  roll?   its image may change (routed: the proxy sends requests to api)
proxy    proxy   reload  nginx/nginx.conf changed (proxy: publishes ports, image nginx:alpine)
store    data    keep    nothing changed (data: image redis:8-alpine)
worker   worker  roll?   its image may change (worker: no proxy names it, no port)

 1. build api, worker in a staged tree
 2. copy 2 changed files to the live directory
 3. run in the new image of api: python migrate.py
 4. start a new container of api, a new container of worker, wait until ready
 5. let the old worker finish, then stop
 6. cut over: proxy sends new requests to the new containers of api
 7. check the health endpoint
 8. soak: watch real traffic, the old containers still run
 9. drain the old api and stop: they can still be started again
10. check the health endpoint
11. soak: watch the release without the old containers
12. retire 2 old containers, record the release`,
    );
  });

  it('tells how many containers start, how many run, and why one is stopped first', () => {
    const storage = { volumes: [{ type: 'volume', source: 'things', target: '/data' }] };
    const lines = renderPlan(
      planned({
        was: services({ worker: storage }),
        wants: services({
          api: { deploy: { replicas: 3 } },
          worker: { ...storage, environment: { GREETING: 'hi' } },
        }),
      }).plan,
    );
    const text = lines.join('\n');
    expect(text).toContain('start 3 new containers of api, wait until ready');
    expect(text).toContain('1 replica runs, and the Compose file wants 3 (routed:');
    expect(text).toContain('no port; stopped first: only it writes to things)');
  });

  it('tells of a replacement, a removal and a job', () => {
    const { plan } = planned({
      containers: without('migrate'),
      was: services({
        api: { depends_on: { migrate: { condition: 'service_completed_successfully' } } },
        migrate: { image: 'tiny-api', networks: { default: null } },
      }),
      wants: services({ proxy: { image: 'nginx:1.30' }, worker: undefined }),
    });
    const lines = renderPlan(plan);
    expect(lines).toContain(' 1. run the job migrate to its end');
    expect(lines).toContain(' 2. stop proxy, start its new container');
    expect(lines.at(-1)).toBe(' 8. retire 2 old containers, record the release');
    expect(lines.join('\n')).toMatch(/^worker {3}worker {2}remove {3}the commit removed it/m);
  });

  it('tells of a new configuration alone', () => {
    const lines = renderPlan(planned({ changes: ['nginx/nginx.conf'] }).plan);
    expect(lines).toContain(' 1. reload proxy with its new configuration');
    expect(lines.at(-1)).toBe(' 4. record the release');
  });

  it('tells of kept images, and of new services', () => {
    const { plan } = planned(
      { containers: without('store') },
      { images: 'kept', keptImages: { 'tiny-api': 'sha256:earlier' } },
    );
    const lines = renderPlan(plan);
    expect(lines).toContain(' 1. bring back the kept images tiny-api');
    expect(lines).toContain(' 2. start store, wait until ready');
  });

  it('ends with what a person should know', () => {
    const lines = renderPlan(
      planned({
        nginx: 'server { location / { proxy_pass http://api:3000; } }',
        changes: ['api/x'],
      }).plan,
    );
    expect(lines.at(-1)).toMatch(/^note: a reload closes idle keep-alive connections/);
  });
});

import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { observe } from '../../src/host/observe.js';
import { accepted } from '../inputs/given.js';
import { SHELLS, shellOf, type ToyHost } from '../remote/host.js';
import { shopOn, type Shop } from './shop.js';

const [sh] = SHELLS;
let shop: Shop;
let host: ToyHost;
beforeEach(() => {
  shop = shopOn(sh?.path ?? '/bin/sh');
  ({ host } = shop);
});
afterEach(() => {
  host.remove();
});

it('takes no more of a file that speaks of upstreams than a configuration has', async () => {
  host.write('origin/nginx.conf', 'location / { proxy_pass http://web; }\n');
  host.write('origin/dump.sql', `proxy_pass http://web;\n${'x'.repeat(3_000_000)}\n`);
  const sha = shop.commit('a dump');
  const place = { path: host.path('shop'), repository: host.path('origin') };
  const { proxyFiles } = await observe(shellOf(host), accepted({ ...place, sha }), sha, 'run-1-1');
  expect(proxyFiles['nginx.conf']).toBe('location / { proxy_pass http://web; }\n');
  expect(proxyFiles['dump.sql']).toHaveLength(1_048_576);
});

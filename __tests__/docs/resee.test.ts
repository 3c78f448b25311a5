import { describe, expect, it } from '@jest/globals';
import { BlockList, isIPv4 } from 'node:net';
import { parse } from 'yaml';
import { resee } from '../../e2e/stacks/resee.js';
import { directivesIn } from '../../src/plan/proxies/nginx-directives.js';
import { listOf, objectOf } from '../../src/plan/compose/json.js';
import { textOf } from './pages.js';

const CONFIG = textOf('examples/resee/nginx/nginx.conf');

/** Whether `limit_req` counts whoever comes from there. */
function isLimited(config: string, address: string): boolean {
  const http = directivesIn(config).find(({ name }) => name === 'http')?.block ?? [];
  const geo = http.find(({ name, words }) => name === 'geo' && words[0] === '$is_local');
  expect(http.find(({ name }) => name === 'limit_req_zone')?.words[0]).toBe('$limited_visitor');
  const map = http.find(({ name, words }) => name === 'map' && words[1] === '$limited_visitor');
  expect(map?.words[0]).toBe('$is_local');
  const local = new BlockList();
  for (const { name, words } of geo?.block ?? []) {
    const [network = '', bits] = name.split('/');
    if (words[0] === '1' && bits !== undefined) {
      local.addSubnet(network, Number(bits), isIPv4(network) ? 'ipv4' : 'ipv6');
    }
  }
  return !local.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
}

describe('examples/resee', () => {
  it.each(['203.0.113.7', '104.16.0.1', '172.32.0.1', '198.18.0.1', '2001:db8::7'])(
    'limits whoever comes from %s, also around Cloudflare',
    (address) => {
      expect(isLimited(CONFIG, address)).toBe(true);
    },
  );

  it.each(['127.0.0.1', '172.18.0.1', '10.0.1.10', '192.168.16.1', '::1', 'fd00::1'])(
    'does not limit the checks of the deploy, from %s',
    (address) => {
      expect(isLimited(CONFIG, address)).toBe(false);
    },
  );

  it('does not limit the load of the tests where it is adjusted for them', () => {
    const { file = '', from = '', to = '' } = resee.adjusted ?? {};
    const text = textOf(`examples/resee/${file}`);
    expect(text.split(from)).toHaveLength(2);
    expect(isLimited(text.replace(from, to), '198.18.0.1')).toBe(false);
  });

  it('answers on port 80 to the host alone where only the edge gets in', () => {
    const text = textOf('examples/resee/docker-compose.edge.yml');
    // Lists of ports are added up otherwise.
    expect(text).toContain('ports: !override\n');
    const { services } = objectOf(parse(text.replace('!override', '')));
    const { ports } = objectOf(objectOf(services)['nginx']);
    expect(listOf(ports)).toEqual(['127.0.0.1:80:80', '443:443']);
  });
});

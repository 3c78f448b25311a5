import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { settingsArea } from '../../src/edge/config/settings.js';
import type { Api } from '../../src/edge/api.js';
import { objectOf } from '../../src/plan/compose/json.js';
import { startCloudflare, type Failure, type StandIn } from './cloudflare/stand-in.js';
import type { Seen } from './cloudflare/routes.js';
import { edgeOf } from './edge-of.js';
import { told, type Told } from './told.js';

let cloudflare: StandIn;
let heard: Told;
beforeEach(async () => {
  cloudflare = await startCloudflare();
  heard = told();
});
afterEach(() => cloudflare.close());

const CONFIG = `
dns:
  - { type: A, name: example.com, content: 203.0.113.7 }
  - { type: AAAA, name: example.com, content: '2001:db8::7' }
ssl: full
min-tls-version: '1.2'
always-use-https: true
cache-rules:
  - { name: assets, path: /assets/, cache: true, edge-ttl: 30d }
  - { name: api, path: /api/, cache: false }
rate-limit: { path: /api/, requests: 100 }
`;

function edgeThat(text: string, isChanged = true, signal?: AbortSignal) {
  return edgeOf(cloudflare, text, {
    heard,
    isChanged,
    ...(signal === undefined ? {} : { signal }),
  });
}

function changing(): readonly Seen[] {
  return cloudflare.seen.filter(({ method }) => method !== 'GET');
}

/** The zone as JSON text: what is not touched is the same byte for byte. */
function zoneNow(): string {
  const { records, settings, rulesets } = cloudflare.zone;
  return JSON.stringify({ records, settings, rulesets });
}

function warnings(): readonly string[] {
  return heard.notes.filter(({ kind }) => kind === 'warning').map(({ text }) => text);
}

const FOREIGN_RULE = {
  id: 'theirs',
  ref: 'theirs',
  description: 'made by hand',
  expression: '(http.host eq "blog.example.com")',
  action: 'set_cache_settings',
  action_parameters: { cache: true, browser_ttl: { mode: 'override_origin', default: 5 } },
  enabled: false,
  version: '7',
};
const FOREIGN_RECORDS = [
  { id: 'mx', type: 'MX', name: 'example.com', content: 'mail.example.net', priority: 10 },
  { id: 'txt', type: 'TXT', name: 'example.com', content: 'v=spf1 -all' },
  { id: 'blog', type: 'A', name: 'blog.example.com', content: '192.0.2.9', proxied: false },
];

function withForeign(): void {
  cloudflare.zone.records.push(...FOREIGN_RECORDS);
  cloudflare.zone.rulesets.push({
    id: 'theirs',
    name: 'default',
    kind: 'zone',
    phase: 'http_request_cache_settings',
    rules: [FOREIGN_RULE],
  });
}

/** As Cloudflare evaluates the rules: the last one that matches counts. */
function keptBelow(path: string): unknown {
  const rules = cloudflare.zone.rulesets[0]?.rules ?? [];
  const matching = rules.filter(({ expression }) =>
    [...String(expression).matchAll(/(not )?starts_with\([^,]*, "([^"]*)"\)/g)].every(
      ([, not, prefix = '']) => path.startsWith(prefix) === (not === undefined),
    ),
  );
  return objectOf(matching.at(-1)?.['action_parameters'])['cache'];
}

describe('making the edge as a file says', () => {
  it('sets all of it in an empty zone, and the second time nothing', async () => {
    await edgeThat(CONFIG).apply();
    expect(warnings()).toEqual([]);
    const { records, settings, rulesets } = cloudflare.zone;
    expect(records).toMatchObject([
      { type: 'A', name: 'example.com', content: '203.0.113.7', proxied: true, ttl: 1 },
      { type: 'AAAA', name: 'example.com', content: '2001:db8::7', proxied: true },
    ]);
    expect(settings).toEqual({ ssl: 'full', min_tls_version: '1.2', always_use_https: 'on' });
    expect(rulesets.map(({ phase, rules }) => [phase, rules.map(({ ref }) => ref)])).toEqual([
      ['http_request_cache_settings', ['resee_deploy_cache_assets', 'resee_deploy_cache_api']],
      ['http_ratelimit', ['resee_deploy_rate_limit']],
    ]);
    expect(heard.notes.map(({ text }) => text)).toContain('Cloudflare: min_tls_version: 1.0 → 1.2');

    const before = zoneNow();
    const sent = changing().length;
    heard.notes.length = 0;
    await edgeThat(CONFIG).apply();
    expect(zoneNow()).toBe(before);
    expect(changing()).toHaveLength(sent);
    expect(heard.notes).toEqual([{ kind: 'done', text: 'Cloudflare is as edge.yml says' }]);
  });

  it('leaves what others made as it is, byte for byte, and in its place', async () => {
    withForeign();
    await edgeThat(CONFIG).apply();
    await edgeThat(CONFIG.replace('30d', '7d').replace('203.0.113.7', '203.0.113.8')).apply();
    await edgeThat('cache-rules: []').apply();
    const { records, rulesets } = cloudflare.zone;
    expect(JSON.stringify(records.slice(0, 3))).toBe(JSON.stringify(FOREIGN_RECORDS));
    expect(JSON.stringify(rulesets[0]?.rules)).toBe(JSON.stringify([FOREIGN_RULE]));
    expect(changing().map(({ method }) => method)).not.toContain('PUT');
    expect(warnings()).toEqual([]);
  });

  it('changes its own rules and records in their place, and adds no second one', async () => {
    withForeign();
    await edgeThat(CONFIG).apply();
    const sent = changing().length;
    await edgeThat(CONFIG.replace('30d', '7d').replace('203.0.113.7', '203.0.113.8')).apply();
    const last = changing().slice(sent);
    expect(last.map(({ method }) => method)).toEqual(['PATCH', 'PATCH']);
    const rule = cloudflare.zone.rulesets[0]?.rules[1];
    expect(objectOf(rule?.['action_parameters'])['edge_ttl']).toEqual({
      mode: 'override_origin',
      default: 604_800,
      status_code_ttl: [{ status_code_range: { from: 400, to: 599 }, value: -1 }],
    });
    const addresses = cloudflare.zone.records.filter(
      ({ name, type }) => name === 'example.com' && type === 'A',
    );
    expect(addresses.map(({ content }) => content)).toEqual(['203.0.113.8']);
  });

  it('removes a rule of its own that the file has no more', async () => {
    await edgeThat(CONFIG).apply();
    await edgeThat(CONFIG.replace(/ {2}- \{ name: api.*\n/, '')).apply();
    expect(cloudflare.zone.rulesets[0]?.rules.map(({ ref }) => ref)).toEqual([
      'resee_deploy_cache_assets',
    ]);
  });

  it('reads nothing of what the file does not speak of', async () => {
    await edgeThat('always-use-https: true').apply();
    expect(cloudflare.seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /settings/always_use_https',
      'PATCH /settings/always_use_https',
    ]);
  });

  it('tells what was changed at Cloudflare since, and sets it back', async () => {
    await edgeThat(CONFIG).apply();
    cloudflare.zone.settings['min_tls_version'] = '1.0';
    const rules = cloudflare.zone.rulesets[0]?.rules ?? [];
    rules[0] = { ...rules[0], enabled: false };
    heard.notes.length = 0;
    await edgeThat(CONFIG, false).apply();
    const texts = heard.notes.map(({ text }) => text);
    expect(texts).toHaveLength(2);
    for (const text of texts) {
      expect(text).toContain('It differed from edge.yml, which this release does not change');
      expect(text).toContain('or an earlier run did not finish');
    }
    expect(cloudflare.zone.settings['min_tls_version']).toBe('1.2');
    expect(rules[0]['enabled']).toBe(true);
  });

  it('keeps no error for as long as edge-ttl says, and sets that back as well', async () => {
    const errors = { status_code_range: { from: 400, to: 599 }, value: -1 };
    const edgeTtl = (): unknown =>
      objectOf(cloudflare.zone.rulesets[0]?.rules[0]?.['action_parameters'])['edge_ttl'];
    const wanted = { mode: 'override_origin', default: 2_592_000, status_code_ttl: [errors] };
    await edgeThat(CONFIG).apply();
    expect(edgeTtl()).toEqual(wanted);
    const rules = cloudflare.zone.rulesets[0]?.rules ?? [];
    const others: readonly unknown[] = [
      undefined,
      [],
      [{ ...errors, value: 60 }],
      [errors, { status_code: 404, value: 60 }],
    ];
    for (const status_code_ttl of others) {
      const edge_ttl = { ...wanted, status_code_ttl };
      rules[0] = { ...rules[0], action_parameters: { cache: true, edge_ttl } };
      await edgeThat(CONFIG, false).apply();
      expect(edgeTtl()).toEqual(wanted);
    }
    expect(warnings()).toEqual([]);
    expect(heard.notes.map(({ text }) => text).join('\n')).toContain(
      'for 2592000 s 400–599 for 60 s → assets',
    );
    // What Cloudflare adds to an entry is no drift.
    const edge_ttl = { ...wanted, status_code_ttl: [{ ...errors, added: 1 }] };
    rules[0] = { ...rules[0], action_parameters: { cache: true, edge_ttl } };
    const sent = changing().length;
    await edgeThat(CONFIG, false).apply();
    expect(changing()).toHaveLength(sent);
  });

  it('says the same of each path, in whatever order the rules came', async () => {
    const rule = (name: string, path: string, cache: boolean) =>
      `  - { name: ${name}, path: ${path}, cache: ${String(cache)} }\n`;
    const site = rule('site', '/app', true);
    const secret = rule('secret', '/app/secret/', false);
    const open = rule('open', '/app/secret/open/', true);
    const other = rule('other', '/api/', false);
    const paths = ['/app/a.js', '/app/secret/a.js', '/app/secret/open/a.js', '/api/', '/b'];
    const orders = [
      [site + secret + open + other],
      [open + secret + other + site],
      [site, site + other, secret + site + other, site + open + secret + other],
      [secret, open + secret + site + other],
    ];
    for (const commits of orders) {
      cloudflare.zone.rulesets.length = 0;
      for (const rules of commits) await edgeThat(`cache-rules:\n${rules}`).apply();
      expect(paths.map(keptBelow)).toEqual([true, false, true, false, undefined]);
      const sent = changing().length;
      await edgeThat(`cache-rules:\n${open + other + site + secret}`).apply();
      expect(changing()).toHaveLength(sent);
    }
    await edgeThat(`cache-rules:\n${site}`).apply();
    expect(paths.map(keptBelow)).toEqual([true, true, true, undefined, undefined]);
    expect(warnings()).toEqual([]);
  });

  it('only tells, where it is asked what it would do', async () => {
    withForeign();
    const before = zoneNow();
    await edgeThat(CONFIG).foresee();
    expect(zoneNow()).toBe(before);
    expect(changing()).toEqual([]);
    expect(heard.notes.every(({ kind }) => kind === 'planned')).toBe(true);
    const text = heard.notes.map((note) => note.text).join('\n');
    expect(text).toContain('A example.com: 203.0.113.7, proxied (new)');
    expect(text).toContain('always_use_https: off → on');
    expect(text).toContain('/assets/');
    expect(text).toContain('100 requests in 10 s');
  });
});

describe('what the action has not made', () => {
  const RECORD = 'dns: [{ type: A, name: example.com, content: 203.0.113.7 }]';

  it('is left where a record leads elsewhere: a second one would send half of the visitors there', async () => {
    const theirs = { id: 'a', type: 'A', name: 'example.com', content: '192.0.2.1', proxied: true };
    cloudflare.zone.records.push(theirs);
    await edgeThat(RECORD).apply();
    expect(changing()).toEqual([]);
    expect(warnings()).toHaveLength(1);
    expect(warnings()[0]).toContain(
      'A example.com is 192.0.2.1, proxied, and should be 203.0.113.7',
    );
    expect(warnings()[0]).toContain('give it the comment `resee-deploy-action`');
    // As the warning says.
    cloudflare.zone.records[0] = { ...theirs, comment: 'resee-deploy-action' };
    await edgeThat(RECORD).apply();
    expect(cloudflare.zone.records).toMatchObject([{ id: 'a', content: '203.0.113.7' }]);
  });

  it('is as good as its own where it is what is wanted', async () => {
    cloudflare.zone.records.push(
      { id: 'a', type: 'A', name: 'example.com', content: '203.0.113.7', proxied: true },
      { id: 'b', type: 'AAAA', name: 'example.com', content: '2001:0db8:0:0::7', proxied: true },
    );
    await edgeThat(
      `${RECORD.slice(0, -1)}, { type: AAAA, name: example.com, content: '2001:db8::7' }]`,
    ).apply();
    expect(changing()).toEqual([]);
    expect(warnings()).toEqual([]);
  });

  it('is told where it stands beside its own', async () => {
    await edgeThat(RECORD).apply();
    cloudflare.zone.records.push({
      id: 'x',
      type: 'A',
      name: 'example.com',
      content: '192.0.2.1',
      proxied: true,
    });
    await edgeThat(RECORD).apply();
    expect(warnings()[0]).toContain('has a second record, 192.0.2.1, proxied');
  });

  it('takes the room of the Free plan: nothing of it is deleted', async () => {
    cloudflare.zone.rulesets.push({
      id: 'r',
      name: 'default',
      kind: 'zone',
      phase: 'http_ratelimit',
      rules: [{ id: 'theirs', ref: 'theirs', action: 'block' }],
    });
    await edgeThat('rate-limit: { path: /api/, requests: 5 }').apply();
    expect(changing()).toEqual([]);
    expect(warnings()[0]).toContain(
      'the Free plan has 1, and the zone has 1 that is not of this action',
    );
  });

  it('is a name of another kind: Cloudflare says so', async () => {
    cloudflare.zone.records.push({
      id: 'c',
      type: 'CNAME',
      name: 'example.com',
      content: 'x.example.net',
    });
    await edgeThat(RECORD).apply();
    expect(warnings()[0]).toContain('A CNAME record with that host already exists. (81054)');
    expect(cloudflare.zone.records).toHaveLength(1);
  });
});

describe('ssl: strict', () => {
  it('is not set where the host has no certificate that Cloudflare takes', async () => {
    await edgeThat(
      'ssl: strict\ndns: [{ type: A, name: example.com, content: 203.0.113.7 }]',
    ).apply();
    expect(cloudflare.zone.settings['ssl']).toBe('full');
    expect(warnings()[0]).toContain('ssl stays full: with strict, visitors would get error 526.');
    expect(warnings()[0]).toContain('Port 443 of the host could not be asked for example.com');
    // The rest is done.
    expect(cloudflare.zone.records).toHaveLength(1);
  });

  it('is warned of where it was set long ago, and the certificate has become a wrong one', async () => {
    const api: Api = { call: () => Promise.resolve({ value: 'strict' }) };
    const problem = 'Port 443 of the host, asked for example.com: its certificate has expired.';
    const area = settingsArea(api, { ssl: 'strict' }, () => Promise.resolve(problem));
    const { changes, left } = await area.compare();
    expect(changes).toEqual([]);
    expect(left).toHaveLength(1);
    expect(left[0]).toContain('visitors get error 526');
    expect(left[0]).toContain('its certificate has expired');
  });

  it('that is set is no fault where the host cannot be asked', async () => {
    cloudflare.zone.settings['ssl'] = 'strict';
    await edgeThat('ssl: strict').apply();
    expect(heard.notes).toEqual([{ kind: 'done', text: 'Cloudflare is as edge.yml says' }]);
  });
});

describe('a failure of the API', () => {
  const isAdding = ({ method, path }: Seen): boolean =>
    method === 'POST' && path === '/dns_records';
  const rest = (): string => zoneNow();

  it.each<[string, Failure]>([
    ['403', { status: 403, body: [{ code: 10000, message: 'Authentication error' }] }],
    ['404', { status: 404, body: [{ code: 81044, message: 'gone' }] }],
    ['409', { status: 409, body: [{ code: 1, message: 'conflict' }] }],
    ['429', { status: 429, body: [], headers: { 'retry-after': '600' } }],
    ['500', { status: 500, body: [] }],
    ['500 after it was done', { status: 500, body: [], done: true }],
    ['a break after it was done', 'reset-when-done'],
    ['a break before it was done', 'reset'],
    ['an answer that is none', { status: 200, body: '<html>' }],
  ])('%s is told, and the next run goes on from there', async (_, failure) => {
    withForeign();
    cloudflare.fail(isAdding, failure);
    await edgeThat(CONFIG).apply();
    expect(warnings()).toHaveLength(1);
    expect(warnings()[0]).toContain(
      'Not done at Cloudflare: A example.com: 203.0.113.7, proxied (new); AAAA',
    );
    expect(warnings()[0]).toContain('The release serves');
    // What was asked before it is done.
    expect(cloudflare.zone.settings['always_use_https']).toBe('on');
    await edgeThat(CONFIG).apply();
    expect(warnings()).toHaveLength(1);
    const addresses = cloudflare.zone.records.slice(3);
    expect(addresses.map(({ type }) => type)).toEqual(['A', 'AAAA']);
    const done = rest();
    await edgeThat(CONFIG).apply();
    expect(rest()).toBe(done);
  });

  it('in one part leaves the others to be done', async () => {
    cloudflare.zone.permissions.delete('Cache Rules');
    await edgeThat(CONFIG).apply();
    expect(warnings()).toHaveLength(1);
    expect(warnings()[0]).toContain('`Zone → Cache Rules → Edit`');
    expect(warnings()[0]).toContain(
      'What is there was not seen, and nothing was changed: cache rules.',
    );
    expect(cloudflare.zone.records).toHaveLength(2);
    expect(cloudflare.zone.rulesets.map(({ phase }) => phase)).toEqual(['http_ratelimit']);
  });

  it.each([
    ['Zone WAF', '`Zone → Zone WAF → Edit`'],
    ['Zone Settings', '`Zone → Zone Settings → Edit`'],
    ['DNS', '`Zone → DNS → Edit`'],
  ])('for want of the permission %s names it', async (permission, named) => {
    cloudflare.zone.permissions.delete(permission);
    await edgeThat(CONFIG).apply();
    expect(warnings()).toHaveLength(1);
    expect(warnings()[0]).toContain(named);
  });

  it('of the token ends it at once: one warning, and nothing else is asked', async () => {
    cloudflare.fail(
      () => true,
      { status: 401, body: [{ code: 1000, message: 'Invalid API Token' }] },
      99,
    );
    await edgeThat(CONFIG).apply();
    expect(warnings()).toHaveLength(1);
    expect(cloudflare.seen).toHaveLength(1);
  });

  it('of a zone that is not there is not taken for a phase without rules', async () => {
    const perhaps = { code: 7003, message: 'Could not route to /zones/x' };
    cloudflare.fail(() => true, { status: 404, body: [perhaps] }, 99);
    await edgeThat(CONFIG).apply();
    expect(warnings()).toHaveLength(1);
    expect(warnings()[0]).toContain('cloudflare-zone-id');
    expect(changing()).toEqual([]);
  });

  it('that comes while a run is cancelled ends it', async () => {
    await edgeThat(CONFIG, true, AbortSignal.abort()).apply();
    expect(warnings()).toHaveLength(1);
    expect(cloudflare.seen).toEqual([]);
  });
});

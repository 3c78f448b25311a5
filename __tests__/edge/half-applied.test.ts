import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { objectOf } from '../../src/plan/compose/json.js';
import { startCloudflare, type Failure, type StandIn } from './cloudflare/stand-in.js';
import { edgeOf } from './edge-of.js';
import { told } from './told.js';

/** What is there of an earlier commit: some of it stays, some changes, some goes. */
const BEFORE = `
dns: [{ type: A, name: example.com, content: 203.0.113.6 }]
always-use-https: false
cache-rules:
  - { name: assets, path: /assets/, cache: true }
  - { name: old, path: /old/, cache: false }
rate-limit: { path: /api/, requests: 50 }
`;
const AFTER = `
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

let cloudflare: StandIn;
beforeEach(async () => {
  cloudflare = await startCloudflare();
});
afterEach(() => cloudflare.close());

function apply(text: string): Promise<void> {
  return edgeOf(cloudflare, text, { heard: told() }).apply();
}

/** The zone, without what Cloudflare numbers by itself. */
function zone(): unknown {
  const { records, settings, rulesets } = cloudflare.zone;
  const unnumbered = (json: object): unknown =>
    Object.fromEntries(
      Object.entries(objectOf(json)).filter(([key]) => key !== 'id' && key !== 'version'),
    );
  const sorted = (all: readonly unknown[]): readonly string[] =>
    all.map((each) => JSON.stringify(each)).sort();
  return {
    records: sorted(records.map(unnumbered)),
    settings,
    rulesets: sorted(rulesets.map(({ phase, rules }) => [phase, sorted(rules.map(unnumbered))])),
  };
}

function changes(): number {
  return cloudflare.seen.filter(({ method }) => method !== 'GET').length;
}

/** From what is there before; of the calls that change something the nth fails, and the next run follows. */
async function disturbed(nth: number, failure: Failure): Promise<boolean> {
  await cloudflare.close();
  cloudflare = await startCloudflare();
  await apply(BEFORE);
  let asked = 0;
  let hasFailed = false;
  cloudflare.fail(({ method }) => {
    if (method === 'GET') return false;
    asked += 1;
    hasFailed ||= asked === nth;
    return asked === nth;
  }, failure);
  await apply(AFTER);
  await apply(AFTER);
  return hasFailed;
}

describe('a call to Cloudflare that fails, whichever it is', () => {
  it.each<[string, Failure]>([
    ['401', { status: 401, body: [{ code: 10000, message: 'Authentication error' }] }],
    ['403', { status: 403, body: [{ code: 10000, message: 'Authentication error' }] }],
    ['404', { status: 404, body: [{ code: 81044, message: 'gone' }] }],
    ['409', { status: 409, body: [{ code: 1, message: 'conflict' }] }],
    ['429', { status: 429, body: [], headers: { 'retry-after': '600' } }],
    ['500', { status: 500, body: [] }],
    ['500 after it was done', { status: 500, body: [], done: true }],
    ['a break after it was done', 'reset-when-done'],
    ['a break before it was done', 'reset'],
    ['an answer that is none', { status: 200, body: '<html>' }],
  ])('with %s: the next run ends where an undisturbed one does', async (_, failure) => {
    await apply(BEFORE);
    await apply(AFTER);
    const undisturbed = zone();
    let nth = 1;
    while (await disturbed(nth, failure)) {
      expect({ nth, zone: zone() }).toEqual({ nth, zone: undisturbed });
      const before = changes();
      await apply(AFTER);
      expect(changes() - before).toBe(0);
      nth += 1;
    }
    expect(nth).toBeGreaterThan(8);
  });
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createEdge, type Edge } from '../../src/edge/edge.js';
import type { CloudflarePurge } from '../../src/inputs/types.js';
import { startCloudflare, TOKEN, ZONE_ID, type StandIn } from './cloudflare/stand-in.js';
import { told, type Told } from './told.js';

let cloudflare: StandIn;
let heard: Told;
beforeEach(async () => {
  cloudflare = await startCloudflare();
  heard = told();
});
afterEach(() => cloudflare.close());

function edgeThat(purge: CloudflarePurge, site = 'https://example.com/'): Edge {
  const { baseUrl } = cloudflare;
  return createEdge(
    {
      cloudflare: {
        apiToken: TOKEN,
        zoneId: ZONE_ID,
        purge,
        config: undefined,
        apiBaseUrl: baseUrl,
      },
      site,
    },
    { ...heard, dial: () => Promise.reject(new Error('not asked for here')) },
  );
}

function paths(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `/page-${String(index).padStart(4, '0')}`);
}

describe('purging', () => {
  it('asks nothing of Cloudflare where nothing is to be purged', async () => {
    await edgeThat({ kind: 'none' }).purge('the release');
    await edgeThat({ kind: 'changed' }).purge('the release');
    expect(cloudflare.seen).toEqual([]);
    expect(heard.notes).toEqual([]);
  });

  it('purges everything in one request', async () => {
    await edgeThat({ kind: 'everything' }).purge('the release');
    expect(cloudflare.zone.purged).toEqual([{ purge_everything: true }]);
    expect(heard.notes).toEqual([
      { kind: 'done', text: 'Cloudflare purged everything after the release' },
    ]);
  });

  it('purges prefixes and tags, each kind in a request of its own', async () => {
    const purge = {
      kind: 'chosen',
      prefixes: ['example.com/blog/'],
      tags: ['pages', 'feed'],
    } as const;
    await edgeThat(purge).purge('the rollback');
    expect(cloudflare.zone.purged).toEqual([
      { prefixes: ['example.com/blog/'] },
      { tags: ['pages', 'feed'] },
    ]);
  });

  it('purges the addresses of what changed, each once, and foretells them', async () => {
    const edge = edgeThat({ kind: 'changed' }, 'https://example.com/app/');
    edge.changes(['/app/', '/logo.png']);
    edge.changes(['/logo.png', '/feed?x=1']);
    await edge.foresee(new AbortController().signal);
    expect(heard.notes).toEqual([
      {
        kind: 'planned',
        text: [
          'Cloudflare: purges 3 addresses after the release',
          '  https://example.com/app/',
          '  https://example.com/feed?x=1',
          '  https://example.com/logo.png',
        ].join('\n'),
      },
    ]);
    expect(cloudflare.seen).toEqual([]);
    await edge.purge('the release');
    expect(cloudflare.zone.purged).toEqual([
      {
        files: [
          'https://example.com/app/',
          'https://example.com/feed?x=1',
          'https://example.com/logo.png',
        ],
      },
    ]);
  });

  it('takes a path for one of the site, whatever it begins with', async () => {
    const edge = edgeThat({ kind: 'changed' });
    edge.changes(['//wp-content/a.png', '//%20/b.png', '/c.png']);
    await edge.purge('the release');
    expect(cloudflare.zone.purged).toEqual([
      {
        files: [
          'https://example.com//%20/b.png',
          'https://example.com//wp-content/a.png',
          'https://example.com/c.png',
        ],
      },
    ]);
    expect(heard.notes.map(({ kind }) => kind)).toEqual(['done']);
  });

  it('sends 100 addresses at a time', async () => {
    const edge = edgeThat({ kind: 'changed' });
    edge.changes(paths(201));
    await edge.purge('the release');
    const sizes = cloudflare.zone.purged.map(({ files }) =>
      Array.isArray(files) ? files.length : 0,
    );
    expect(sizes).toEqual([100, 100, 1]);
  });

  it('purges everything where more changed than the Free plan takes at once', async () => {
    const edge = edgeThat({ kind: 'changed' });
    edge.changes(paths(2_001));
    await edge.purge('the release');
    expect(cloudflare.zone.purged).toEqual([{ purge_everything: true }]);
    expect(heard.notes[0]?.text).toContain('because 2001 addresses changed');
  });

  it('waits as long as the limit says, and goes on where it was', async () => {
    const edge = edgeThat({ kind: 'changed' });
    edge.changes(paths(300));
    cloudflare.zone.purgesLeft = 1;
    heard.onWait = () => {
      cloudflare.zone.purgesLeft += 1;
    };
    await edge.purge('the release');
    expect(heard.waitsMs).toEqual([12_000, 12_000]);
    expect(cloudflare.zone.purged.flatMap(({ files }) => files)).toHaveLength(300);
    expect(heard.notes.map(({ kind }) => kind)).toEqual(['done']);
  });

  it('only warns when it fails, with what to do', async () => {
    cloudflare.zone.permissions.clear();
    await edgeThat({ kind: 'everything' }).purge('the release');
    expect(heard.notes).toHaveLength(1);
    const [note] = heard.notes;
    expect(note?.kind).toBe('warning');
    expect(note?.text).toContain('`Zone → Cache Purge → Purge`');
    expect(note?.text).toContain('The site itself is well: the release stands.');
    expect(JSON.stringify([heard.notes, heard.lines])).not.toContain(TOKEN);
  });

  it('warns as well when the run is cancelled meanwhile', async () => {
    await edgeThat({ kind: 'everything' }).purge('the release', AbortSignal.abort());
    expect(heard.notes.map(({ kind }) => kind)).toEqual(['warning']);
  });
});

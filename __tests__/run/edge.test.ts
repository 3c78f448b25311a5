import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { edgeOf, watchEdge } from '../../src/run/edge.js';
import type { Entrance } from '../../src/health/entrance.js';
import { response } from '../health/servers.js';
import { accepted } from '../inputs/given.js';
import { observed } from '../plan/observed.js';
import { startCloudflare, TOKEN, ZONE_ID, type StandIn } from '../edge/cloudflare/stand-in.js';
import { told, type Told } from '../edge/told.js';

let cloudflare: StandIn;
let heard: Told;
beforeEach(async () => {
  cloudflare = await startCloudflare();
  heard = told();
});
afterEach(() => cloudflare.close());

const UNUSED = (): never => {
  throw new Error('not asked for here');
};

/** A site whose page names these, and which answers every other path with the page as well. */
function entranceOf(site: { names: string }): Entrance {
  const askPath = (): Promise<ReturnType<typeof response>> =>
    Promise.resolve({
      ...response(200),
      headers: { 'content-type': 'text/html' },
      body: `<!doctype html>${site.names}`,
    });
  return {
    check: UNUSED,
    checkAbsent: UNUSED,
    startProbe: UNUSED,
    close: UNUSED,
    first: response(200),
    askPath,
  };
}

function release(given: Readonly<Record<string, string>> = {}) {
  const inputs = accepted(
    { url: 'https://example.com', ...given },
    {
      CLOUDFLARE_API_BASE_URL: cloudflare.baseUrl,
    },
  );
  const site = { names: '<img src="/old.png">' };
  const edge = edgeOf(inputs, {
    ...heard,
    progress: { noted: heard.note },
    connection: { dial: UNUSED },
  });
  const watch = watchEdge(
    { inputs, observation: observed(), entrance: Promise.resolve(entranceOf(site)) },
    { edge, note: heard.note },
  );
  return { site, edge, watch };
}

/** What was begun without a wait has asked this site, which answers at once. */
function seen(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const KEYS = { 'cloudflare-api-token': TOKEN, 'cloudflare-zone-id': ZONE_ID };
const signal = new AbortController().signal;

describe('the edge of a release', () => {
  it('is nothing of Cloudflare without its inputs', () => {
    expect(release().edge).toBeUndefined();
  });

  it('purges what the page named, and what it names now', async () => {
    const { site, watch } = release(KEYS);
    await seen();
    site.names = '<img src="/new.png">';
    watch.serves();
    await watch.stays(signal, true);
    expect(cloudflare.zone.purged).toEqual([
      {
        files: [
          'https://example.com/',
          'https://example.com/index.html',
          'https://example.com/new.png',
          'https://example.com/old.png',
        ],
      },
    ]);
  });

  it('purges a file that the page names with two slashes at its own address', async () => {
    const { site, watch } = release(KEYS);
    await seen();
    site.names =
      '<img src="https://example.com//wp-content/a.png"><img src="https://example.com//%20/b.png">';
    watch.serves();
    await watch.stays(signal, true);
    expect(JSON.stringify(cloudflare.zone.purged)).toContain(
      '"https://example.com//%20/b.png","https://example.com//wp-content/a.png"',
    );
    expect(heard.notes.map(({ kind }) => kind)).not.toContain('warning');
  });

  it('reads a page that lies below two slashes', async () => {
    const { watch } = release({ ...KEYS, url: 'https://example.com//' });
    await seen();
    await watch.stays(signal, true);
    expect(JSON.stringify(cloudflare.zone.purged)).toContain('"https://example.com/old.png"');
  });

  it('only warns where the site cannot be looked at any more: the release is deployed', async () => {
    const { site, watch } = release(KEYS);
    await seen();
    Object.defineProperty(site, 'names', {
      get: () => {
        throw new Error('the connection was lost');
      },
    });
    watch.serves();
    await watch.stays(signal, true);
    const [warning, ...others] = heard.notes.filter(({ kind }) => kind === 'warning');
    expect(warning?.text).toContain('could not be looked at after the release');
    expect(warning?.text).toContain('the connection was lost');
    expect(others).toEqual([]);
    expect(cloudflare.zone.purged).toHaveLength(1);
  });

  it('tells what is wrong with the assets once the release is there to stay, and not before', async () => {
    const { site, watch } = release();
    site.names = '<script src="/assets/index-DiwrgTda.js"></script>';
    watch.serves();
    await seen();
    expect(heard.notes).toEqual([]);
    await watch.stays(signal, true);
    expect(heard.notes.map(({ kind }) => kind)).toEqual(['warning']);
    expect(heard.notes[0]?.text).toContain('is answered with status 200 and an HTML page');
    expect(cloudflare.seen).toEqual([]);
  });
});

import type { CloudflarePurge } from '../inputs/types.js';
import type { JsonObject } from '../plan/compose/json.js';
import type { Api } from './api.js';

/** Of one request, on every plan (developers.cloudflare.com/cache/how-to/purge-cache). */
const MOST_ITEMS = 100;
/**
 * More addresses would take longer than the deploy: the Free plan has a bucket of 25 requests, which gains 5
 * a minute, for all zones of the account.
 */
const MOST_REQUESTS = 20;

/** What is purged, as requests; and in words. */
export interface PurgePlan {
  /** Bodies of `POST /purge_cache`. */
  readonly bodies: readonly JsonObject[];
  readonly words: string;
}

/**
 * @param addresses what the release changed, each once: URLs
 */
export function planPurge(purge: CloudflarePurge, addresses: readonly string[]): PurgePlan {
  switch (purge.kind) {
    case 'none':
      return { bodies: [], words: 'nothing' };
    case 'everything':
      return { bodies: [{ purge_everything: true }], words: 'everything' };
    case 'chosen': {
      const { prefixes, tags } = purge;
      return {
        bodies: [...batches('prefixes', prefixes), ...batches('tags', tags)],
        words: [
          ...prefixes.map((each) => `prefix ${each}`),
          ...tags.map((each) => `tag ${each}`),
        ].join(', '),
      };
    }
    case 'changed': {
      const bodies = batches('files', addresses);
      if (bodies.length <= MOST_REQUESTS) {
        return { bodies, words: count(addresses.length) };
      }
      return {
        bodies: [{ purge_everything: true }],
        words: `everything, because ${count(addresses.length)} changed, and the Free plan takes ${MOST_ITEMS * MOST_REQUESTS} at once`,
      };
    }
  }
}

/** @throws ApiError at the first request that fails; those before it are done */
export async function sendPurge(api: Api, { bodies }: PurgePlan): Promise<void> {
  for (const body of bodies) {
    await api.call({
      method: 'POST',
      path: '/purge_cache',
      body,
      repeatable: true,
      permission: 'Zone → Cache Purge → Purge',
      doing: 'purging the cache at Cloudflare',
    });
  }
}

function count(addresses: number): string {
  return addresses === 1 ? '1 address' : `${addresses} addresses`;
}

function batches(kind: 'files' | 'prefixes' | 'tags', items: readonly string[]): JsonObject[] {
  const bodies: JsonObject[] = [];
  for (let from = 0; from < items.length; from += MOST_ITEMS) {
    bodies.push({ [kind]: items.slice(from, from + MOST_ITEMS) });
  }
  return bodies;
}

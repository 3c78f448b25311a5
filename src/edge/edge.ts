import type { Clock } from '../clock.js';
import type { CloudflareInputs } from '../inputs/types.js';
import type { Log } from '../log.js';
import { createApi } from './api.js';
import { ApiError } from './api-errors.js';
import type { TellNote } from './note.js';
import { planPurge, sendPurge, type PurgePlan } from './purge.js';

/** Cloudflare, as one run has to do with it. */
export interface Edge {
  /** Paths of the site that this run changes; `changed` purges them. May be told more than once. */
  changes(paths: Iterable<string>): void;
  /** What would be purged, in words, a line each. */
  foreseen(): readonly string[];
  /**
   * Purges what the workflow asks for. Never rejects: the release does not depend on it.
   *
   * @param after what has just been done: `the release`, `the rollback`
   */
  purge(after: string, signal?: AbortSignal): Promise<void>;
}

const SHOWN = 20;

/** @param site the input `url`; what `changed` purges lies below it */
export function createEdge(
  {
    cloudflare,
    site,
  }: { readonly cloudflare: CloudflareInputs; readonly site: string | undefined },
  deps: { readonly clock: Clock; readonly log: Log; readonly note: TellNote },
): Edge {
  const addresses = new Set<string>();
  const plan = (): PurgePlan => planPurge(cloudflare.purge, [...addresses].sort());
  return {
    changes: (paths) => {
      if (site === undefined) return;
      for (const path of paths) addresses.add(new URL(path, site).href);
    },
    foreseen: () => {
      const { words } = plan();
      const listed = cloudflare.purge.kind === 'changed' ? [...addresses].sort() : [];
      const rest = listed.length > SHOWN ? [`… and ${listed.length - SHOWN} more`] : [];
      return [
        `Cloudflare: purges ${words}`,
        ...[...listed.slice(0, SHOWN), ...rest].map((each) => `  ${each}`),
      ];
    },
    purge: async (after, signal = new AbortController().signal) => {
      const purging = plan();
      if (purging.bodies.length === 0) return;
      const { apiToken: token, apiBaseUrl: baseUrl, zoneId } = cloudflare;
      const api = createApi({ baseUrl, token, zoneId }, { ...deps, signal });
      try {
        await sendPurge(api, purging);
        deps.note({ kind: 'done', text: `Cloudflare purged ${purging.words} after ${after}` });
      } catch (error) {
        const told = error instanceof ApiError ? error.message : `purging failed: ${String(error)}`;
        deps.note({
          kind: 'warning',
          text: `${told}\nThe site itself is well: ${after} stands. Until the cache forgets by itself, Cloudflare may go on with old copies of ${purging.words}; by hand: Caching → Configuration → Purge.`,
        });
      }
    },
  };
}

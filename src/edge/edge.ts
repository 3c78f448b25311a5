import type { Clock } from '../clock.js';
import type { Dial } from '../health/http.js';
import { atPath } from '../health/site-path.js';
import type { CloudflareInputs } from '../inputs/types.js';
import type { Log } from '../log.js';
import { createApi, type Api } from './api.js';
import { ApiError } from './api-errors.js';
import { applyChanges, foreseeChanges } from './config/apply.js';
import { areasOf } from './config/areas.js';
import type { Area } from './config/change.js';
import type { EdgeConfig } from './config/read.js';
import type { TellNote } from './note.js';
import { originProblem } from './origin-certificate.js';
import { planPurge, sendPurge, type PurgePlan } from './purge.js';

/** Cloudflare, as one run has to do with it. Nothing here rejects: the release does not depend on it. */
export interface Edge {
  /** Paths of the site that this run changes; `changed` purges them. May be told more than once. */
  changes(paths: Iterable<string>): void;
  /** How the edge should be once the release stays. */
  wants(wanted: WantedEdge): void;
  /** Tells what would be done, and does nothing. */
  foresee(signal: AbortSignal): Promise<void>;
  /** Makes the edge as it is wanted. */
  configure(signal: AbortSignal): Promise<void>;
  /**
   * Purges what the workflow asks for.
   *
   * @param after what has just been done: `the release`, `the rollback`
   */
  purge(after: string, signal?: AbortSignal): Promise<void>;
}

export interface WantedEdge {
  readonly config: EdgeConfig;
  /** Its name in the repository. */
  readonly file: string;
  /** False where the file is what it was in the release before. */
  readonly isChanged: boolean;
}

export interface EdgeDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly note: TellNote;
  /** To the ports of the host. */
  readonly dial: Dial;
}

interface Place {
  readonly cloudflare: CloudflareInputs;
  /** The input `url`; what `changed` purges lies below it. */
  readonly site: string | undefined;
}

const SHOWN = 20;

export function createEdge({ cloudflare, site }: Place, deps: EdgeDeps): Edge {
  const addresses = new Set<string>();
  let wanted: WantedEdge | undefined;
  const purging = (): PurgePlan => planPurge(cloudflare.purge, [...addresses].sort());
  const apiFor = (signal: AbortSignal): Api => {
    const { apiToken: token, apiBaseUrl: baseUrl, zoneId } = cloudflare;
    return createApi({ baseUrl, token, zoneId }, { ...deps, signal });
  };
  const areas = (api: Api, { config }: WantedEdge): readonly Area[] =>
    areasOf(api, config, () => originProblem(deps.dial, visitedNames(config, site)));
  return {
    changes: (paths) => {
      if (site === undefined) return;
      for (const path of paths) addresses.add(atPath(path, new URL(site)).href);
    },
    wants: (edge) => {
      wanted = edge;
    },
    foresee: async (signal) => {
      if (wanted !== undefined) {
        await foreseeChanges(areas(apiFor(signal), wanted), wanted.file, deps.note);
      }
      const listed = cloudflare.purge.kind === 'changed' ? [...addresses].sort() : [];
      const rest = listed.length > SHOWN ? [`and ${listed.length - SHOWN} more`] : [];
      const shown = [...listed.slice(0, SHOWN), ...rest].map((each) => `\n  ${each}`).join('');
      const text = `Cloudflare: purges ${purging().words} after the release${shown}`;
      deps.note({ kind: 'planned', text });
    },
    configure: async (signal) => {
      if (wanted === undefined) return;
      const api = apiFor(signal);
      const { file, isChanged } = wanted;
      await applyChanges(api, areas(api, wanted), { file, isDrift: !isChanged }, deps.note);
    },
    purge: async (after, signal = new AbortController().signal) => {
      const plan = purging();
      if (plan.bodies.length > 0) await purgeNow(apiFor(signal), plan, after, deps.note);
    },
  };
}

async function purgeNow(api: Api, plan: PurgePlan, after: string, note: TellNote): Promise<void> {
  try {
    await sendPurge(api, plan);
    note({ kind: 'done', text: `Cloudflare purged ${plan.words} after ${after}` });
  } catch (error) {
    const told = error instanceof ApiError ? error.message : `purging failed: ${String(error)}`;
    note({
      kind: 'warning',
      text: `${told}\nThe site itself is well: ${after} stands. Until the cache forgets by itself, Cloudflare may go on with old copies of ${plan.words}; by hand: Caching → Configuration → Purge.`,
    });
  }
}

/** Under these names Cloudflare asks the host. */
function visitedNames({ dns }: EdgeConfig, site: string | undefined): readonly string[] {
  const proxied = dns
    .filter((record) => record.proxied)
    .map(({ name }) => name.replace('*.', 'www.'));
  if (proxied.length > 0) return [...new Set(proxied)];
  return site === undefined ? [] : [new URL(site).hostname];
}

import { checkAssets, pagePath, readPage, type AskPath, type Place } from './edge/assets.js';
import { createEdge, type Edge } from './edge/edge.js';
import type { TellNote } from './edge/note.js';
import type { PageFiles } from './edge/page.js';
import type { Entrance } from './health/entrance.js';
import { publicWay } from './health/public.js';
import type { Inputs } from './inputs.js';
import type { Observation } from './plan/observation.js';
import { staticPaths } from './plan/static-paths.js';

/** Cloudflare, where the workflow names a zone. */
export function edgeOf(
  { cloudflare, url }: Inputs,
  deps: Parameters<typeof createEdge>[1],
): Edge | undefined {
  return cloudflare === undefined ? undefined : createEdge({ cloudflare, site: url }, deps);
}

/** What a release has to do with what stands before the site; beside its steps, and no part of its verdict. */
export interface EdgeOfRelease {
  /** The new release serves: looks at its page and its files. Does not wait. */
  serves(): void;
  /** The release is there to stay: tells what was found, and purges. Never rejects. */
  stays(signal: AbortSignal): Promise<void>;
}

interface Release {
  readonly inputs: Inputs;
  readonly observation: Observation;
  readonly entrance: Promise<Entrance>;
}

/** Begins with a look at the page of the old release, without waiting for it. */
export function watchEdge(
  { inputs, observation, entrance }: Release,
  { edge, note }: { readonly edge: Edge | undefined; readonly note: TellNote },
): EdgeOfRelease {
  const place = placeOf(inputs);
  tellChanges(edge, inputs, observation);
  const look = async (): Promise<PageFiles | undefined> => {
    const page = await readPage(await asking(entrance), place);
    edge?.changes(page?.plain ?? []);
    return page;
  };
  const before = look();
  // An entrance that cannot be opened is told by whoever needs it.
  before.catch(() => undefined);
  let findings: Promise<readonly string[]> | undefined;
  const find = async (): Promise<readonly string[]> => {
    const pages = { before: await before, after: await look() };
    return checkAssets(await asking(entrance), pages, () => isCached(edge, inputs));
  };
  const serves = (): Promise<readonly string[]> => {
    findings ??= find();
    findings.catch(() => undefined);
    return findings;
  };
  return {
    serves: () => void serves(),
    stays: async (signal) => {
      for (const text of await serves()) note({ kind: 'warning', text });
      await edge?.purge('the release', signal);
    },
  };
}

/** What the commit changes of the site, as far as git tells. */
export function tellChanges(
  edge: Edge | undefined,
  { url }: Inputs,
  observation: Observation,
): void {
  edge?.changes(staticPaths(observation, pagePath(url === undefined ? undefined : new URL(url))));
}

async function asking(entrance: Promise<Entrance>): Promise<AskPath> {
  return (await entrance).askPath;
}

function placeOf({ health, url }: Inputs): Place {
  const entrance = new URL(health.url);
  if (health.host !== undefined) entrance.host = health.host;
  return { entrance, site: url === undefined ? undefined : new URL(url) };
}

/** Cloudflare names itself in each answer. */
async function isCached(edge: Edge | undefined, { url }: Inputs): Promise<boolean> {
  if (edge !== undefined) return true;
  if (url === undefined) return false;
  const answer = await publicWay(url)();
  return answer.kind === 'response' && answer.headers['cf-ray'] !== undefined;
}

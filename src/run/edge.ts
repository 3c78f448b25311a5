import { checkAssets, pagePath, readPage, type AskPath, type Place } from '../edge/assets.js';
import { readConfig } from '../edge/config/read.js';
import { createEdge, type Edge, type EdgeDeps } from '../edge/edge.js';
import type { TellNote } from '../edge/note.js';
import type { PageFiles } from '../edge/page.js';
import { RefusedError } from '../errors.js';
import type { Entrance } from '../health/entrance.js';
import { publicWay } from '../health/public.js';
import type { Inputs } from '../inputs.js';
import type { Observation } from '../plan/observation.js';
import { staticPaths } from '../plan/health/static-paths.js';

/** Cloudflare, where the workflow names a zone. */
export function edgeOf(
  { cloudflare, url }: Inputs,
  { clock, log, progress, connection }: EdgeOfDeps,
): Edge | undefined {
  if (cloudflare === undefined) return undefined;
  const { dial } = connection;
  return createEdge({ cloudflare, site: url }, { clock, log, note: progress.noted, dial });
}

interface EdgeOfDeps extends Pick<EdgeDeps, 'clock' | 'log'> {
  readonly progress: { readonly noted: TellNote };
  readonly connection: Pick<EdgeDeps, 'dial'>;
}

/** What a release has to do with what stands before the site; beside its steps, and no part of its verdict. */
export interface EdgeOfRelease {
  /** The new release serves: looks at its page and its files. Does not wait. */
  serves(): void;
  /**
   * The release is there to stay: tells what was found, makes the edge as the commit says, and purges.
   *
   * @param serving whether anything of it serves that did not before
   */
  stays(signal: AbortSignal, serving: boolean): Promise<void>;
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
  // The release is there to stay: what cannot be looked at is told, and fails nothing.
  const seen = (): Promise<readonly string[]> =>
    serves().catch((error: unknown) => [
      `The site's page and its files could not be looked at after the release: ${String(error)}`,
    ]);
  return {
    serves: () => void serves(),
    stays: async (signal, serving) => {
      if (serving) for (const text of await seen()) note({ kind: 'warning', text });
      await edge?.configure(signal);
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

/**
 * Notes how the commit wants the edge. Nothing is asked of it yet.
 *
 * @throws RefusedError for a file that the commit does not have, or that cannot be used; of a rollback that is a warning
 */
export function wantEdge(
  { edge, note }: { readonly edge: Edge | undefined; readonly note: TellNote },
  { cloudflare }: Inputs,
  { commit, edgeConfig }: Observation,
  isRollback: boolean,
): void {
  const file = cloudflare?.config;
  if (file === undefined) return;
  const read =
    edgeConfig === undefined
      ? { problems: [`${file} is not in the commit ${commit.sha.slice(0, 12)}`] }
      : readConfig(edgeConfig, file);
  if ('config' in read) {
    const isChanged = commit.changes.some(({ path }) => path === file);
    edge?.wants({ config: read.config, file, isChanged });
    return;
  }
  const what = read.problems.join('\n');
  if (!isRollback) {
    throw new RefusedError({
      what,
      where: 'cloudflare-config',
      next: 'Correct the file and commit it. Nothing was changed, neither on the host nor at Cloudflare.',
    });
  }
  note({ kind: 'warning', text: `${what}\nThe edge at Cloudflare stays as it is.` });
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

import type { ActionRun } from '../harness/action.js';
import { askSite } from '../harness/http.js';
import { replacing } from '../stacks/stack.js';
import type { Bed } from './bed.js';
import type { Scenario } from './scenario.js';
import { checkWhole, underLoad } from './whole.js';

const HEADERS = { host: 'reseeall.com' } as const;

/** A file that a page names, as a visitor got it. */
export interface Asset {
  readonly path: string;
  readonly status: number;
  readonly text: string;
}

export const assets: Scenario = {
  name: 'assets',
  home: 'resee',
  sentence:
    'a page that was loaded before a cutover still finds its own files after two of them, and a page in the place of a missing file is told',
  from: 'deployed',
  stacks: (stack) => stack.changes.frontend !== undefined,
  run: async (bed, checks, standing) => {
    const { frontend } = bed.stack.changes;
    if (frontend === undefined) throw new Error(`${bed.stack.name} has no frontend`);
    const before = await bed.lookSettled();
    const first = await pageAssets(bed);
    checks.that(first.length > 1, 'the page names a script and a style sheet');
    let last = standing;
    await underLoad(bed, checks, async () => {
      for (const time of ['one', 'two']) {
        const sha = await bed.commit(`Frontend ${time}`, frontend(bed.nextRelease()));
        const run = await bed.deploy(sha);
        checks.equal(run.outputs['result'], 'deployed', `result of deploy ${time}`);
        last = { ...last, sha };
        checks.equal(toldOfFiles(run).length, 0, `warnings of files after deploy ${time}`);
        const now = await pageAssets(bed);
        checks.that(
          now.some(({ path }) => first.every((old) => old.path !== path)),
          `after deploy ${time} the page names a file that it did not name before`,
        );
        for (const old of first) {
          const found = await load(bed, old.path);
          checks.equal(found.status, 200, `after deploy ${time}, the status of ${old.path}`);
          checks.that(found.text === old.text, `after deploy ${time}, ${old.path} is the same`);
        }
      }
      const sha = await bed.commit('A page in the place of a missing file', pageForMissing);
      const run = await bed.deploy(sha);
      checks.equal(
        run.outputs['result'],
        'deployed',
        'result of the deploy that shows a page for it',
      );
      const [told = ''] = toldOfFiles(run);
      checks.that(told.includes('status 200 and an HTML page'), 'that is warned of');
      checks.that(run.summary.includes('no-such-file-'), 'the summary tells it as well');
      last = { ...last, sha };
    });
    await checkWhole(bed, checks, before, last);
  },
};

/** As a single-page application does to whatever it does not know. */
const pageForMissing = replacing(
  'frontend/nginx.conf',
  'try_files $uri @missing;',
  'try_files $uri /index.html;',
);

function toldOfFiles({ annotations }: ActionRun): readonly string[] {
  return annotations
    .map(({ message }) => message)
    .filter((message) => /no-such-file-|release before are gone/.test(message));
}

type Site = Pick<Bed, 'base'>;

/** The page as it is now, and each hashed file that it names. */
export async function pageAssets(bed: Site): Promise<Asset[]> {
  const { text } = await load(bed, '/');
  const paths = [...text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(
    ([, path = '']) => path,
  );
  const found: Asset[] = [];
  for (const path of paths) found.push(await load(bed, path));
  return found;
}

async function load(bed: Site, path: string): Promise<Asset> {
  const { status, text } = await askSite(bed, { method: 'GET', path, headers: HEADERS });
  return { path, status, text };
}

import { askSite } from '../harness/http.js';
import type { Bed } from './bed.js';
import type { Scenario } from './scenario.js';
import { checkWhole, underLoad } from './whole.js';

const HEADERS = { host: 'reseeall.com' } as const;

/** A file that a page names, as a visitor got it. */
interface Asset {
  readonly path: string;
  readonly status: number;
  readonly text: string;
}

export const assets: Scenario = {
  name: 'assets',
  home: 'resee',
  sentence: 'a page that was loaded before a cutover still finds its own files after two of them',
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
    });
    await checkWhole(bed, checks, before, last);
  },
};

/** The page as it is now, and each hashed file that it names. */
async function pageAssets(bed: Bed): Promise<Asset[]> {
  const { text } = await load(bed, '/');
  const paths = [...text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(
    ([, path = '']) => path,
  );
  const found: Asset[] = [];
  for (const path of paths) found.push(await load(bed, path));
  return found;
}

async function load(bed: Bed, path: string): Promise<Asset> {
  const { status, text } = await askSite(bed, { method: 'GET', path, headers: HEADERS });
  return { path, status, text };
}

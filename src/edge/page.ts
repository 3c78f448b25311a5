/** The files of its own site that a page names: paths, with a query where there is one, each once. */
export interface PageFiles {
  /** With a hash of their content in their name: a new content gets a new name. */
  readonly hashed: readonly string[];
  /** Under a name that stays when their content changes. */
  readonly plain: readonly string[];
}

const COMMENT = /<!--.*?-->/gs;
const TAG = /<(script|link|img|source|video|audio|embed|base)\b((?:"[^"]*"|'[^']*'|[^'">])*)>/gi;
const ATTRIBUTE = /\b(src|href|rel|poster)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/gi;
/** What a `<link>` may name that a browser loads to show the page. */
const LOADED =
  /^(stylesheet|icon|shortcut icon|apple-touch-icon|manifest|modulepreload|preload|prefetch)$/i;

/**
 * Reads what a page of HTML names.
 *
 * @param page where it was loaded from
 * @param site its public address, where that is known: what is named with it is the site's own as well
 */
export function filesOf(html: string, page: URL, site: URL | undefined): PageFiles {
  const own = new Set([page.origin, site?.origin]);
  const hashed = new Set<string>();
  const plain = new Set<string>();
  let base = page;
  for (const [, tag = '', text = ''] of html.replace(COMMENT, '').matchAll(TAG)) {
    const attributes = attributesIn(text);
    const named = attributes.get('href') ?? '';
    if (tag.toLowerCase() === 'base') {
      base = URL.parse(named, page.href) ?? base;
      continue;
    }
    if (tag.toLowerCase() === 'link' && !LOADED.test(attributes.get('rel') ?? '')) continue;
    for (const address of [named, attributes.get('src') ?? '', attributes.get('poster') ?? '']) {
      const url = address === '' ? null : URL.parse(address, base.href);
      if (url === null || !own.has(url.origin)) continue;
      (isHashed(url.pathname) ? hashed : plain).add(`${url.pathname}${url.search}`);
    }
  }
  return { hashed: [...hashed], plain: [...plain] };
}

function attributesIn(text: string): ReadonlyMap<string, string> {
  return new Map(
    [...text.matchAll(ATTRIBUTE)].map(([, name = '', double, single, bare]) => [
      name.toLowerCase(),
      (double ?? single ?? bare ?? '').trim().replaceAll('&amp;', '&'),
    ]),
  );
}

/** Where bundlers put what they name by its content. */
const BUNDLED = /\/(assets|_next|_app|_nuxt|_astro|build|dist|chunks|js|css|static)\//;

/**
 * Whether the last part of the path ends in what a bundler makes of a content: hex (webpack, Django), base32
 * (esbuild) or base64url (Vite), of 8 characters or more.
 */
export function isHashed(path: string): boolean {
  const stem = path.slice(path.lastIndexOf('/') + 1).replace(/(\.[a-z][a-z0-9]{0,9}){1,2}$/i, '');
  const ends = [...stem.matchAll(/(?:^|[.\-_])(?=([A-Za-z0-9_-]{8,64})$)/g)].map(
    ([, end = '']) => end,
  );
  return ends.some((end) => {
    if (/^[0-9a-f]+$/.test(end)) return /[a-f]/.test(end) && /\d/.test(end);
    if (/^[A-Z0-9]{8,12}$/.test(end)) return /\d/.test(end) && /[A-Z]/.test(end);
    if (!/[a-z]/.test(end) || !/[A-Z]/.test(end)) return false;
    return end.length <= 24 && (/\d/.test(end) || BUNDLED.test(path));
  });
}
